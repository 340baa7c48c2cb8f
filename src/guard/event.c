/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event: struct cordon_event -> JSON (event.h).
 */
#include "guard/event.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "guard/places.h"
#include "policy/value.h"

#define NOBODY_LOGGED_IN 0xffffffffu
#define NS_PER_S	 1000000000LL

struct number_name { unsigned number; const char *name; };

static const struct number_name families[] = {
	{ AF_UNSPEC, "unspec" }, { AF_UNIX, "unix" }, { AF_INET, "inet" }, { AF_INET6, "inet6" },
	{ AF_NETLINK, "netlink" }, { AF_PACKET, "packet" }, { AF_KEY, "key" }, { AF_ALG, "alg" },
	{ AF_VSOCK, "vsock" }, { AF_BLUETOOTH, "bluetooth" }, { AF_CAN, "can" }, { AF_TIPC, "tipc" },
	{ AF_RXRPC, "rxrpc" }, { AF_PPPOX, "pppox" }, { AF_RDS, "rds" }, { AF_KCM, "kcm" },
	{ AF_QIPCRTR, "qipcrtr" }, { AF_SMC, "smc" }, { AF_XDP, "xdp" }, { AF_LLC, "llc" },
	{ AF_X25, "x25" }, { AF_AX25, "ax25" }, { AF_NFC, "nfc" }, { AF_PHONET, "phonet" },
	{ AF_IEEE802154, "ieee802154" }, { 45, "mctp" },
};
static const struct number_name types[] = {
	{ SOCK_STREAM, "stream" }, { SOCK_DGRAM, "dgram" }, { SOCK_RAW, "raw" },
	{ SOCK_RDM, "rdm" }, { SOCK_SEQPACKET, "seqpacket" }, { SOCK_DCCP, "dccp" }, { SOCK_PACKET, "packet" },
};
static const struct number_name protocols[] = {
	{ 0, "default" }, { IPPROTO_ICMP, "icmp" }, { IPPROTO_TCP, "tcp" }, { IPPROTO_UDP, "udp" },
	{ IPPROTO_ICMPV6, "icmpv6" }, { IPPROTO_SCTP, "sctp" }, { IPPROTO_UDPLITE, "udplite" },
	{ IPPROTO_DCCP, "dccp" }, { IPPROTO_RAW, "raw" }, { 262, "mptcp" },
};
static const char *const ops[] = { "read", "write", "append", "exec", "reach", "socket", "create", "delete",
				   "attributes", "connect", "bind", "accept", "use", "operate" };
static const char *const reasons[] = { NULL, "forbid", "closed", "too-deep", "name", "memory", "tables", "sender", "program" };
static const struct number_name flag_names[] = {
	{ CORDON_EV_FILE_CUT, "path-cut" }, { CORDON_EV_EXE_CUT, "exe-cut" }, { CORDON_EV_UNIT_CUT, "unit-cut" },
	{ CORDON_EV_UNKNOWN, "unknown" }, { CORDON_EV_KTHREAD, "kernel-thread" },
	{ CORDON_EV_WIRE, "wire" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The most a text takes in the line, in bytes of JSON. */
struct room {
	size_t rule, policy, place, exe, unit, path, host;
};

static const struct room no_limit = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };
/* For a line that would be too long: what names the rule and the subject is cut first, the path gets the rest. */
static const struct room narrow[] = { { 96, 40, 72, 96, 72, 0, 64 }, { 56, 20, 44, 56, 44, 0, 40 } };
#define USER_ROOM 40u
#define PATH_ROOM 120u /* less than this is too little, where the others can be cut more */

/* A line in the making. */
struct line {
	struct buf *out;
	const struct cordon_event *event;
	const struct event_names *names;
	struct room room;
	unsigned flags; /* of the event, and those for what was cut here */
};

const char *event_op_name(unsigned op)
{
	return op < COUNT(ops) ? ops[op] : "unknown";
}

const char *event_reason_name(unsigned reason)
{
	return reason < COUNT(reasons) && reasons[reason] ? reasons[reason] : "unknown";
}

int64_t event_boot_time(void)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (real.tv_sec - boot.tv_sec) * NS_PER_S + (real.tv_nsec - boot.tv_nsec);
}

int event_check(const void *record, size_t size)
{
	const struct cordon_event *event = record;

	/* The ring buffer may round a record up; it never cuts one. */
	if (size < sizeof(*event) || event->abi != CORDON_ABI || event->size != sizeof(*event))
		return -EBADMSG;
	if (event->file_len > sizeof(event->file) || event->exe_len > sizeof(event->exe) ||
	    event->unit_len > sizeof(event->unit))
		return -EBADMSG;
	return 0;
}

static void add_time(struct buf *out, int64_t ns)
{
	time_t seconds = ns / NS_PER_S;
	char text[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(out, "\"%s.%09lldZ\"", text, (long long)(ns % NS_PER_S));
}

static void add_text(struct buf *out, const char *key, const char *value)
{
	buf_printf(out, ",\"%s\":", key);
	buf_json(out, value);
}

/* Where the tail of a text begins whose JSON fits into `room`; not inside a character. */
static const char *tail_of(const char *text, size_t room)
{
	struct buf json = BUF_INIT;
	size_t fits = room + 2 /* with its quotes */, length = strlen(text);

	/* A byte is never shorter in JSON. */
	for (text += length > room ? length - room : 0; *text; text++) {
		if (((unsigned char)*text & 0xc0) == 0x80)
			continue;
		buf_reset(&json);
		buf_json(&json, text);
		if (json.len <= fits)
			break;
	}
	buf_done(&json);
	return text;
}

/* A JSON string of at most `room` bytes; of what is too long the end is told, for that is where paths differ. True: it was
 * cut. */
static bool add_json(struct buf *out, const char *text, size_t room)
{
	struct buf whole = BUF_INIT, cut = BUF_INIT;
	bool fits;

	buf_json(&whole, text);
	fits = !text || room == SIZE_MAX || whole.len <= room + 2;
	if (fits) {
		buf_add(out, buf_str(&whole), whole.len);
	} else {
		buf_printf(&cut, "...%s", tail_of(text, room > 3 ? room - 3 : 0));
		buf_json(out, buf_str(&cut));
	}
	out->failed = out->failed || whole.failed || cut.failed;
	buf_done(&whole);
	buf_done(&cut);
	return !fits;
}

static void add_number(struct buf *out, const char *key, uint64_t value)
{
	buf_printf(out, ",\"%s\":%" PRIu64, key, value);
}

static void add_id(struct buf *out, const char *key, uint32_t value)
{
	if (value == NOBODY_LOGGED_IN)
		buf_printf(out, ",\"%s\":null", key);
	else
		add_number(out, key, value);
}

/* "key\0payroll\0srv\0" -> "/srv/payroll/key"; `cut`: the topmost directories are missing. */
static void chain_path(const char *chain, size_t len, bool cut, struct buf *out)
{
	size_t end = len;

	if (cut)
		buf_puts(out, "...");
	while (end > 0 && chain[end - 1] == '\0') {
		size_t start = end - 1;

		while (start > 0 && chain[start - 1] != '\0')
			start--;
		buf_putc(out, '/');
		buf_add(out, chain + start, end - 1 - start);
		end = start;
	}
	/* A last name without its NUL is damage; show what is there. */
	if (end > 0) {
		buf_putc(out, '/');
		buf_add(out, chain, strnlen(chain, end));
	}
	if (!out->len || (cut && out->len == 3))
		buf_putc(out, '/');
}

/* A file's path as a JSON string. *ret_inside: it could only be told from inside its file system. True: it was cut here. */
static bool add_path(struct line *line, uint32_t dev, const char *chain, size_t len, bool cut, size_t room, bool *ret_inside)
{
	const struct mount_table *mounts = line->names->mounts;
	struct buf inside = BUF_INIT, path = BUF_INIT;
	bool known, cut_here;

	chain_path(chain, len, cut, &inside);
	known = !cut && mounts && places_path(mounts, dev, buf_str(&inside), &path);
	cut_here = add_json(line->out, known ? buf_str(&path) : buf_str(&inside), room);
	buf_done(&inside);
	buf_done(&path);
	*ret_inside = !known;
	return cut_here;
}

static void add_named(struct buf *out, const char *key, const struct number_name *list, size_t n, unsigned number)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].number == number) {
			buf_printf(out, "\"%s\":\"%s\"", key, list[i].name);
			return;
		}
	}
	buf_printf(out, "\"%s\":\"%u\"", key, number);
}

static void add_socket(struct buf *out, const struct cordon_event *event)
{
	bool ip = event->family == AF_INET || event->family == AF_INET6;

	add_named(out, "family", families, COUNT(families), event->family);
	buf_putc(out, ',');
	add_named(out, "type", types, COUNT(types), event->type);
	buf_putc(out, ',');
	/* Numbers mean protocols of IP only there. */
	add_named(out, "protocol", protocols, ip ? COUNT(protocols) : 1, event->protocol);
}

static void add_number_name(struct buf *out, const struct value_name *table, uint32_t number)
{
	for (; table->name; table++) {
		if ((uint32_t)table->value == number) {
			buf_printf(out, "\"%s\"", table->name);
			return;
		}
	}
	buf_printf(out, "\"%u\"", number);
}

static void add_host(struct line *line)
{
	const struct event_names *names = line->names;
	const char *host = names->host ? names->host(names->host_context, line->event->addr) : NULL;

	if (!host)
		return;
	buf_puts(line->out, ",\"host\":");
	(void)add_json(line->out, host, line->room.host);
}

static void add_address(struct line *line)
{
	const struct cordon_event *event = line->event;
	struct buf *out = line->out;
	static const unsigned char vsock[] = CORDON_VSOCK_ADDR;
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];

	if (event->flags & CORDON_EV_UNKNOWN) {
		buf_puts(out, ",\"addr\":null,\"port\":null");
		return;
	}
	if (memcmp(event->addr, vsock, sizeof(vsock)) == 0) {
		buf_printf(out, ",\"addr\":\"%u\",\"port\":%u",
			   (uint32_t)event->addr[12] << 24 | event->addr[13] << 16 | event->addr[14] << 8 | event->addr[15],
			   event->port);
		return;
	}
	if (memcmp(event->addr, mapped, sizeof(mapped)) == 0)
		inet_ntop(AF_INET, event->addr + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, event->addr, text, sizeof(text));
	buf_printf(out, ",\"addr\":\"%s\",\"port\":%u", text, event->port);
	add_host(line);
}

/* An abstract name has any bytes; NUL is shown as '@', as ss(8) does. */
static void add_abstract(struct line *line)
{
	const struct cordon_event *event = line->event;
	char name[CORDON_CHAIN_FILE + 2] = "@";

	for (size_t i = 0; i < event->file_len; i++)
		name[1 + i] = event->file[i] ? event->file[i] : '@';
	name[1 + event->file_len] = '\0';
	buf_puts(line->out, "\"path\":");
	if (add_json(line->out, name, line->room.path))
		line->flags |= CORDON_EV_FILE_CUT;
	buf_puts(line->out, ",\"abstract\":true");
}

static void add_file(struct line *line)
{
	const struct cordon_event *event = line->event;
	bool inside;

	if (event->flags & CORDON_EV_ABSTRACT) {
		add_abstract(line);
		return;
	}
	buf_puts(line->out, "\"path\":");
	if (add_path(line, event->file_dev, event->file, event->file_len, event->flags & CORDON_EV_FILE_CUT, line->room.path, &inside))
		line->flags |= CORDON_EV_FILE_CUT;
	buf_printf(line->out, ",\"dev\":\"%u:%u\",\"ino\":%llu", event->file_dev >> 20, event->file_dev & 0xfffff,
		   (unsigned long long)event->file_ino);
	if (inside)
		buf_puts(line->out, ",\"inside\":true");
	if (event->file_unsure)
		buf_printf(line->out, ",\"unsure\":%u", event->file_unsure);
}

static void add_object(struct line *line)
{
	const struct cordon_event *event = line->event;
	unsigned op = event->op < CORDON_OP_COUNT ? 1u << event->op : 0;

	buf_puts(line->out, ",\"object\":{");
	if (op & CORDON_OPS_FILE) {
		add_file(line);
	} else if (event->op == CORDON_OP_CAPABILITY || event->op == CORDON_OP_KERNEL) {
		buf_printf(line->out, "\"%s\":", event->op == CORDON_OP_KERNEL ? "operation" : "capability");
		add_number_name(line->out, event->op == CORDON_OP_KERNEL ? value_kernel_operations : value_capabilities,
				event->number);
	} else {
		add_socket(line->out, event);
		if (op & CORDON_OPS_NET)
			add_address(line);
	}
	buf_putc(line->out, '}');
}

static void add_rule(struct line *line)
{
	const struct cordon_event *event = line->event;
	const struct event_names *names = line->names;
	struct event_rule rule = { 0 };
	struct buf place = BUF_INIT;

	if (event->rule != CORDON_RULE_NONE && names->rule)
		(void)names->rule(names->context, event->generation, event->rule, &rule);
	buf_puts(line->out, ",\"rule\":");
	(void)add_json(line->out, rule.name, line->room.rule);
	buf_puts(line->out, ",\"policy\":");
	(void)add_json(line->out, rule.policy, line->room.policy);
	if (rule.file)
		buf_printf(&place, "%s:%u", rule.file, rule.line);
	buf_puts(line->out, ",\"file_line\":");
	(void)add_json(line->out, rule.file ? buf_str(&place) : NULL, line->room.place);
	buf_done(&place);
	add_id(line->out, "atom", event->rule);
	add_number(line->out, "generation", event->generation);
}

static void add_subject(struct line *line)
{
	const struct cordon_event *event = line->event;
	const struct event_names *names = line->names;
	struct buf *out = line->out, unit = BUF_INIT;
	char comm[CORDON_COMM + 1] = "";
	bool inside;

	add_number(out, "pid", event->pid);
	add_number(out, "tid", event->tid);
	add_number(out, "ppid", event->ppid);
	add_number(out, "uid", event->uid);
	buf_puts(out, ",\"user\":");
	(void)add_json(out, names->users ? users_name(names->users, event->uid) : NULL, USER_ROOM);
	add_number(out, "euid", event->euid);
	add_number(out, "gid", event->gid);
	add_id(out, "loginuid", event->loginuid);
	add_id(out, "session", event->sessionid);
	memcpy(comm, event->comm, CORDON_COMM);
	add_text(out, "comm", comm);
	buf_puts(out, ",\"exe\":");
	if (!event->exe_len)
		buf_puts(out, "null");
	else if (add_path(line, event->exe_dev, event->exe, event->exe_len, event->flags & CORDON_EV_EXE_CUT, line->room.exe, &inside))
		line->flags |= CORDON_EV_EXE_CUT;
	if (event->exe_unsure)
		buf_printf(out, ",\"exe_unsure\":%u", event->exe_unsure);
	chain_path(event->unit, event->unit_len, event->flags & CORDON_EV_UNIT_CUT, &unit);
	buf_puts(out, ",\"unit\":");
	if (add_json(out, event->flags & CORDON_EV_WIRE ? NULL : buf_str(&unit), line->room.unit))
		line->flags |= CORDON_EV_UNIT_CUT;
	buf_done(&unit);
}

static void add_flags(struct buf *out, unsigned flags)
{
	const char *before = ",\"flags\":[";

	for (size_t i = 0; i < COUNT(flag_names); i++) {
		if (!(flags & flag_names[i].number))
			continue;
		buf_printf(out, "%s\"%s\"", before, flag_names[i].name);
		before = ",";
	}
	if (*before == ',' && !before[1])
		buf_putc(out, ']');
}

/* Append the line with this room for its texts. */
static void write_line(const struct cordon_event *event, const struct event_names *names, const struct room *room, struct buf *out)
{
	struct line line = { .out = out, .event = event, .names = names, .room = *room, .flags = event->flags };

	buf_printf(out, "{\"version\":%d,\"seq\":%llu,\"cpu\":%u,\"lost\":%llu,\"time\":", EVENT_VERSION,
		   (unsigned long long)event->seq, event->cpu, (unsigned long long)event->lost);
	add_time(out, (int64_t)event->ktime + names->boot_time);
	add_text(out, "kind", event->kind == CORDON_EVENT_DENY ? "deny" : "would-deny");
	add_text(out, "op", event_op_name(event->op));
	add_text(out, "reason", event_reason_name(event->reason));
	add_rule(&line);
	add_subject(&line);
	add_object(&line);
	add_flags(out, line.flags);
	buf_putc(out, '}');
}

void event_json(const struct cordon_event *event, const struct event_names *names, struct buf *out)
{
	struct room room = no_limit;
	size_t start = out->len;

	write_line(event, names, &room, out);
	if (out->failed || out->len - start <= EVENT_LINE_MAX)
		return;
	for (size_t i = 0; i < COUNT(narrow) && (!i || room.path < PATH_ROOM); i++) {
		room = narrow[i];
		out->len = start;
		write_line(event, names, &room, out);
		/* What is left is the path's; what a path without room took ("...") is in it. */
		if (out->len - start < EVENT_LINE_MAX)
			room.path = EVENT_LINE_MAX - (out->len - start) + 3;
	}
	out->len = start;
	write_line(event, names, &room, out);
}
