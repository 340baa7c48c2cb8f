/* SPDX-License-Identifier: GPL-2.0-only */
/* See random_request.h. */
#include "random_request.h"

#include <string.h>
#include <sys/socket.h>

static void random_subject(struct random *r, struct random_request *q)
{
	struct image_subject *s = &q->subject;

	for (int i = 0; i < 5; i++)
		buf_reset(&q->text[i]);
	random_unit_path(r, &q->text[0]);
	random_path(r, &q->text[1]);
	random_path(r, &q->text[2]);
	*s = (struct image_subject){ .uid = random_id(r), .gids = q->gids, .ngids = 1 + random_below(r, 3),
				     .cgroup = buf_str(&q->text[0]), .program_dev = random_devs[random_below(r, 4)],
				     .program = random_below(r, 10) ? buf_str(&q->text[1]) : NULL };
	for (size_t i = 0; i < s->ngids; i++)
		q->gids[i] = random_id(r);
	s->real_uid = random_below(r, 3) ? s->uid : random_id(r);
	s->login = random_below(r, 3) ? random_id(r) : CORDON_LOGIN_UNSET;
	s->session = random_below(r, CORDON_SESSION_COUNT);
	s->ancestors = q->line;
	s->nancestors = random_below(r, 3);
	for (size_t i = 0; i < 2; i++) {
		random_path(r, &q->text[3 + i]);
		q->line[i] = (struct image_program){ random_below(r, 8) ? buf_str(&q->text[3 + i]) : NULL,
						  random_devs[random_below(r, 4)], 0 };
	}
}

static enum cordon_op one_op(struct random *r, uint32_t ops)
{
	unsigned op;

	do
		op = random_below(r, CORDON_OP_COUNT);
	while (!(ops >> op & 1));
	return (enum cordon_op)op;
}

void random_request(struct random *r, uint32_t ops, struct random_request *q)
{
	static const uint16_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK };
	static const uint16_t types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET };
	static const uint16_t protocols[] = { 0, 1, 6, 17, 47, 58, 132, 262 };
	static const uint32_t numbers[] = { 0, 6, 7, 12, 13, 16, 21, 23, 40, 41 };
	static const char *const abstracts[] = { "x", "a/b", "ab", "xb", "b/a", "y/", "a" };
	struct image_object *o = &q->object;

	random_subject(r, q);
	*o = (struct image_object){ .op = one_op(r, ops), .dev = random_devs[random_below(r, 4)],
				    .path = random_below(r, 10) ? buf_str(&q->text[2]) : NULL,
				    .foreign = !random_below(r, 6),
				    .nameless = !random_below(r, 12), .port = random_port(r),
				    .ipproto = protocols[random_below(r, 8)], .unknown_addr = !random_below(r, 10),
				    .family = families[random_below(r, 6)], .type = types[random_below(r, 4)],
				    .protocol = protocols[random_below(r, 8)] };
	o->number = numbers[random_below(r, sizeof(numbers) / sizeof(numbers[0]))];
	random_addr(r, o->addr);
	if (CORDON_OPS_NET >> o->op & 1 && !random_below(r, 6)) {
		const uint8_t vsock[] = CORDON_VSOCK_ADDR;

		memset(o->addr, 0, sizeof(o->addr));
		memcpy(o->addr, vsock, sizeof(vsock));
		o->addr[15] = (uint8_t)random_below(r, 4);
		/* an address of IPv6 that looks like one of vsock is none */
		o->ipproto = random_below(r, 4) ? CORDON_IPPROTO_VSOCK : 6;
		if (o->ipproto != 6 && !random_below(r, 3))
			o->port = 70000 + random_below(r, 2) * 4000000000u;
	}
	if (o->op == CORDON_OP_CONNECT && !random_below(r, 3)) {
		o->abstract = abstracts[random_below(r, sizeof(abstracts) / sizeof(abstracts[0]))];
		o->abstract_len = strlen(o->abstract);
		o->nameless = false;
	}
}

void random_request_done(struct random_request *q)
{
	for (int i = 0; i < 5; i++)
		buf_done(&q->text[i]);
}
