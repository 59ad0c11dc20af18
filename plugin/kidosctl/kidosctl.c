/* SPDX-License-Identifier: MIT */
/* kidosctl: reads what the plugin has pinned, beside a living, hung or dead collectd. */
#include "ctl/ctl.h"

int main(int argc, char **argv)
{
	return ctl_main(argc, argv);
}
