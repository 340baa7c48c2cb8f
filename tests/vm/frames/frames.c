// SPDX-License-Identifier: GPL-2.0-only
/*
 * frames: one frame with a UDP datagram of TOKEN, made by hand, to all stations of a link. The last word printed is the errno of
 * the step that sends, 0 when it worked; with "open" before it, of the step that makes the socket ready.
 *
 *     frames HOW DEVICE TO PORT UID      UID: become that user when the socket is ready; 0: do not
 *
 *     raw       SOCK_RAW                          dgram     SOCK_DGRAM
 *     ring      a transmit ring in memory         bypass    PACKET_QDISC_BYPASS, past the programs at the device
 *     vlan      a VLAN tag                        tags      two of them
 *     options   an IPv4 header with options       fragment  not the first of a datagram
 *     arp       no IP at all: the datagram in a frame of ARP
 *     sum       a checksum that the kernel fills in, where the address is
 *     tunnel    the protocol of a tunnel, L2TP, instead of UDP's
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOKEN      "TKcordon42"
#define TOKEN_SIZE (sizeof(TOKEN) - 1)
#define FRAME_MAX  256

static const struct {
	const char *name;
	int type, option; /* of SOL_PACKET, set to 1; 0: none */
	unsigned tags, words; /* VLAN tags; words of IPv4 options */
	unsigned protocol, fragment, inside; /* of the frame; word of the IPv4 header; protocol in that */
} hows[] = {
	{ "raw", SOCK_RAW, 0, 0, 0, ETH_P_IP, 0, IPPROTO_UDP },
	{ "dgram", SOCK_DGRAM, 0, 0, 0, ETH_P_IP, 0, IPPROTO_UDP },
	{ "ring", SOCK_RAW, 0, 0, 0, ETH_P_IP, 0, IPPROTO_UDP },
	{ "bypass", SOCK_RAW, PACKET_QDISC_BYPASS, 0, 0, ETH_P_IP, 0, IPPROTO_UDP },
	{ "vlan", SOCK_RAW, 0, 1, 0, ETH_P_IP, 0, IPPROTO_UDP },
	{ "tags", SOCK_RAW, 0, 2, 0, ETH_P_IP, 0, IPPROTO_UDP },
	{ "options", SOCK_RAW, 0, 0, 1, ETH_P_IP, 0, IPPROTO_UDP },
	{ "fragment", SOCK_RAW, 0, 0, 0, ETH_P_IP, 3, IPPROTO_UDP },
	{ "arp", SOCK_RAW, 0, 0, 0, ETH_P_ARP, 0, IPPROTO_UDP },
	{ "sum", SOCK_RAW, PACKET_VNET_HDR, 0, 0, ETH_P_IP, 0, IPPROTO_UDP },
	{ "tunnel", SOCK_RAW, 0, 0, 0, ETH_P_IP, 0, 115 /* L2TP */ },
};

struct frame {
	unsigned char byte[FRAME_MAX];
	size_t size;
};

static void add(struct frame *frame, const void *bytes, size_t size)
{
	memcpy(frame->byte + frame->size, bytes, size);
	frame->size += size;
}

static unsigned short sum_of(const void *bytes, size_t size)
{
	const unsigned short *word = bytes;
	unsigned sum = 0;

	for (size_t i = 0; i < size / 2; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned short)~(sum + (sum >> 16));
}

static void add_datagram(struct frame *frame, size_t how, const char *to, unsigned port)
{
	struct { struct iphdr ip; unsigned option[1]; } head = {
		.ip = { .version = 4, .ihl = 5 + hows[how].words, .ttl = 9, .protocol = hows[how].inside, .frag_off = htons(hows[how].fragment),
			.tot_len = htons(20 + 4 * hows[how].words + 8 + TOKEN_SIZE), .saddr = inet_addr("10.99.0.1") },
		.option = { htonl(0x01010101) }, /* nothing */
	};
	const struct udphdr udp = { .dest = htons(port), .source = htons(port), .len = htons(8 + TOKEN_SIZE) };

	inet_pton(AF_INET, to, &head.ip.daddr);
	head.ip.check = sum_of(&head, head.ip.ihl * 4);
	add(frame, &head, head.ip.ihl * 4);
	add(frame, &udp, sizeof(udp));
	add(frame, TOKEN, TOKEN_SIZE);
}

static struct frame make_frame(size_t how, const char *to, unsigned port)
{
	/* What is to be summed up and where the sum goes: all from the header's middle on, into the low half of its address. */
	const struct virtio_net_hdr fill = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 20, .csum_offset = 12 };
	const unsigned char all[6] = { 255, 255, 255, 255, 255, 255 }, me[6] = { 2, 0, 0, 0, 0, 1 };
	const unsigned short tag[2] = { htons(ETH_P_8021Q), htons(7) }, type = htons(hows[how].protocol);
	struct frame frame = { .size = 0 };

	if (hows[how].option == PACKET_VNET_HDR)
		add(&frame, &fill, sizeof(fill));
	if (hows[how].type == SOCK_RAW) {
		add(&frame, all, sizeof(all));
		add(&frame, me, sizeof(me));
		for (unsigned i = 0; i < hows[how].tags; i++)
			add(&frame, tag, sizeof(tag));
		add(&frame, &type, sizeof(type));
	}
	add_datagram(&frame, how, to, port);
	return frame;
}

/* The frame into the ring's memory; what is sent then has no data. */
static int fill_ring(int fd, struct frame *frame)
{
	struct tpacket_req request = { .tp_block_size = 4096, .tp_block_nr = 1, .tp_frame_size = 2048, .tp_frame_nr = 2 };
	int version = TPACKET_V1;
	struct tpacket_hdr *slot;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &request, sizeof(request)))
		return -1;
	slot = mmap(NULL, request.tp_block_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (slot == MAP_FAILED)
		return -1;
	memcpy((char *)slot + TPACKET_HDRLEN - sizeof(struct sockaddr_ll), frame->byte, frame->size);
	slot->tp_len = frame->size;
	slot->tp_status = TP_STATUS_SEND_REQUEST;
	frame->size = 0;
	return 0;
}

static int end(const char *step, long result)
{
	printf("%s%d\n", step, result < 0 ? errno : 0);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = 6, .sll_addr = { 255, 255, 255, 255, 255, 255 } };
	size_t how = 0;
	struct frame frame;
	int fd, on = 1;
	uid_t uid;

	while (argc == 6 && how < sizeof(hows) / sizeof(hows[0]) && strcmp(argv[1], hows[how].name) != 0)
		how++;
	if (argc != 6 || how == sizeof(hows) / sizeof(hows[0])) {
		fprintf(stderr, "usage: frames HOW DEVICE TO PORT UID\n");
		return 2;
	}
	to.sll_protocol = htons(hows[how].protocol);
	to.sll_ifindex = (int)if_nametoindex(argv[2]);
	uid = (uid_t)atoi(argv[5]);
	frame = make_frame(how, argv[3], (unsigned)atoi(argv[4]));
	fd = socket(AF_PACKET, hows[how].type, 0);
	if (fd < 0 || (hows[how].option && setsockopt(fd, SOL_PACKET, hows[how].option, &on, sizeof(on))) ||
	    (strcmp(argv[1], "ring") == 0 && fill_ring(fd, &frame)))
		return end("open ", -1);
	if (uid && setresuid(uid, uid, uid))
		return end("open ", -1);
	return end("", sendto(fd, frame.size ? frame.byte : NULL, frame.size, 0, (struct sockaddr *)&to, sizeof(to)));
}
