/* SPDX-License-Identifier: MIT */
/* verifier_insns.h: what a program costs to verify on the running kernel. */
#ifndef VERIFIER_INSNS_H
#define VERIFIER_INSNS_H

struct bpf_object;

/*
 * Instructions the verifier processed for one program of an object that is
 * open and not loaded; -errno, the verifier's last words on stderr, when it is
 * refused. The object is loaded with that program alone; the caller closes it.
 */
int verifier_insns(struct bpf_object *object, const char *program);

#endif
