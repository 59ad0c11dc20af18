/* SPDX-License-Identifier: MIT */
/* links.h: the attached programs of an object, detached together. */
#ifndef KIDOS_CONNECTS_LINKS_H
#define KIDOS_CONNECTS_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_link;
struct bpf_object;
struct bpf_program;

#define KIDOS_CONNECT_LINKS 8

struct kidos_connect_links {
	struct bpf_link *link[KIDOS_CONNECT_LINKS];
	int fd[KIDOS_CONNECT_LINKS]; /* of those that libbpf has no name for; 0: none */
	int program[KIDOS_CONNECT_LINKS]; /* descriptors of the object, for its statistics */
	size_t count;
};

/*
 * Attaches the program that is called so, where its section says; root: a
 * descriptor of the cgroup for those of a cgroup. attach_type: 0, or one that
 * libbpf does not know. 0 or -errno.
 */
int kidos_connect_attach(struct kidos_connect_links *links, const struct bpf_object *object,
			 const char *name, int root, unsigned int attach_type);
void kidos_connect_detach(struct kidos_connect_links *links);

/* Runs that the kernel skipped (since 5.12). */
uint64_t kidos_connect_links_missed(const struct kidos_connect_links *links);

#endif
