/* SPDX-License-Identifier: MIT */
/* parse_run.h: frames through the parser in the kernel, by BPF_PROG_TEST_RUN. */
#ifndef PARSE_RUN_H
#define PARSE_RUN_H

#include "parse_build.h"
#include "parse_check.h"

enum parse_hook { PARSE_XDP, PARSE_TC, PARSE_HOOKS };

extern const char *const parse_hook_names[PARSE_HOOKS];

struct parse_run;

struct parse_run *parse_run_create(void);
void parse_run_destroy(struct parse_run *run);

/*
 * What the program at a hook made of the frame; -errno when the kernel does
 * not take it (-EINVAL: too short, too long). bytes are all readable there.
 */
int parse_run_frame(struct parse_run *run, enum parse_hook hook, const struct kidos_frame *frame,
		    struct parse_result *result);

/*
 * The same by sending the frame through a veth in a network namespace of its
 * own, which parse_run_live opens for the rest of the process: every length
 * from an Ethernet header on. -ETIMEDOUT when it did not arrive.
 */
int parse_run_live(struct parse_run *run);
int parse_run_send(struct parse_run *run, const struct parse_frame *frame,
		   struct parse_result *result);

/* Mean ns of a test run with the benchmark program, or of the empty one; -errno. */
int parse_run_bench(struct parse_run *run, int empty, const struct kidos_frame *frame,
		    __u32 repeat);

/* Instructions the verifier processed for a program of the object; -errno. */
int parse_run_insns(const char *program);

#endif
