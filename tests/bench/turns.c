/* SPDX-License-Identifier: MIT */
/*
 * turns INTERFACE PROGRAMS ROUNDS MILLISECONDS MODE...: what an interface
 * receives while traffic flows, with the pinned programs of the folder PROGRAMS
 * in each mode in turn: in every round each mode has its window, in an order
 * that rotates. Prints a line per mode: its name, the median of its Gbit/s, the
 * median of its ratio to the first mode's window of the same round, and between
 * what bounds that median lies with 95 %.
 *
 * One connection and short windows, because what else runs on the machine then
 * weighs on both windows of a ratio, and there are many of them. Needs tcx
 * (kernel 6.6), by which XdpMode auto counts on a veth.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <math.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Not in the headers of Debian 12. */
#define TCX_INGRESS ((enum bpf_attach_type)46)
#define TCX_EGRESS ((enum bpf_attach_type)47)

#define SETTLE 20 /* ms from an attachment to its window */
#define MODES_MAX 4
#define HOOKS 2
#define ROUNDS_MAX 10000

struct mode {
	const char *name;
	struct hook {
		const char *program;
		enum bpf_attach_type type;
		unsigned int flags;
	} hooks[HOOKS];
};

static const struct mode modes[] = {
	{ "bare", {} },
	{ "tc", { { "kidos_tc_ingress", TCX_INGRESS, 0 }, { "kidos_tc_egress", TCX_EGRESS, 0 } } },
	{ "generic", { { "kidos_xdp", BPF_XDP, XDP_FLAGS_SKB_MODE } } },
	{ "native", { { "kidos_xdp", BPF_XDP, XDP_FLAGS_DRV_MODE } } },
};

/* What is measured, and how. */
struct bench {
	int ifindex;
	int counter; /* sysfs file of the bytes received */
	const char *programs;
	long window; /* ms */
	size_t rounds;
	size_t count;
	const struct mode *modes[MODES_MAX];
	double *rates[MODES_MAX]; /* Gbit/s, a value per round */
};

static int fail(const char *what)
{
	fprintf(stderr, "turns: %s: %s\n", what, strerror(errno));
	return -1;
}

static const struct mode *mode_named(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].name, name))
			return &modes[i];
	fprintf(stderr, "turns: no mode '%s'\n", name);
	return NULL;
}

static int attach_hook(const struct bench *bench, const struct hook *hook)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = hook->flags);
	char path[512];
	int program, link;

	snprintf(path, sizeof(path), "%s/%s", bench->programs, hook->program);
	program = bpf_obj_get(path);
	if (program < 0)
		return fail(path);
	link = bpf_link_create(program, bench->ifindex, hook->type, &options);
	close(program);
	return link < 0 ? fail(hook->program) : link;
}

static void sleep_ms(long ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double bytes_received(const struct bench *bench)
{
	char text[32] = "";

	return pread(bench->counter, text, sizeof(text) - 1, 0) < 0 ? 0 : strtod(text, NULL);
}

/* Gbit/s, after the programs had time to settle. */
static double rate(const struct bench *bench)
{
	double start, before;

	sleep_ms(SETTLE);
	start = seconds();
	before = bytes_received(bench);
	sleep_ms(bench->window);
	return (bytes_received(bench) - before) * 8e-9 / (seconds() - start);
}

static int window(const struct bench *bench, const struct mode *mode, double *result)
{
	int links[HOOKS], count = 0, error = 0;

	for (; !error && count < HOOKS && mode->hooks[count].program; count++) {
		links[count] = attach_hook(bench, &mode->hooks[count]);
		if (links[count] < 0) {
			error = -1;
			break;
		}
	}
	if (!error)
		*result = rate(bench);
	while (count > 0)
		close(links[--count]);
	return error;
}

static int measure(struct bench *bench)
{
	for (size_t round = 0; round < bench->rounds; round++)
		for (size_t i = 0; i < bench->count; i++) {
			size_t turn = (round + i) % bench->count;

			if (window(bench, bench->modes[turn], &bench->rates[turn][round]))
				return -1;
		}
	return 0;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/*
 * The median, and the order statistics 1.96 standard deviations of a binomial
 * around it, which hold it with 95 %.
 */
static void sort_and_mark(double *values, size_t n, double marks[3])
{
	size_t middle = n / 2, reach = (size_t)(0.98 * sqrt((double)n)) + 1;

	qsort(values, n, sizeof(*values), compare);
	marks[0] = values[middle];
	marks[1] = values[middle > reach ? middle - reach : 0];
	marks[2] = values[middle + reach < n ? middle + reach : n - 1];
}

static void print_mode(const struct bench *bench, size_t mode)
{
	double rates[ROUNDS_MAX], ratios[ROUNDS_MAX], rate_marks[3], marks[3];

	for (size_t i = 0; i < bench->rounds; i++) {
		double base = bench->rates[0][i];

		rates[i] = bench->rates[mode][i];
		ratios[i] = base > 0 ? rates[i] / base : 0;
	}
	sort_and_mark(rates, bench->rounds, rate_marks);
	sort_and_mark(ratios, bench->rounds, marks);
	printf("%s %.2f %.4f %.4f %.4f\n", bench->modes[mode]->name, rate_marks[0], marks[0],
	       marks[1], marks[2]);
}

static int open_counter(const char *interface)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/rx_bytes", interface);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int prepare(struct bench *bench, char **arguments)
{
	bench->ifindex = (int)if_nametoindex(arguments[0]);
	bench->counter = open_counter(arguments[0]);
	if (!bench->ifindex || bench->counter < 0)
		return fail(arguments[0]);
	bench->programs = arguments[1];
	bench->rounds = strtoul(arguments[2], NULL, 10);
	bench->window = strtol(arguments[3], NULL, 10);
	if (!bench->rounds || bench->rounds > ROUNDS_MAX || bench->window < 1) {
		fprintf(stderr, "turns: 1 to %d rounds, of at least a millisecond\n", ROUNDS_MAX);
		return -1;
	}
	for (; arguments[4 + bench->count] && bench->count < MODES_MAX; bench->count++) {
		bench->modes[bench->count] = mode_named(arguments[4 + bench->count]);
		bench->rates[bench->count] = calloc(bench->rounds, sizeof(double));
		if (!bench->modes[bench->count] || !bench->rates[bench->count])
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct bench bench = {};
	int error;

	if (argc < 6) {
		fprintf(stderr, "usage: turns INTERFACE PROGRAMS ROUNDS MILLISECONDS MODE...\n");
		return 2;
	}
	error = prepare(&bench, argv + 1);
	if (!error)
		error = measure(&bench);
	for (size_t i = 0; !error && i < bench.count; i++)
		print_mode(&bench, i);
	for (size_t i = 0; i < bench.count; i++)
		free(bench.rates[i]);
	return error ? 1 : 0;
}
