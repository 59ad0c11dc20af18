/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "parse_run_private.h"
#include "verifier_insns.h"

const char *const parse_hook_names[PARSE_HOOKS] = { "xdp", "tc" };

struct parse_run *parse_run_create(void)
{
	struct parse_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->skeleton = parse_test_bpf__open_and_load();
	if (!run->skeleton) {
		free(run);
		return NULL;
	}
	run->sender = -1;
	run->programs[PARSE_XDP] = bpf_program__fd(run->skeleton->progs.parse_xdp);
	run->programs[PARSE_TC] = bpf_program__fd(run->skeleton->progs.parse_tc);
	run->parsed = bpf_map__fd(run->skeleton->maps.parsed);
	return run;
}

void parse_run_destroy(struct parse_run *run)
{
	if (!run)
		return;
	if (run->sender >= 0)
		close(run->sender);
	parse_test_bpf__destroy(run->skeleton);
	free(run);
}

int parse_run_result(struct parse_run *run, struct parse_result *result)
{
	__u32 outer = 0, inner = 1;
	int error = bpf_map_lookup_elem(run->parsed, &outer, &result->outer);

	return error ? error : bpf_map_lookup_elem(run->parsed, &inner, &result->inner);
}

static __u32 readable(const struct kidos_frame *frame)
{
	return (char *)frame->data_end - (char *)frame->data;
}

int parse_run_frame(struct parse_run *run, enum parse_hook hook, const struct kidos_frame *frame,
		    struct parse_result *result)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->data,
		    .data_size_in = readable(frame), .repeat = 1);
	int error;

	run->skeleton->bss->given.length = frame->length;
	run->skeleton->bss->given.protocol = frame->protocol;
	run->skeleton->bss->given.vlan = frame->vlan;
	error = bpf_prog_test_run_opts(run->programs[hook], &options);
	return error ? error : parse_run_result(run, result);
}

int parse_run_bench(struct parse_run *run, int empty, const struct kidos_frame *frame, __u32 repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->data,
		    .data_size_in = readable(frame), .repeat = repeat);
	struct bpf_program *program =
		empty ? run->skeleton->progs.bench_empty : run->skeleton->progs.bench_parse;
	int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);

	return error ? error : (int)options.duration;
}

int parse_run_insns(const char *program)
{
	struct parse_test_bpf *skeleton = parse_test_bpf__open();
	int count = skeleton ? verifier_insns(skeleton->obj, program) : -errno;

	parse_test_bpf__destroy(skeleton);
	return count;
}
