/* SPDX-License-Identifier: MIT */
/*
 * xdp-generator: sends UDP frames of random flows out of a veth at full speed,
 * by test runs of an XDP program on live frames. The veth's peer must have GRO
 * on or carry an XDP program, and as many receive queues as CPUs send.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "checksum.h"
#include "generator.h"
#include "generator.skel.h"
#include "packet.h"

#define RUN_FRAMES (1u << 22) /* in one system call */
#define BATCH 64

struct job {
	const char *interface;
	unsigned long count, flows, cpus, size;
	struct packet packet;
	struct generator_bpf *bpf;
};

struct sender {
	const struct job *job;
	pthread_t thread;
	unsigned int cpu;
	unsigned long count;
	struct generator_state state;
	double cpu_seconds;
	int error;
};

/* What all senders did. */
struct sent {
	unsigned long frames;
	double seconds;
	double cpu_seconds; /* receiving side included: it runs in the sender's softirq */
};

/* What the interface says of itself. */
struct counters {
	unsigned long long packets, dropped;
};

static int usage(void)
{
	fprintf(stderr, "usage: xdp-generator IFACE COUNT [--flows N] [--cpus N] [--size BYTES]\n");
	return 2;
}

static bool parse_number(const char *text, unsigned long max, unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *value && *value <= max;
}

static bool parse_arguments(struct job *job, int argc, char **argv)
{
	static const struct option options[] = {
		{ "flows", required_argument, NULL, 'f' },
		{ "cpus", required_argument, NULL, 'c' },
		{ "size", required_argument, NULL, 's' },
		{ 0 },
	};
	int option;
	bool good = true;

	while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'f')
			good = parse_number(optarg, 1 << 24, &job->flows);
		else if (option == 'c')
			good = parse_number(optarg, GENERATOR_CPUS, &job->cpus);
		else
			good = option == 's' && parse_number(optarg, 1514, &job->size);
	}
	if (!good || argc - optind != 2)
		return false;
	job->interface = argv[optind];
	return parse_number(argv[optind + 1], 1ul << 40, &job->count);
}

static int read_counters(const char *interface, struct counters *counters)
{
	FILE *file = fopen("/proc/thread-self/net/dev", "re");
	char line[512], name[IFNAMSIZ + 1];
	int error = -ENODEV;

	if (!file)
		return -errno;
	while (error && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %16[^:]: %*u %*u %*u %*u %*u %*u %*u %*u %*u %llu %*u %llu",
			   name, &counters->packets, &counters->dropped) == 3 &&
		    !strcmp(name, interface))
			error = 0;
	}
	fclose(file);
	return error;
}

static void fill_config(struct job *job, struct generator_config *config)
{
	const struct packet_options options = {
		.src_mac = { 0x02, 0, 0, 0, 0, 0x01 },
		.dst_mac = { 0x02, 0, 0, 0, 0, 0xfe },
		.size = job->size,
	};
	struct iphdr ip;

	packet_build(packet_kind_find("udp"), &options, 0, &job->packet);
	memcpy(&ip, job->packet.bytes + ETH_HLEN, sizeof(ip));
	config->ifindex = if_nametoindex(job->interface);
	config->flows = job->flows;
	config->source = ntohl(ip.saddr);
	ip.saddr = 0;
	ip.check = 0;
	config->sum = checksum_add(0, &ip, sizeof(ip));
}

static int pin_to(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return -pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static int run_live(const struct sender *sender, unsigned long frames)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = (void *)sender->job->packet.bytes,
		    .data_size_in = sender->job->packet.length, .repeat = frames,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);

	return bpf_prog_test_run_opts(bpf_program__fd(sender->job->bpf->progs.generate), &options);
}

static double seconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void *send_frames(void *argument)
{
	struct sender *sender = argument;
	const int states = bpf_map__fd(sender->job->bpf->maps.states);
	unsigned long left = sender->count;

	sender->state.random = 0x9e3779b97f4a7c15ull * (sender->cpu + 1);
	sender->state.left = left;
	sender->error = pin_to(sender->cpu);
	if (!sender->error)
		sender->error = bpf_map_update_elem(states, &sender->cpu, &sender->state, BPF_ANY);
	/* a run sends whole batches: the program drops what is beyond `left` */
	while (left && !sender->error) {
		unsigned long frames = left < RUN_FRAMES ? left : RUN_FRAMES;

		sender->error = run_live(sender, frames);
		left -= frames;
	}
	if (!sender->error)
		sender->error = bpf_map_lookup_elem(states, &sender->cpu, &sender->state);
	sender->cpu_seconds = seconds(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

static int send_all(const struct job *job, struct sent *sent)
{
	struct sender senders[GENERATOR_CPUS] = { 0 };
	unsigned long i, started;
	int error = 0;

	*sent = (struct sent){ .seconds = -seconds(CLOCK_MONOTONIC) };
	for (started = 0; started < job->cpus && !error; started += !error) {
		struct sender *sender = &senders[started];

		sender->job = job;
		sender->cpu = started;
		sender->count = job->count / job->cpus + (started < job->count % job->cpus);
		error = -pthread_create(&sender->thread, NULL, send_frames, sender);
	}
	for (i = 0; i < started; i++) {
		pthread_join(senders[i].thread, NULL);
		sent->frames += senders[i].state.sent;
		sent->cpu_seconds += senders[i].cpu_seconds;
		if (senders[i].error)
			error = senders[i].error;
	}
	sent->seconds += seconds(CLOCK_MONOTONIC);
	return error;
}

static int run(struct job *job)
{
	struct counters before, after;
	struct sent sent;
	int error = read_counters(job->interface, &before);

	if (!error)
		error = send_all(job, &sent);
	if (!error)
		error = read_counters(job->interface, &after);
	if (error)
		return error;
	printf("sent %lu frames, taken %llu, dropped %llu, %.3f s, %.3f Mpps, %.0f ns of CPU "
	       "each\n",
	       sent.frames, after.packets - before.packets, after.dropped - before.dropped,
	       sent.seconds, sent.frames / sent.seconds / 1e6,
	       sent.cpu_seconds * 1e9 / sent.frames);
	return sent.frames == job->count ? 0 : -EIO;
}

int main(int argc, char **argv)
{
	struct job job = { .flows = 1, .cpus = 1, .size = PACKET_MIN };
	int error;

	if (!parse_arguments(&job, argc, argv))
		return usage();
	job.bpf = generator_bpf__open();
	if (!job.bpf) {
		perror("xdp-generator");
		return 1;
	}
	fill_config(&job, (struct generator_config *)&job.bpf->rodata->config);
	error = generator_bpf__load(job.bpf);
	if (!error)
		error = run(&job);
	generator_bpf__destroy(job.bpf);
	if (error)
		fprintf(stderr, "xdp-generator: %s: %s\n", job.interface, strerror(-error));
	return error ? 1 : 0;
}
