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
static const char *const reasons[] = { NULL, "forbid", "closed", "too-deep", "name", "memory", "tables" };
static const struct number_name flag_names[] = {
	{ CORDON_EV_FILE_CUT, "path-cut" }, { CORDON_EV_EXE_CUT, "exe-cut" }, { CORDON_EV_UNIT_CUT, "unit-cut" },
	{ CORDON_EV_UNKNOWN, "unknown" }, { CORDON_EV_KTHREAD, "kernel-thread" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* A file's path as a JSON string; true when it could only be told from inside its file system. */
static bool add_path(struct buf *out, const struct event_names *names, uint32_t dev, const char *chain, size_t len, bool cut)
{
	struct buf inside = BUF_INIT, path = BUF_INIT;
	bool known;

	chain_path(chain, len, cut, &inside);
	known = !cut && names->mounts && places_path(names->mounts, dev, buf_str(&inside), &path);
	buf_json(out, known ? buf_str(&path) : buf_str(&inside));
	buf_done(&inside);
	buf_done(&path);
	return !known;
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

static void add_address(struct buf *out, const struct cordon_event *event)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];

	if (event->flags & CORDON_EV_UNKNOWN) {
		buf_puts(out, ",\"addr\":null,\"port\":null");
		return;
	}
	if (memcmp(event->addr, mapped, sizeof(mapped)) == 0)
		inet_ntop(AF_INET, event->addr + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, event->addr, text, sizeof(text));
	buf_printf(out, ",\"addr\":\"%s\",\"port\":%u", text, event->port);
}

static void add_object(struct buf *out, const struct cordon_event *event, const struct event_names *names)
{
	bool inside;

	buf_puts(out, ",\"object\":{");
	if (event->op < CORDON_OP_COUNT && CORDON_OPS_FILE >> event->op & 1) {
		buf_puts(out, "\"path\":");
		inside = add_path(out, names, event->file_dev, event->file, event->file_len, event->flags & CORDON_EV_FILE_CUT);
		buf_printf(out, ",\"dev\":\"%u:%u\",\"ino\":%llu", event->file_dev >> 20, event->file_dev & 0xfffff,
			   (unsigned long long)event->file_ino);
		if (inside)
			buf_puts(out, ",\"inside\":true");
	} else {
		add_socket(out, event);
		if (event->op < CORDON_OP_COUNT && CORDON_OPS_NET >> event->op & 1)
			add_address(out, event);
	}
	buf_putc(out, '}');
}

static void add_rule(struct buf *out, const struct cordon_event *event, const struct event_names *names)
{
	struct event_rule rule = { 0 };
	char place[512];

	if (event->rule != CORDON_RULE_NONE && names->rule)
		(void)names->rule(names->context, event->generation, event->rule, &rule);
	add_text(out, "rule", rule.name);
	add_text(out, "policy", rule.policy);
	if (rule.file)
		snprintf(place, sizeof(place), "%s:%u", rule.file, rule.line);
	add_text(out, "file_line", rule.file ? place : NULL);
	add_id(out, "atom", event->rule);
	add_number(out, "generation", event->generation);
}

static void add_subject(struct buf *out, const struct cordon_event *event, const struct event_names *names)
{
	struct buf unit = BUF_INIT;
	char comm[CORDON_COMM + 1] = "";

	add_number(out, "pid", event->pid);
	add_number(out, "tid", event->tid);
	add_number(out, "ppid", event->ppid);
	add_number(out, "uid", event->uid);
	add_text(out, "user", names->users ? users_name(names->users, event->uid) : NULL);
	add_number(out, "euid", event->euid);
	add_number(out, "gid", event->gid);
	add_id(out, "loginuid", event->loginuid);
	add_id(out, "session", event->sessionid);
	memcpy(comm, event->comm, CORDON_COMM);
	add_text(out, "comm", comm);
	buf_puts(out, ",\"exe\":");
	if (event->exe_len)
		(void)add_path(out, names, event->exe_dev, event->exe, event->exe_len, event->flags & CORDON_EV_EXE_CUT);
	else
		buf_puts(out, "null");
	chain_path(event->unit, event->unit_len, event->flags & CORDON_EV_UNIT_CUT, &unit);
	add_text(out, "unit", buf_str(&unit));
	buf_done(&unit);
}

static void add_flags(struct buf *out, unsigned flags)
{
	bool first = true;

	if (!flags)
		return;
	buf_puts(out, ",\"flags\":[");
	for (size_t i = 0; i < COUNT(flag_names); i++) {
		if (!(flags & flag_names[i].number))
			continue;
		buf_printf(out, "%s\"%s\"", first ? "" : ",", flag_names[i].name);
		first = false;
	}
	buf_putc(out, ']');
}

void event_json(const struct cordon_event *event, const struct event_names *names, struct buf *out)
{
	buf_printf(out, "{\"seq\":%llu,\"cpu\":%u,\"lost\":%llu,\"time\":", (unsigned long long)event->seq, event->cpu,
		   (unsigned long long)event->lost);
	add_time(out, (int64_t)event->ktime + names->boot_time);
	add_text(out, "kind", event->kind == CORDON_EVENT_DENY ? "deny" : "would-deny");
	add_text(out, "op", event_op_name(event->op));
	add_text(out, "reason", event_reason_name(event->reason));
	add_rule(out, event, names);
	add_subject(out, event, names);
	add_object(out, event, names);
	add_flags(out, event->flags);
	buf_puts(out, ",\"schema\":\"cordon.event/1\"}");
}
