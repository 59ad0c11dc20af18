/* SPDX-License-Identifier: MIT */
#include "connect_uring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define AT(start, offset) ((uint32_t *)((char *)(start) + (offset)))

struct ring {
	struct io_uring_params params;
	void *queues; /* both, in one mapping */
	struct io_uring_sqe *entry;
};

static int map_ring(struct ring *ring, int fd)
{
	size_t size =
		ring->params.cq_off.cqes + ring->params.cq_entries * sizeof(struct io_uring_cqe);

	ring->queues = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
			    IORING_OFF_SQ_RING);
	ring->entry = mmap(NULL, sizeof(*ring->entry), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQES);
	return ring->queues == MAP_FAILED || ring->entry == MAP_FAILED ? -errno : 0;
}

static int run(struct ring *ring, int ring_fd)
{
	struct io_uring_cqe *done = (void *)AT(ring->queues, ring->params.cq_off.cqes);
	uint32_t *tail = AT(ring->queues, ring->params.sq_off.tail);

	*AT(ring->queues, ring->params.sq_off.array) = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring_fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	return done->res;
}

int connect_by_uring(int fd, const struct sockaddr *address, socklen_t size)
{
	struct ring ring = {};
	int ring_fd = (int)syscall(SYS_io_uring_setup, 1, &ring.params), result;

	if (ring_fd < 0)
		return -errno;
	result = map_ring(&ring, ring_fd);
	if (!result) {
		ring.entry->opcode = IORING_OP_CONNECT;
		ring.entry->fd = fd;
		ring.entry->addr = (uintptr_t)address;
		ring.entry->off = size;
		result = run(&ring, ring_fd);
	}
	close(ring_fd);
	return result;
}
