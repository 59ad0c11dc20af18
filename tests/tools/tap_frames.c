/* SPDX-License-Identifier: MIT */
/*
 * tap-frames: what a virtual machine sends and receives through a tap or tun
 * link that exists: TCP as large segments whose number the sender leaves open
 * (gso_segs 0), or plain packets; and reading what was sent to it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define HEADERS 40 /* IPv4 and TCP */
#define FRAME_MAX 65536
#define FIRST_MS 20000 /* the first frame is waited for so long */
#define QUIET_MS 500 /* then read until nothing comes for so long */

struct job {
	const char *interface;
	bool tap;
	bool tagged; /* VLAN 100, in the frame */
	unsigned long count;
	size_t payload;
	size_t segment; /* 0: no segmentation is left to do */
};

static int usage(void)
{
	fprintf(stderr, "usage: tap-frames IFACE tap|tun send COUNT PAYLOAD SEGMENT [tagged]\n"
			"       tap-frames IFACE tap|tun read\n"
			"SEGMENT 0: packets as they are.\n");
	return 2;
}

static int open_link(const struct job *job)
{
	struct ifreq request = { .ifr_flags = IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	request.ifr_flags |= job->tap ? IFF_TAP : IFF_TUN;
	strncpy(request.ifr_name, job->interface, IFNAMSIZ - 1);
	if (fd >= 0 && !ioctl(fd, TUNSETIFF, &request))
		return fd;
	fprintf(stderr, "tap-frames: %s: %s\n", job->interface, strerror(errno));
	return -1;
}

static size_t append_link(const struct job *job, uint8_t *frame)
{
	static const uint8_t macs[2 * ETH_ALEN] = { 2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 1 };
	static const uint8_t tag[4] = { 0x81, 0, 0, 100 };
	static const uint8_t ipv4[2] = { 8, 0 };
	size_t size = sizeof(macs);

	if (!job->tap)
		return 0;
	memcpy(frame, macs, size);
	if (job->tagged) {
		memcpy(frame + size, tag, sizeof(tag));
		size += sizeof(tag);
	}
	memcpy(frame + size, ipv4, sizeof(ipv4));
	return size + sizeof(ipv4);
}

static uint16_t sum_of(const uint8_t *header)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* To an address that nobody has; the TCP checksum is left to the kernel, as a machine would. */
static void append_packet(uint8_t *packet, size_t payload)
{
	static const uint8_t header[HEADERS] = { 0x45, 0, 0, 0, 0,   0, 0x40, 0, 64,   6,    0, 0,
						 192,  0, 2, 1, 192, 0, 2,    2, 0x30, 0x39, 0, 80,
						 0,    0, 0, 1, 0,   0, 0,    1, 0x50, 0x10, 1, 0 };
	uint16_t sum;

	memcpy(packet, header, HEADERS);
	packet[2] = (uint8_t)((HEADERS + payload) >> 8);
	packet[3] = (uint8_t)(HEADERS + payload);
	sum = sum_of(packet);
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
}

static int send_all(const struct job *job, int fd)
{
	static uint8_t buffer[sizeof(struct virtio_net_hdr) + FRAME_MAX];
	struct virtio_net_hdr *virtio = (void *)buffer;
	uint8_t *frame = buffer + sizeof(*virtio);
	size_t link = append_link(job, frame), size = link + HEADERS + job->payload;

	append_packet(frame + link, job->payload);
	if (job->segment)
		*virtio = (struct virtio_net_hdr){
			.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
			.hdr_len = (uint16_t)(link + HEADERS),
			.gso_size = (uint16_t)job->segment,
			.csum_start = (uint16_t)(link + 20),
			.csum_offset = 16,
		};
	for (unsigned long i = 0; i < job->count; i++)
		if (write(fd, buffer, sizeof(*virtio) + size) < 0) {
			fprintf(stderr, "tap-frames: write: %s\n", strerror(errno));
			return 1;
		}
	return 0;
}

/* Prints how many were read. */
static int read_all(int fd)
{
	static uint8_t buffer[sizeof(struct virtio_net_hdr) + FRAME_MAX];
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	unsigned long count = 0;

	while (poll(&ready, 1, count ? QUIET_MS : FIRST_MS) > 0 &&
	       read(fd, buffer, sizeof(buffer)) > 0)
		count++;
	printf("%lu\n", count);
	return 0;
}

int main(int argc, char **argv)
{
	struct job job = {};
	bool sends = argc >= 7 && !strcmp(argv[3], "send");
	int fd;

	if (!sends && !(argc == 4 && !strcmp(argv[3], "read")))
		return usage();
	job.interface = argv[1];
	job.tap = !strcmp(argv[2], "tap");
	if (sends) {
		job.count = strtoul(argv[4], NULL, 10);
		job.payload = strtoul(argv[5], NULL, 10);
		job.segment = strtoul(argv[6], NULL, 10);
		job.tagged = argc > 7;
		if (job.payload > FRAME_MAX - HEADERS - 18)
			return usage();
	}
	fd = open_link(&job);
	if (fd < 0)
		return 1;
	return sends ? send_all(&job, fd) : read_all(fd);
}
