/* SPDX-License-Identifier: MIT */
/* bpf-ids: every BPF object of this machine, a line each: "prog 12", "map 7", "link 3". */
#include <bpf/bpf.h>
#include <stdio.h>

static const struct {
	const char *name;
	int (*next)(__u32 id, __u32 *next);
} kinds[] = {
	{ "prog", bpf_prog_get_next_id },
	{ "map", bpf_map_get_next_id },
	{ "link", bpf_link_get_next_id },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (__u32 id = 0; !kinds[i].next(id, &id);)
			printf("%s %u\n", kinds[i].name, id);
	return 0;
}
