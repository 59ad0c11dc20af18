/* SPDX-License-Identifier: MIT */
#include "capture/sniffer.h"
#include "abi_capture.h"
#include "links/libxdp.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define FRAMES_MAX 16384u /* of a socket: 16 ms at a million packets a second */
#define FRAMES_MIN 64u
#define CHUNK_SMALL 2048u /* less the 256 that XDP keeps, and Ethernet's */
#define CHUNK_LARGE 4096u
#define CHUNK_ROOM 280u
#define BATCH 1024u
#define ASSEMBLED (1u << 16) /* of a packet in several pieces */

/* Kernel 6.6, not in the headers of Debian 12: packets in several pieces. */
#define USE_SG (1u << 4)
#define CONTINUED (1u << 0)

struct queue {
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons completion, received;
	char *area;
	size_t area_size;
	int fd;
	/* A packet in several pieces, whose end has not come yet. */
	char *assembled;
	uint32_t captured, length;
};

struct kidos_sniffer {
	const struct kidos_libxdp *libxdp;
	unsigned int frames, chunk; /* of a queue, and bytes of one */
	bool pieces;
	struct queue queues[KIDOS_MIRROR_QUEUES];
	unsigned int count;
};

static void queue_close(const struct kidos_libxdp *libxdp, struct queue *queue)
{
	if (queue->socket)
		libxdp->socket_delete(queue->socket);
	if (queue->umem)
		libxdp->umem_delete(queue->umem);
	if (queue->area)
		munmap(queue->area, queue->area_size);
	free(queue->assembled);
	*queue = (struct queue){ .fd = -1 };
}

static int queue_memory(struct kidos_sniffer *sniffer, struct queue *queue)
{
	const struct xsk_umem_config config = { .fill_size = sniffer->frames,
						.comp_size = FRAMES_MIN,
						.frame_size = sniffer->chunk };

	queue->area_size = (size_t)sniffer->frames * sniffer->chunk;
	queue->area = mmap(NULL, queue->area_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (queue->area == MAP_FAILED) {
		queue->area = NULL;
		return -errno;
	}
	return sniffer->libxdp->umem_create(&queue->umem, queue->area, queue->area_size,
					    &queue->fill, &queue->completion, &config);
}

static int queue_socket(struct kidos_sniffer *sniffer, struct queue *queue, const char *name,
			unsigned int number)
{
	const struct xsk_socket_config config = {
		.rx_size = sniffer->frames,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = (__u16)(XDP_USE_NEED_WAKEUP | (sniffer->pieces ? USE_SG : 0)),
	};

	return sniffer->libxdp->socket_create(&queue->socket, name, number, queue->umem,
					      &queue->received, NULL, &config);
}

/* All of the memory is the kernel's to fill. */
static void queue_fill(const struct kidos_sniffer *sniffer, struct queue *queue)
{
	uint32_t at = 0;

	if (xsk_ring_prod__reserve(&queue->fill, sniffer->frames, &at) != sniffer->frames)
		return;
	for (unsigned int i = 0; i < sniffer->frames; i++)
		*xsk_ring_prod__fill_addr(&queue->fill, at + i) = (__u64)i * sniffer->chunk;
	xsk_ring_prod__submit(&queue->fill, sniffer->frames);
}

static int queue_open(struct kidos_sniffer *sniffer, struct queue *queue,
		      const struct kidos_sniffer_plan *plan, unsigned int number)
{
	__u32 place = plan->first + number;
	int error = queue_memory(sniffer, queue);

	if (!error)
		error = queue_socket(sniffer, queue, plan->name, number);
	if (!error && sniffer->pieces) {
		queue->assembled = malloc(ASSEMBLED);
		error = queue->assembled ? 0 : -ENOMEM;
	}
	if (!error) {
		queue->fd = sniffer->libxdp->socket_fd(queue->socket);
		queue_fill(sniffer, queue);
		if (bpf_map_update_elem(plan->sockets, &place, &queue->fd, BPF_ANY))
			error = -errno;
	}
	if (error)
		queue_close(sniffer->libxdp, queue);
	return error;
}

static unsigned int power_of_two_below(uint64_t number)
{
	unsigned int power = 1;

	while (2ull * power <= number)
		power *= 2;
	return power;
}

/* The kernel knows no more than its queues: EINVAL tells how many there are. */
static int open_queues(struct kidos_sniffer *sniffer, const struct kidos_sniffer_plan *plan)
{
	int error = 0;

	while (!error && sniffer->count < plan->queues) {
		error = queue_open(sniffer, &sniffer->queues[sniffer->count], plan, sniffer->count);
		if (!error)
			sniffer->count++;
	}
	return sniffer->count && error == -EINVAL ? 0 : error;
}

static void close_queues(struct kidos_sniffer *sniffer)
{
	while (sniffer->count)
		queue_close(sniffer->libxdp, &sniffer->queues[--sniffer->count]);
}

/* Once: memory counts against the locked, which a limit may keep small. */
static bool raise_limit(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	static atomic_bool tried;

	return !atomic_exchange(&tried, true) && !setrlimit(RLIMIT_MEMLOCK, &all);
}

/* Pieces first; then without; then, where memory may not be locked, with less of it. */
static int open_somehow(struct kidos_sniffer *sniffer, const struct kidos_sniffer_plan *plan)
{
	int error;

	sniffer->pieces = true;
	for (;;) {
		error = open_queues(sniffer, plan);
		if (!error)
			return 0;
		close_queues(sniffer);
		if (error == -EINVAL && sniffer->pieces)
			sniffer->pieces = false;
		else if (error == -ENOBUFS && raise_limit())
			continue;
		else if ((error == -ENOBUFS || error == -ENOMEM) && sniffer->frames > FRAMES_MIN)
			sniffer->frames /= 2;
		else
			return error;
	}
}

/* A first try with what one queue may take tells how many there are: each gets its share. */
static int open_shared(struct kidos_sniffer *sniffer, const struct kidos_sniffer_plan *plan)
{
	unsigned int frames = power_of_two_below(plan->memory / sniffer->chunk), share;
	int error;

	sniffer->frames = frames < FRAMES_MAX ? frames : FRAMES_MAX;
	error = open_somehow(sniffer, plan);
	if (error || sniffer->count == 1)
		return error;
	share = power_of_two_below(plan->memory / sniffer->chunk / sniffer->count);
	if (share >= sniffer->frames)
		return 0;
	close_queues(sniffer);
	sniffer->frames = share > FRAMES_MIN ? share : FRAMES_MIN;
	return open_somehow(sniffer, plan);
}

static const char *words_for(int error)
{
	switch (error) {
	case -EPERM:
		return "an AF_XDP socket takes CAP_NET_RAW";
	case -ENOBUFS:
		return "its memory counts against the locked: LimitMEMLOCK or CAP_IPC_LOCK";
	case -EBUSY:
		return "another socket has the queue";
	default:
		return strerror(-error);
	}
}

struct kidos_sniffer *kidos_sniffer_open(const struct kidos_sniffer_plan *plan,
					 char reason[KIDOS_REASON])
{
	const struct kidos_libxdp *libxdp = kidos_libxdp("AF_XDP", reason);
	struct kidos_sniffer *sniffer = libxdp ? calloc(1, sizeof(*sniffer)) : NULL;
	int error;

	if (!libxdp)
		errno = ELIBACC;
	if (!sniffer)
		return NULL;
	sniffer->libxdp = libxdp;
	sniffer->chunk = plan->mtu + CHUNK_ROOM <= CHUNK_SMALL ? CHUNK_SMALL : CHUNK_LARGE;
	error = open_shared(sniffer, plan);
	if (!error)
		return sniffer;
	snprintf(reason, KIDOS_REASON, "%s", words_for(error));
	kidos_sniffer_close(sniffer);
	errno = -error;
	return NULL;
}

void kidos_sniffer_close(struct kidos_sniffer *sniffer)
{
	if (!sniffer)
		return;
	close_queues(sniffer);
	free(sniffer);
}

/* What does not fit is counted in the packet's length. */
static void assemble(struct queue *queue, const char *data, uint32_t length)
{
	uint32_t room = ASSEMBLED - queue->captured;
	uint32_t size = length < room ? length : room;

	memcpy(queue->assembled + queue->captured, data, size);
	queue->captured += size;
	queue->length += length;
}

/* Returns whether the packet is whole. */
static bool take_piece(const struct kidos_sniffer *sniffer, struct queue *queue,
		       const struct xdp_desc *piece, struct kidos_sniffed *packet)
{
	const char *data = xsk_umem__get_data(queue->area, piece->addr);
	bool more = sniffer->pieces && piece->options & CONTINUED, first = !queue->length;

	if (first && !more) {
		*packet = (struct kidos_sniffed){ data, piece->len, piece->len };
		return true;
	}
	assemble(queue, data, piece->len);
	if (more)
		return false;
	*packet = (struct kidos_sniffed){ queue->assembled, queue->captured, queue->length };
	queue->captured = queue->length = 0;
	return true;
}

/* Gives the memory of a batch back to the kernel: there is room, as it came from there. */
static void give_back(const struct kidos_sniffer *sniffer, struct queue *queue,
		      const uint64_t *addresses, unsigned int count)
{
	uint32_t at = 0;

	if (xsk_ring_prod__reserve(&queue->fill, count, &at) != count)
		return;
	for (unsigned int i = 0; i < count; i++)
		*xsk_ring_prod__fill_addr(&queue->fill, at + i) =
			addresses[i] & ~(uint64_t)(sniffer->chunk - 1);
	xsk_ring_prod__submit(&queue->fill, count);
	if (xsk_ring_prod__needs_wakeup(&queue->fill))
		recvfrom(queue->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

static unsigned int read_batch(struct kidos_sniffer *sniffer, struct queue *queue,
			       void (*take)(void *context, const struct kidos_sniffed *packet),
			       void *context)
{
	uint64_t addresses[BATCH];
	struct kidos_sniffed packet;
	uint32_t at = 0;
	unsigned int count = xsk_ring_cons__peek(&queue->received, BATCH, &at);

	for (unsigned int i = 0; i < count; i++) {
		const struct xdp_desc *piece = xsk_ring_cons__rx_desc(&queue->received, at + i);

		addresses[i] = piece->addr;
		if (take_piece(sniffer, queue, piece, &packet))
			take(context, &packet);
	}
	if (!count)
		return 0;
	xsk_ring_cons__release(&queue->received, count);
	give_back(sniffer, queue, addresses, count);
	return count;
}

unsigned int kidos_sniffer_read(struct kidos_sniffer *sniffer,
				void (*take)(void *context, const struct kidos_sniffed *packet),
				void *context)
{
	unsigned int total = 0, got = 1;

	for (unsigned int i = 0; i < sniffer->count; i++) {
		got = BATCH;
		for (unsigned int read = 0; got == BATCH && read < sniffer->frames; read += got) {
			got = read_batch(sniffer, &sniffer->queues[i], take, context);
			total += got;
		}
	}
	return total;
}

struct kidos_sniffer_lost kidos_sniffer_lost(const struct kidos_sniffer *sniffer)
{
	struct kidos_sniffer_lost lost = {};

	for (unsigned int i = 0; i < sniffer->count; i++) {
		struct xdp_statistics statistics = {};
		socklen_t size = sizeof(statistics);

		if (getsockopt(sniffer->queues[i].fd, SOL_XDP, XDP_STATISTICS, &statistics, &size))
			continue;
		lost.dropped += statistics.rx_dropped;
		lost.ring_full += statistics.rx_ring_full;
	}
	return lost;
}

bool kidos_sniffer_is_alive(const struct kidos_sniffer *sniffer)
{
	for (unsigned int i = 0; i < sniffer->count; i++) {
		socklen_t size = sizeof(int);
		int error = 0;

		if (!getsockopt(sniffer->queues[i].fd, SOL_SOCKET, SO_ERROR, &error, &size) &&
		    error == ENETDOWN)
			return false;
	}
	return true;
}

unsigned int kidos_sniffer_sockets(const struct kidos_sniffer *sniffer)
{
	return sniffer->count;
}

bool kidos_sniffer_is_zero_copy(const struct kidos_sniffer *sniffer)
{
	struct xdp_options options = {};
	socklen_t size = sizeof(options);

	return sniffer->count &&
	       !getsockopt(sniffer->queues[0].fd, SOL_XDP, XDP_OPTIONS, &options, &size) &&
	       options.flags & XDP_OPTIONS_ZEROCOPY;
}

int kidos_sniffer_fd(const struct kidos_sniffer *sniffer, unsigned int queue)
{
	return sniffer->queues[queue].fd;
}
