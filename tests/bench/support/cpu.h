/* SPDX-License-Identifier: MIT */
/* cpu.h: the machine under the measurement. */
#ifndef KIDOS_BENCH_CPU_H
#define KIDOS_BENCH_CPU_H

#include <stdio.h>

/* Keeps the calling thread on one CPU; -errno. */
int cpu_pin(unsigned int cpu);

/* Kernel, processor, JIT, mitigations: what the numbers depend on. */
void cpu_describe(FILE *out);

/* Model name, "unknown" where /proc/cpuinfo has none. */
const char *cpu_model(void);

#endif
