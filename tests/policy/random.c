/* SPDX-License-Identifier: GPL-2.0-only */
/* See random.h. */
#include "random.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "policy/value.h"

/* splitmix64 */
uint32_t random_below(struct random *r, uint32_t n)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) % n);
}

#define PICK(r, array) ((array)[random_below(r, sizeof(array) / sizeof((array)[0]))])

const char random_mounts[] =
	"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	"2 1 8:17 / /srv rw - ext4 /dev/sdb1 rw\n"
	"3 1 0:30 / /run rw - tmpfs tmpfs rw\n"
	"4 1 8:17 /a/b /home/b rw - ext4 /dev/sdb1 rw\n"
	"5 1 8:1 /home /srv/x rw - ext4 /dev/sda1 rw\n";
const uint32_t random_devs[] = { 8 << 20 | 1, 8 << 20 | 17, 30, 99 };
const size_t random_ndevs = 4;

static const char *const names[] = { "a", "b", "x", "srv", "home", "ab", "a.key", "b.key",
				     "a-name-that-is-longer-than-thirty-two-bytes", "id_rsa" };
static const char *const globs[] = { "*", "a*", "*.key", "?", "[ab]", "[!a]*", "{a,b}", "**", "id_*", "*b*",
				     "{a,x}.{key,b}", "a-name-*" };
static const char *const units[] = { "web.service", "db.service", "user.slice", "session-*.scope", "web*.service",
				     "a-b.slice" };
static const char *const unit_names[] = { "system.slice", "user.slice", "web.service", "web2.service", "db.service",
					  "session-1.scope", "a.slice", "a-b.slice", "user-1.slice", "app" };
static const char *const addrs[] = { "10.0.0.1", "10.0.1.1", "10.128.0.1", "192.0.2.7", "127.0.0.1", "::1",
				     "fd00::1", "fd00:0:0:1::1", "2001:db8::5", "0.0.0.0", "::" };
static const char *const nets[] = { "10.0.0.0/8", "10.0.0.0/24", "10.0.0.1", "10.128.0.0/9", "127.0.0.0/8", "::1/128",
				    "fd00::/8", "fd00::/64", "any", "192.0.2.0/24", "::ffff:10.0.0.0/104", "0.0.0.0/0" };
static const char *const port_lists[] = { "443", "[80, 443]", "[1-1023]", "[8000-8099, 53]", "[1024-65535]", "[443-444]" };
static const char *const protocols[] = { "tcp", "udp", "[tcp, udp]", "sctp", "mptcp", "17" };
static const char *const portless[] = { "icmp", "47" };
static const char *const ids[] = { "0", "1000", "1001", "1000-1002", "alice", "bob", "7" };

void random_path(struct random *r, struct buf *buf)
{
	unsigned depth = random_below(r, 5);

	if (!depth)
		buf_puts(buf, "/");
	while (depth--) {
		buf_puts(buf, "/");
		buf_puts(buf, PICK(r, names));
	}
}

void random_unit_path(struct random *r, struct buf *buf)
{
	unsigned depth = random_below(r, 4);

	if (!depth)
		buf_puts(buf, "/");
	while (depth--) {
		buf_puts(buf, "/");
		buf_puts(buf, PICK(r, unit_names));
	}
}

void random_addr(struct random *r, uint8_t addr[16])
{
	const char *text = PICK(r, addrs);

	memset(addr, 0, 16);
	if (inet_pton(AF_INET6, text, addr) == 1)
		return;
	addr[10] = addr[11] = 0xff;
	inet_pton(AF_INET, text, addr + 12);
}

uint16_t random_port(struct random *r)
{
	static const uint16_t ports[] = { 0, 1, 53, 80, 442, 443, 444, 1023, 1024, 8000, 8099, 8100, 65535 };

	return PICK(r, ports);
}

uint32_t random_id(struct random *r)
{
	static const uint32_t numbers[] = { 0, 7, 1000, 1001, 1002, 1003, 65534 };

	return PICK(r, numbers);
}

static void random_glob(struct random *r, struct buf *text)
{
	unsigned depth = 1 + random_below(r, 4);

	buf_puts(text, "\"");
	while (depth--) {
		buf_puts(text, "/");
		buf_puts(text, random_below(r, 3) ? PICK(r, names) : PICK(r, globs));
	}
	buf_puts(text, "\"");
}

static void random_unit(struct random *r, struct buf *text)
{
	if (random_below(r, 4))
		buf_printf(text, "\"%s\"", PICK(r, units));
	else
		buf_printf(text, "\"/%s/**\"", PICK(r, unit_names));
}

static void random_ids(struct random *r, struct buf *text)
{
	buf_puts(text, PICK(r, ids));
}

typedef void (*item_fn)(struct random *r, struct buf *text);

static void list(struct random *r, struct buf *text, const char *key, item_fn item, unsigned one_in, bool *comma)
{
	unsigned n = 1 + random_below(r, 3);

	if (random_below(r, one_in))
		return;
	buf_printf(text, "%s%s: [", *comma ? ", " : "", key);
	*comma = true;
	for (unsigned i = 0; i < n; i++) {
		buf_puts(text, i ? ", " : "");
		item(r, text);
	}
	buf_puts(text, "]");
}

static void random_login(struct random *r, struct buf *text)
{
	buf_puts(text, random_below(r, 3) ? PICK(r, ids) : "unset");
}

static void random_session(struct random *r, struct buf *text)
{
	buf_puts(text, value_sessions[random_below(r, 4)].name);
}

/* Some of them; @guard: RANDOM_GUARD in any case. */
static void subjects(struct random *r, struct buf *text, unsigned one_in, uint32_t mask, bool guard)
{
	bool comma = guard;
	size_t start = text->len;

	if (guard)
		buf_printf(text, "services: [\"" RANDOM_GUARD "/**\"%s]", random_below(r, one_in) ? "" : ", db.service");

	list(r, text, "users", random_ids, one_in, &comma);
	list(r, text, "groups", random_ids, one_in, &comma);
	if (mask & RANDOM_LOGINS) {
		list(r, text, "real-users", random_ids, one_in * 2, &comma);
		list(r, text, "login", random_login, one_in * 2, &comma);
		list(r, text, "session", random_session, one_in * 2, &comma);
	}
	if (mask & RANDOM_ANCESTORS)
		list(r, text, "ancestors", random_glob, one_in * 2, &comma);
	if (!guard)
		list(r, text, "services", random_unit, one_in, &comma);
	list(r, text, "programs", random_glob, one_in, &comma);
	if (text->len == start)
		buf_puts(text, "users: [1000]");
}

static void destination(struct random *r, struct buf *text)
{
	static const char *const cids[] = { "any", "host", "3", "[1, 2]" };
	bool ports = !random_below(r, 2);

	if (!random_below(r, 8)) {
		buf_printf(text, "{vsock: %s", PICK(r, cids));
		if (ports)
			buf_printf(text, ", ports: %s", random_below(r, 2) ? PICK(r, port_lists) : "[1024-, 22]");
		buf_puts(text, "}");
		return;
	}
	buf_printf(text, "{net: \"%s\"", PICK(r, nets));
	if (ports)
		buf_printf(text, ", ports: %s", PICK(r, port_lists));
	if (!random_below(r, 2))
		buf_printf(text, ", protocol: %s", ports || random_below(r, 3) ? PICK(r, protocols) : PICK(r, portless));
	buf_puts(text, "}");
}

static const char *const host_names[] = { "one.example", "many.example", "none.example", "past.example", "unknown.example" };

static void destination_or_host(struct random *r, struct buf *text)
{
	if (random_below(r, 3)) {
		destination(r, text);
		return;
	}
	buf_printf(text, "{host: %s", PICK(r, host_names));
	if (random_below(r, 2))
		buf_printf(text, ", ports: %s", PICK(r, port_lists));
	else if (random_below(r, 2))
		buf_printf(text, ", protocol: %s", PICK(r, protocols));
	buf_puts(text, "}");
}

void random_hosts(struct random *r, struct hosts *ret_hosts)
{
	static const unsigned most[] = { 1, 12, 0, 4 };
	uint8_t addr[16];

	*ret_hosts = (struct hosts){ 0 };
	for (unsigned i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		struct host *host = hosts_add(ret_hosts, host_names[i]);

		for (unsigned k = 0; host && k < most[i]; k++) {
			random_addr(r, addr);
			(void)host_put(host, addr, i == 3 || (i == 1 && k % 3 == 2) ? HOSTS_PAST : HOSTS_HELD, 0);
		}
	}
}

static void sock(struct random *r, struct buf *text)
{
	static const char *const families[] = { "inet", "inet6", "unix", "packet", "netlink", "vsock" };
	static const char *const types[] = { "stream", "dgram", "raw", "seqpacket" };

	const char *family = PICK(r, families);

	buf_printf(text, "{family: %s", family);
	if (random_below(r, 2))
		buf_printf(text, ", type: %s", PICK(r, types));
	if (!strncmp(family, "inet", 4) && !random_below(r, 3))
		buf_printf(text, ", protocol: %s", random_below(r, 2) ? "tcp" : "17");
	buf_puts(text, "}");
}

/* An object of a rule: list of files, or (one time in three, where the rule may connect) an abstract name. */
static void file(struct random *r, struct buf *text)
{
	random_glob(r, text);
}

static void file_or_socket(struct random *r, struct buf *text)
{
	static const char *const abstracts[] = { "*", "a*", "x", "a/b", "*/[ab]", "{x,a/}b", "?" };

	if (random_below(r, 3))
		random_glob(r, text);
	else
		buf_printf(text, "\"unix:@%s\"", PICK(r, abstracts));
}

static void capability(struct random *r, struct buf *text)
{
	static const char *const capabilities[] = { "chown", "NET_RAW", "CAP_SYS_ADMIN", "40", "net_admin" };

	buf_puts(text, PICK(r, capabilities));
}

static void kernel_operation(struct random *r, struct buf *text)
{
	static const char *const kernel_operations[] = { "mount", "bpf", "ptrace", "settime", "io-uring" };

	buf_puts(text, PICK(r, kernel_operations));
}

static void operations(struct random *r, struct buf *text, uint32_t ops)
{
	bool comma = false;

	buf_printf(text, "    %s: [", random_below(r, 2) ? "permit" : "forbid");
	for (const struct value_name *op = value_operations; op->name; op++)
		if (ops >> op->value & 1) {
			buf_printf(text, "%s%s", comma ? ", " : "", op->name);
			comma = true;
		}
	buf_puts(text, "]\n");
}

/* A list of objects on a line of its own. */
static void objects(struct random *r, struct buf *text, const char *key, item_fn item)
{
	bool comma = false;

	buf_puts(text, "    ");
	list(r, text, key, item, 1, &comma);
	buf_puts(text, "\n");
}

static void exceptions(struct random *r, struct buf *text, uint32_t ops, uint32_t mask)
{
	item_fn peer = mask & RANDOM_HOSTS ? destination_or_host : destination;
	bool comma = false;

	if (!(ops & (CORDON_OPS_FILE | CORDON_OPS_NET)) || random_below(r, 3))
		return;
	buf_puts(text, "    except: {");
	if (ops & CORDON_OPS_FILE)
		list(r, text, "files", file, 1, &comma);
	if (ops >> CORDON_OP_REACH & 1)
		list(r, text, "to", peer, 1, &comma);
	if (ops >> CORDON_OP_BIND & 1)
		list(r, text, "at", destination, 1, &comma);
	if (ops >> CORDON_OP_ACCEPT & 1)
		list(r, text, "from", peer, 1, &comma);
	buf_puts(text, "}\n");
}

/* Some operations of a mask: each is as likely as not, at least one. */
static uint32_t choose(struct random *r, uint32_t mask)
{
	uint32_t ops = 0, named = 0;

	for (const struct value_name *op = value_operations; op->name; op++)
		named |= 1u << op->value;
	mask &= named;

	while (!ops)
		for (unsigned op = 0; op < CORDON_OP_COUNT; op++)
			if (mask >> op & 1 && !random_below(r, 2))
				ops |= 1u << op;
	return ops;
}

static void rule(struct random *r, struct buf *text, unsigned number, uint32_t mask)
{
	item_fn peer = mask & RANDOM_HOSTS ? destination_or_host : destination;
	uint32_t ops = choose(r, mask);
	bool guarded = mask & RANDOM_GUARDED && ops & (1u << CORDON_OP_CAPABILITY | 1u << CORDON_OP_KERNEL | 1u << CORDON_OP_CREATE);

	buf_printf(text, "  - rule: rule %u\n", number);
	if (!random_below(r, 4))
		buf_puts(text, "    mode: audit\n");
	if (guarded || random_below(r, 4)) {
		buf_puts(text, "    who: {");
		subjects(r, text, 3, mask, false);
		if (guarded || !random_below(r, 3)) {
			buf_puts(text, ", except: {");
			subjects(r, text, guarded ? 12 : 3, mask, guarded);
			buf_puts(text, "}");
		}
		buf_puts(text, "}\n");
	}
	operations(r, text, ops);
	if (ops & CORDON_OPS_FILE && random_below(r, 5))
		objects(r, text, "files", ops >> CORDON_OP_CONNECT & 1 ? file_or_socket : file);
	if (ops >> CORDON_OP_REACH & 1 && random_below(r, 5))
		objects(r, text, "to", peer);
	if (ops >> CORDON_OP_BIND & 1 && random_below(r, 5))
		objects(r, text, "at", destination);
	if (ops >> CORDON_OP_ACCEPT & 1 && random_below(r, 5))
		objects(r, text, "from", peer);
	if (ops >> CORDON_OP_SOCKET & 1 && random_below(r, 3))
		objects(r, text, "sockets", sock);
	if (ops >> CORDON_OP_CAPABILITY & 1 && random_below(r, 5))
		objects(r, text, "capabilities", capability);
	if (ops >> CORDON_OP_KERNEL & 1 && random_below(r, 5))
		objects(r, text, "operations", kernel_operation);
	exceptions(r, text, ops, mask);
}

void random_policy(struct random *r, unsigned nrules, uint32_t ops, struct buf *text)
{
	buf_puts(text, "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: random}\n");
	if (!random_below(r, 4))
		buf_puts(text, "mode: audit\n");
	buf_puts(text, "rules:\n");
	for (unsigned i = 0; i < nrules; i++)
		rule(r, text, i, ops);
}
