/* SPDX-License-Identifier: MIT */
/* kidosctl: reads what the plugin has pinned, beside a living, hung or dead collectd. */
#include "kidosctl/commands.h"

int main(int argc, char **argv)
{
	return ctl_main(ctl_commands, argc, argv);
}
