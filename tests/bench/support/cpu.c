/* SPDX-License-Identifier: MIT */
#include "cpu.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

int cpu_pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return -pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

const char *cpu_model(void)
{
	static char model[128] = "unknown";
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	}
	if (file)
		fclose(file);
	return model;
}

/* First line of a file, "not there" without one. */
static void describe_file(FILE *out, const char *name, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256] = "not there";

	if (file) {
		if (fgets(line, sizeof(line), file))
			line[strcspn(line, "\n")] = 0;
		fclose(file);
	}
	fprintf(out, "%-13s %s\n", name, line);
}

void cpu_describe(FILE *out)
{
	struct utsname name;

	uname(&name);
	fprintf(out, "%-13s %s %s\n", "kernel", name.release, name.machine);
	fprintf(out, "%-13s %ld x %s\n", "CPU", sysconf(_SC_NPROCESSORS_ONLN), cpu_model());
	/* others on the machine cost cache, and keep two CPUs from meeting at one entry */
	describe_file(out, "load average", "/proc/loadavg");
	describe_file(out, "BPF JIT", "/proc/sys/net/core/bpf_jit_enable");
	describe_file(out, "JIT harden", "/proc/sys/net/core/bpf_jit_harden");
	describe_file(out, "spectre_v2", "/sys/devices/system/cpu/vulnerabilities/spectre_v2");
}
