/* SPDX-License-Identifier: MIT */
/*
 * attachment.h: a program at a hook of an interface. No descriptor is held for
 * it: a bpf_link lives by its pin in the state directory, and a filter or a
 * place in libxdp's dispatcher by itself, with a record there. So what a daemon
 * that was killed left is found there too.
 */
#ifndef KIDOS_LINKS_ATTACHMENT_H
#define KIDOS_LINKS_ATTACHMENT_H

#include "state/directory.h"

#define KIDOS_CLSACT_HANDLE 1
#define KIDOS_CLSACT_PRIORITIES 8 /* tried from 1 on: first, or behind who came before us */
#define KIDOS_PINS "link-" /* names in the state directory begin so */
#define KIDOS_RECORDS "attached-"

/* Kernel 6.6; not in the headers of Debian 12. */
#define KIDOS_TCX_INGRESS ((enum bpf_attach_type)46)
#define KIDOS_TCX_EGRESS ((enum bpf_attach_type)47)

/* The namespace, and the directory that knows of the attachment. Both outlive it. */
struct kidos_place {
	const struct kidos_state *state;
	unsigned int netns; /* number, in names of pins */
	const char *name;
};

struct kidos_attachment {
	struct kidos_place place;
	enum kidos_direction direction;
	enum kidos_rung rung;
	unsigned int ifindex;
	uint32_t program; /* id */
	uint32_t priority; /* of the clsact filter */
	bool made_clsact;
	bool meanwhile; /* at tc, while somebody else has the XDP hook */
};

struct bpf_tc_hook;
struct bpf_tc_hook kidos_clsact_hook(const struct kidos_attachment *attachment);
/* Takes the filter away, if it is ours: somebody else's may stand there by now. 0 or -errno. */
int kidos_attachment_unfilter(const struct kidos_attachment *attachment);
/* The qdisc, if no filter is left on it. */
void kidos_clsact_destroy(unsigned int ifindex);

/* Pins the link and closes it; 0 or -errno. */
int kidos_attachment_pin(const struct kidos_attachment *attachment, int link);
/*
 * Writes down what no link stands for, before it is attached; 0 or -errno. map:
 * id of one that only programs of this daemon use. The text is the same in all
 * versions of the ABI.
 */
int kidos_attachment_record(const struct kidos_attachment *attachment, uint32_t map);
/* What a record has; name: of the namespace, its place's. 0 or -errno. */
int kidos_attachment_recall(const struct kidos_state *state, const char *record,
			    struct kidos_attachment *attachment, uint32_t *map,
			    char name[KIDOS_NETNS_NAME]);

/* Is it at tc for want of the XDP hook, and the hook free now? Then attaching again is worth it. */
bool kidos_attachment_improves(const struct kidos_attachment *attachment);

/*
 * Id of a program that runs before ours at tcx and may hide packets from it; 0
 * if ours is the first, or is not at tcx. In the interface's namespace.
 */
uint32_t kidos_attachment_behind(const struct kidos_attachment *attachment);

/*
 * Is the program still there? In the interface's namespace. Whatever keeps us
 * from finding out is no reason to say no.
 */
bool kidos_attachment_alive(const struct kidos_attachment *attachment);

/*
 * Takes the program away at once; in the interface's namespace. The qdisc goes
 * too if it is ours and no filter is left on it.
 */
void kidos_attachment_detach(struct kidos_attachment *attachment);
/* Its pin or record alone goes: links detach by themselves soon, others stay with the interface. */
void kidos_attachment_forget(struct kidos_attachment *attachment);
bool kidos_attachment_is_link(const struct kidos_attachment *attachment);

#endif
