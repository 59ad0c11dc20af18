/* SPDX-License-Identifier: MIT */
/*
 * analyze [--bytes N] KIDOSCTL: the time and memory that kidosctl analyze takes
 * for a log of JSON lines, on one CPU, beside jq that counts one field of it and
 * json-c that parses each line and does nothing with it. Two logs: one of an
 * ordinary host, and one whose every row has other addresses, which takes most
 * memory. Fails over 0.8 of jq's time, or over 256 MB.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHARE_OF_JQ 0.8
#define MEMORY_KB 250000 /* 256,000,000 bytes */

static uint64_t seed = 88172645463325252u;

/* Marsaglia's xorshift: the same log in every run. */
static uint32_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

struct log {
	const char *name;
	uint32_t hosts; /* 0: every row has its own */
};

static void put_address(char text[16], uint32_t hosts)
{
	uint32_t number = hosts ? (next() % hosts) * 2654435761u : next();

	snprintf(text, 16, "%u.%u.%u.%u", number >> 24, number >> 16 & 255, number >> 8 & 255,
		 number & 255);
}

static int put_row(FILE *file, const struct log *log, uint64_t time_ms)
{
	static const unsigned int ports[] = { 22, 53, 80, 443 };
	unsigned int packets = 1 + next() % 30, size = 60 + next() % 1440;
	time_t seconds = (time_t)(time_ms / 1000);
	char src[16], dst[16], date[32];
	struct tm tm;

	put_address(src, log->hosts);
	put_address(dst, log->hosts);
	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	return fprintf(
		file,
		"{\"timestamp\":%" PRIu64 ".%03u,\"timestamp_iso\":\"%s.%03uZ\",\"src_ip\":"
		"\"%s\",\"dst_ip\":\"%s\",\"src_port\":%u,\"dst_port\":%u,\"protocol\":\"TCP\","
		"\"protocol_num\":6,\"packet_size\":%u,\"action\":\"permitted\",\"interface\":"
		"\"eth%u\",\"flow_hash\":\"%08x%08x\",\"packets\":%u,\"bytes\":%u,\"min_size\":60,"
		"\"max_size\":1500,\"first\":%" PRIu64 ".%03u,\"last\":%" PRIu64 ".%03u,"
		"\"community_id\":\"1:%08x%08x%08xAAAA=\",\"kind\":\"flow\"}\n",
		time_ms / 1000, (unsigned int)(time_ms % 1000), date,
		(unsigned int)(time_ms % 1000), src, dst, 1024 + next() % 60000, ports[next() % 4],
		size, next() % 4, next(), next(), packets, packets * size, time_ms / 1000,
		(unsigned int)(time_ms % 1000), time_ms / 1000, (unsigned int)(time_ms % 1000),
		next(), next(), next());
}

static uint64_t make_log(const char *path, const struct log *log, uint64_t bytes)
{
	FILE *file = fopen(path, "we");
	uint64_t rows = 0, written = 0;

	for (; file && written < bytes; rows++)
		written += (uint64_t)put_row(file, log, 1764400000000u + rows * 20);
	if (!file || fclose(file)) {
		perror(path);
		exit(2);
	}
	return rows;
}

struct cost {
	double seconds;
	long memory_kb;
	int status;
};

/* argv NULL: json-c, in this program. */
static void run_child(char *const *argv, const char *path)
{
	struct json_tokener *tokener = json_tokener_new();
	FILE *file;
	char *line = NULL;
	size_t room = 0;

	if (argv) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(126);
		execvp(argv[0], argv);
		_exit(127);
	}
	file = fopen(path, "re");
	for (ssize_t length; file && (length = getline(&line, &room, file)) > 0;) {
		json_object_put(json_tokener_parse_ex(tokener, line, (int)length));
		json_tokener_reset(tokener);
	}
	_exit(!file);
}

static struct cost measure(char *const *argv, const char *path)
{
	struct rusage usage = {};
	struct cost cost = {};
	pid_t child;

	fflush(stdout);
	child = fork();

	if (!child)
		run_child(argv, path);
	while (wait4(child, &cost.status, 0, &usage) < 0 && errno == EINTR)
		;
	cost.seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	cost.memory_kb = usage.ru_maxrss;
	return cost;
}

static bool print(const char *log, const char *what, const struct cost *cost)
{
	printf("%-10s %-18s %6.2f s  %7ld kB%s\n", log, what, cost->seconds, cost->memory_kb,
	       cost->status ? "  FAILED" : "");
	fflush(stdout);
	return !cost->status;
}

static bool compare(const char *kidosctl, const char *path, const struct log *log)
{
	char *analyze[] = { (char *)(uintptr_t)kidosctl, "analyze", "--json",
			    (char *)(uintptr_t)path, NULL };
	char *jq[] = { "jq", "-n", "reduce inputs.packets as $p (0; . + 1)",
		       (char *)(uintptr_t)path, NULL };
	struct cost ours = measure(analyze, path), theirs, parser;
	bool good = print(log->name, "kidosctl analyze", &ours) && ours.memory_kb <= MEMORY_KB;

	if (!log->hosts)
		return good;
	theirs = measure(jq, path);
	good &= print(log->name, "jq, one field", &theirs);
	parser = measure(NULL, path);
	good &= print(log->name, "json-c, parsing", &parser);
	printf("%-10s %.2f of jq's time, %.2f of json-c's\n", log->name,
	       ours.seconds / theirs.seconds, ours.seconds / parser.seconds);
	return good && ours.seconds <= SHARE_OF_JQ * theirs.seconds;
}

int main(int argc, char **argv)
{
	static const struct log logs[] = { { "ordinary", 200000 }, { "distinct", 0 } };
	bool has_bytes = argc == 4 && !strcmp(argv[1], "--bytes");
	uint64_t bytes = has_bytes ? strtoull(argv[2], NULL, 10) : 1000000000u;
	char path[] = "/tmp/kidos-analyze-XXXXXX";
	bool good = true;
	cpu_set_t cpu;
	int fd;

	if (argc != 2 && !has_bytes) {
		fprintf(stderr, "usage: analyze [--bytes N] KIDOSCTL\n");
		return 2;
	}
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	fd = mkstemp(path);
	if (fd < 0)
		return 2;
	close(fd);
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		uint64_t rows = make_log(path, &logs[i], bytes);

		printf("%-10s %" PRIu64 " rows\n", logs[i].name, rows);
		good &= compare(argv[argc - 1], path, &logs[i]);
	}
	unlink(path);
	puts(good ? "within the bars: 0.8 of jq's time, 256 MB"
		  : "over a bar: 0.8 of jq's time, 256 MB");
	return !good;
}
