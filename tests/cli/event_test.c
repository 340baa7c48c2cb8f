// SPDX-License-Identifier: GPL-2.0-only
/* Events of hand-made records, to the byte. */
#include <errno.h>
#include <sys/socket.h>

#include "guard/event.h"
#include "../tap.h"

static const char MOUNTS[] = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
			     "23 22 8:1 /srv/data /mnt/bind rw - ext4 /dev/sda1 rw\n"
			     "24 22 0:30 / /run rw - tmpfs tmpfs rw\n"
			     "25 22 0:31 /sub /mnt/with\\040blank rw - btrfs /dev/sdb rw\n"
			     "26 22 0:32 / /deep/mount/point rw - tmpfs tmpfs rw\n"
			     "27 22 0:32 / /short rw - tmpfs tmpfs rw\n";

#define DEV(major, minor) ((major) << 20 | (minor))

static bool rule_of(void *context, uint64_t generation, uint32_t atom, struct event_rule *ret_rule)
{
	if (generation != 7 || atom != 3)
		return false;
	*ret_rule = (struct event_rule){ "stay \"out\"", "contractors", "/etc/cordon/policy.d/a.yaml", 7 };
	return true;
}

static struct cordon_event base(void)
{
	struct cordon_event event = {
		.abi = CORDON_ABI, .size = sizeof(event), .kind = CORDON_EVENT_DENY, .op = CORDON_OP_READ,
		.reason = CORDON_REASON_FORBID, .cpu = 1, .rule = 3, .seq = 41, .lost = 2, .ktime = 1500000000, .generation = 7,
		.pid = 812, .tid = 813, .ppid = 800, .uid = 0, .euid = 1001, .gid = 100, .loginuid = 1000, .sessionid = 5,
		.comm = "cat", .file_dev = DEV(8, 1), .file_ino = 77, .exe_dev = DEV(8, 1),
	};

	return event;
}

#define CHAIN(event, member, length, text)                      \
	do {                                                    \
		memcpy((event).member, text, sizeof(text) - 1); \
		(event).length = sizeof(text) - 1;              \
	} while (0)

/* The line, with the system's users and the mounts above; 2026-01-01T00:00:00Z is when the machine booted. */
static char *line_of(const struct cordon_event *event)
{
	struct mount_table *mounts = NULL;
	struct users users = { 0 };
	struct event_names names = { .users = &users, .boot_time = 1767225600000000000LL, .rule = rule_of };
	struct buf out = BUF_INIT;

	CHECK(mount_table_parse(MOUNTS, sizeof(MOUNTS) - 1, &mounts, NULL) == 0);
	names.mounts = mounts;
	CHECK(event_check(event, sizeof(*event)) == 0);
	event_json(event, &names, &out);
	CHECK(!out.failed);
	mount_table_free(mounts);
	return out.data;
}

/* Whether the line holds this part. */
static void has(const struct cordon_event *event, const char *part)
{
	char *line = line_of(event);

	if (!strstr(line, part))
		SAME(line, part);
	free(line);
}

static void whole_file(void)
{
	struct cordon_event event = base();
	char *line;

	CHAIN(event, file, file_len, "key\0payroll\0srv\0");
	CHAIN(event, exe, exe_len, "cat\0bin\0usr\0");
	CHAIN(event, unit, unit_len, "x.service\0system.slice\0");
	line = line_of(&event);
	SAME(line, "{\"version\":1,\"seq\":41,\"cpu\":1,\"lost\":2,\"time\":\"2026-01-01T00:00:01.500000000Z\",\"kind\":\"deny\",\"op\":\"read\","
		   "\"reason\":\"forbid\",\"rule\":\"stay \\\"out\\\"\",\"policy\":\"contractors\","
		   "\"file_line\":\"/etc/cordon/policy.d/a.yaml:7\",\"atom\":3,\"generation\":7,\"pid\":812,\"tid\":813,"
		   "\"ppid\":800,\"uid\":0,\"user\":\"root\",\"euid\":1001,\"gid\":100,\"loginuid\":1000,\"session\":5,"
		   "\"comm\":\"cat\",\"exe\":\"/usr/bin/cat\",\"unit\":\"/system.slice/x.service\","
		   "\"object\":{\"path\":\"/srv/payroll/key\",\"dev\":\"8:1\",\"ino\":77}}");
	free(line);
}

static void reach_v4(void)
{
	struct cordon_event event = base();

	event.op = CORDON_OP_REACH;
	event.family = AF_INET;
	event.type = SOCK_STREAM;
	event.protocol = 6;
	event.port = 443;
	memcpy(event.addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\0\x71\x09", 16);
	has(&event, "\"op\":\"reach\"");
	has(&event, "\"object\":{\"family\":\"inet\",\"type\":\"stream\",\"protocol\":\"tcp\",\"addr\":\"203.0.113.9\",\"port\":443}");
}

static void reach_v6(void)
{
	struct cordon_event event = base();

	event.op = CORDON_OP_REACH;
	event.family = AF_INET6;
	event.type = SOCK_DGRAM;
	event.protocol = 17;
	event.port = 53;
	memcpy(event.addr, "\xfd\0\0\x99\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
	has(&event, "{\"family\":\"inet6\",\"type\":\"dgram\",\"protocol\":\"udp\",\"addr\":\"fd00:99::2\",\"port\":53}");
}

static void reach_unknown(void)
{
	struct cordon_event event = base();

	event.op = CORDON_OP_REACH;
	event.family = AF_VSOCK;
	event.type = SOCK_STREAM;
	event.flags = CORDON_EV_UNKNOWN;
	has(&event, "{\"family\":\"vsock\",\"type\":\"stream\",\"protocol\":\"default\",\"addr\":null,\"port\":null}");
	has(&event, "\"flags\":[\"unknown\"]");
}

static void socket_object(void)
{
	struct cordon_event event = base();

	event.op = CORDON_OP_SOCKET;
	event.family = AF_INET;
	event.type = SOCK_STREAM;
	event.protocol = 262;
	has(&event, "\"object\":{\"family\":\"inet\",\"type\":\"stream\",\"protocol\":\"mptcp\"}");
	event.family = AF_PACKET;
	event.type = SOCK_RAW;
	event.protocol = 768; /* ETH_P_ALL, not a protocol of IP */
	has(&event, "\"object\":{\"family\":\"packet\",\"type\":\"raw\",\"protocol\":\"768\"}");
	event.family = 63;
	event.type = 9;
	has(&event, "{\"family\":\"63\",\"type\":\"9\",\"protocol\":\"768\"}");
}

static void bind_and_accept(void)
{
	struct cordon_event event = base();

	event.op = CORDON_OP_BIND;
	event.family = AF_INET6;
	event.type = SOCK_STREAM;
	event.protocol = 6;
	event.port = 80;
	has(&event, "\"op\":\"bind\"");
	has(&event, "{\"family\":\"inet6\",\"type\":\"stream\",\"protocol\":\"tcp\",\"addr\":\"::\",\"port\":80}");
	event.op = CORDON_OP_ACCEPT;
	has(&event, "\"op\":\"accept\"");
}

static void vsock(void)
{
	static const unsigned char prefix[] = CORDON_VSOCK_ADDR;
	struct cordon_event event = base();

	event.op = CORDON_OP_REACH;
	event.family = AF_VSOCK;
	event.type = SOCK_STREAM;
	event.port = 4000000000u;
	memcpy(event.addr, prefix, sizeof(prefix));
	event.addr[14] = 1;
	event.addr[15] = 2;
	has(&event, "\"family\":\"vsock\",\"type\":\"stream\",\"protocol\":\"default\",\"addr\":\"258\",\"port\":4000000000}");
}

static void unix_peers(void)
{
	struct cordon_event event = base();

	event.op = CORDON_OP_CONNECT;
	CHAIN(event, file, file_len, "x.sock\0run\0");
	has(&event, "\"op\":\"connect\"");
	has(&event, "\"object\":{\"path\":\"/run/x.sock\"");
	event.flags = CORDON_EV_ABSTRACT;
	CHAIN(event, file, file_len, "na\0me/\"");
	has(&event, "\"object\":{\"path\":\"@na@me/\\\"\",\"abstract\":true}}");
}

static void numbers(void)
{
	struct cordon_event event = base();

	event.op = CORDON_OP_CAPABILITY;
	event.number = 13;
	has(&event, "\"op\":\"use\"");
	has(&event, "\"object\":{\"capability\":\"net_raw\"}}");
	event.number = 4711;
	has(&event, "\"object\":{\"capability\":\"4711\"}}");
	event.op = CORDON_OP_KERNEL;
	event.number = CORDON_KERNEL_MOUNT;
	has(&event, "\"op\":\"operate\"");
	has(&event, "\"object\":{\"operation\":\"mount\"}}");
}

/* The longest that can come from the kernel, in bytes that grow most in JSON. */
static bool long_rule(void *context, uint64_t generation, uint32_t atom, struct event_rule *ret_rule)
{
	static char text[5000];

	memset(text, '\001', sizeof(text) - 1);
	*ret_rule = (struct event_rule){ text, text, text, 4294967295u };
	return true;
}

static struct cordon_event longest(unsigned op, char byte)
{
	struct cordon_event event = base();

	event.op = op;
	event.kind = CORDON_EVENT_WOULD_DENY;
	event.reason = CORDON_REASON_TOO_DEEP;
	event.seq = event.lost = event.generation = event.file_ino = UINT64_MAX;
	event.cpu = event.pid = event.tid = event.ppid = event.uid = event.euid = event.gid = event.port = event.number = UINT32_MAX;
	event.loginuid = event.sessionid = event.rule = UINT32_MAX - 1;
	event.file_dev = event.exe_dev = UINT32_MAX;
	event.flags = CORDON_EV_FILE_CUT | CORDON_EV_EXE_CUT | CORDON_EV_UNIT_CUT | CORDON_EV_UNKNOWN | CORDON_EV_KTHREAD;
	event.family = event.type = event.protocol = UINT16_MAX;
	memset(event.addr, 0xee, sizeof(event.addr));
	memset(event.comm, byte, sizeof(event.comm));
	memset(event.file, byte, sizeof(event.file));
	memset(event.exe, byte, sizeof(event.exe));
	memset(event.unit, byte, sizeof(event.unit));
	event.file_len = sizeof(event.file);
	event.exe_len = sizeof(event.exe);
	event.unit_len = sizeof(event.unit);
	return event;
}

static const char *long_host(void *context, const uint8_t addr[16])
{
	static char name[254];

	memset(name, 'h', sizeof(name) - 1);
	return name;
}

static const char *one_host(void *context, const uint8_t addr[16])
{
	return addr[15] == 9 ? context : NULL;
}

/* The name of the policy that holds the address stands beside it. */
static void host(void)
{
	struct event_names names = { .host = one_host, .host_context = (void *)"www.example.org" };
	struct cordon_event event = base();
	struct buf line = BUF_INIT;

	event.op = CORDON_OP_REACH;
	event.family = AF_INET;
	event.type = SOCK_STREAM;
	event.protocol = 6;
	event.port = 443;
	memcpy(event.addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\0\x71\x09", 16);
	event_json(&event, &names, &line);
	CHECK(strstr(buf_str(&line), "\"addr\":\"203.0.113.9\",\"port\":443,\"host\":\"www.example.org\"}"));
	buf_reset(&line);
	event.addr[15] = 8;
	event_json(&event, &names, &line);
	CHECK(strstr(buf_str(&line), "\"addr\":\"203.0.113.8\",\"port\":443}"));
	buf_done(&line);
}

static void never_too_long(void)
{
	static const char bytes[] = { 'x', '\001', '"', '/', '\xff', '\xc3', '\0', '\x80' };

	for (unsigned op = 0; op <= CORDON_OP_COUNT; op++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			struct cordon_event event = longest(op, bytes[i]);
			struct event_names names = { .boot_time = INT64_MAX / 2, .rule = long_rule, .host = long_host };
			struct buf line = BUF_INIT;

			if (op & 1 || i & 1) /* a destination that is known has a name */
				event.flags &= ~(unsigned)CORDON_EV_UNKNOWN;
			event_json(&event, &names, &line);
			if (line.len > EVENT_LINE_MAX)
				printf("# op %u byte %d: %zu: %s\n", op, bytes[i], line.len, line.data);
			CHECK(!line.failed && line.len <= EVENT_LINE_MAX);
			CHECK(line.data[line.len - 1] == '}' && line.data[line.len - 2] != '.');
			buf_done(&line);
		}
	}
}

/* What is cut says so, keeps its end and stays as long as it can be; what fits is not touched. */
static void cut_path(void)
{
	struct cordon_event event = longest(CORDON_OP_READ, 'x');
	char *line;

	event.flags = 0;
	for (size_t i = 20; i < sizeof(event.file); i += 20)
		event.file[i] = '\0';
	event.file[sizeof(event.file) - 1] = '\0';
	memcpy(event.file, "last", 5);
	line = line_of(&event);
	CHECK(strlen(line) <= EVENT_LINE_MAX && strlen(line) > EVENT_LINE_MAX - 8);
	CHECK(strstr(line, "/last\",\"dev\"") && strstr(line, "\"object\":{\"path\":\"...") && strstr(line, "\"path-cut\",\"exe-cut\""));
	free(line);
	event = base();
	CHAIN(event, file, file_len, "\xc3\xa9\0srv\0");
	has(&event, "\"path\":\"/srv/\xc3\xa9\"");
}

static void nobody_logged_in(void)
{
	struct cordon_event event = base();

	event.loginuid = event.sessionid = 0xffffffff;
	event.uid = 4000000000u;
	event.rule = CORDON_RULE_NONE;
	event.reason = CORDON_REASON_TOO_DEEP;
	has(&event, "\"uid\":4000000000,\"user\":null");
	has(&event, "\"loginuid\":null,\"session\":null");
	has(&event, "\"reason\":\"too-deep\",\"rule\":null,\"policy\":null,\"file_line\":null,\"atom\":null");
}

static void other_generation(void)
{
	struct cordon_event event = base();

	event.generation = 6;
	has(&event, "\"rule\":null,\"policy\":null,\"file_line\":null,\"atom\":3,\"generation\":6");
}

static void cut_chains(void)
{
	struct cordon_event event = base();

	CHAIN(event, file, file_len, "leaf\0dir\0");
	CHAIN(event, exe, exe_len, "prog\0");
	CHAIN(event, unit, unit_len, "x.scope\0");
	event.flags = CORDON_EV_FILE_CUT | CORDON_EV_EXE_CUT | CORDON_EV_UNIT_CUT | CORDON_EV_KTHREAD;
	has(&event, "\"path\":\".../dir/leaf\"");
	has(&event, "\"exe\":\".../prog\",\"unit\":\".../x.scope\"");
	has(&event, "\"flags\":[\"path-cut\",\"exe-cut\",\"unit-cut\",\"kernel-thread\"]");
}

static void mounts(void)
{
	struct cordon_event event = base();

	CHAIN(event, file, file_len, "f\0data\0srv\0");
	has(&event, "\"path\":\"/srv/data/f\""); /* the whole file system's mount, not the bind mount */
	event.file_dev = DEV(0, 30);
	CHAIN(event, file, file_len, "s\0user\0");
	has(&event, "\"path\":\"/run/user/s\",\"dev\":\"0:30\"");
	event.file_dev = DEV(0, 31);
	CHAIN(event, file, file_len, "f\0sub\0");
	has(&event, "\"path\":\"/mnt/with blank/f\"");
	CHAIN(event, file, file_len, "f\0other\0"); /* a part that is mounted nowhere */
	has(&event, "\"path\":\"/other/f\",\"dev\":\"0:31\",\"ino\":77,\"inside\":true");
	event.file_dev = DEV(0, 32);
	CHAIN(event, file, file_len, "f\0");
	has(&event, "\"path\":\"/short/f\"");
	event.file_len = 0; /* the root of the file system */
	has(&event, "\"path\":\"/short\"");
	event.file_dev = DEV(8, 1);
	has(&event, "\"path\":\"/\"");
}

static void hostile_names(void)
{
	struct cordon_event event = base();

	CHAIN(event, file, file_len, "a\"b\\\n\x1b[31m\xff\0d\0");
	has(&event, "\"path\":\"/d/a\\\"b\\\\\\n\\u001b[31m");
	memset(event.comm, 'x', sizeof(event.comm)); /* no NUL */
	has(&event, "\"comm\":\"xxxxxxxxxxxxxxxx\"");
	memset(event.file, 'y', sizeof(event.file)); /* no NUL at all, full length */
	event.file_len = sizeof(event.file);
	has(&event, "\"path\":\"/yyyy");
}

static void no_program(void)
{
	struct cordon_event event = base();

	has(&event, "\"exe\":null,\"unit\":\"/\"");
}

static void would_deny(void)
{
	struct cordon_event event = base();

	event.kind = CORDON_EVENT_WOULD_DENY;
	event.reason = CORDON_REASON_CLOSED;
	event.op = CORDON_OP_APPEND;
	has(&event, "\"kind\":\"would-deny\",\"op\":\"append\",\"reason\":\"closed\"");
}

static void bad_records(void)
{
	struct cordon_event event = base();

	CHECK(event_check(&event, sizeof(event)) == 0);
	CHECK(event_check(&event, sizeof(event) - 1) == -EBADMSG);
	event.abi = CORDON_ABI + 1;
	CHECK(event_check(&event, sizeof(event)) == -EBADMSG);
	event = base();
	event.size--;
	CHECK(event_check(&event, sizeof(event)) == -EBADMSG);
	event = base();
	event.file_len = sizeof(event.file) + 1;
	CHECK(event_check(&event, sizeof(event)) == -EBADMSG);
	event = base();
	event.exe_len = 65535;
	CHECK(event_check(&event, sizeof(event)) == -EBADMSG);
	event = base();
	event.unit_len = sizeof(event.unit) + 1;
	CHECK(event_check(&event, sizeof(event)) == -EBADMSG);
}

static const struct tap_case cases[] = {
	{ "a refused read, every member", whole_file },
	{ "an IPv4 destination", reach_v4 },
	{ "the host name of an address", host },
	{ "an IPv6 destination", reach_v6 },
	{ "a destination that cannot be known", reach_unknown },
	{ "a socket; numbers that have no name", socket_object },
	{ "ids that are not set, a uid without name, no rule", nobody_logged_in },
	{ "a rule of a generation that is not remembered", other_generation },
	{ "chains that did not fit", cut_chains },
	{ "paths as the mount table shows them", mounts },
	{ "names made to break the line", hostile_names },
	{ "no program", no_program },
	{ "what an audit rule would have refused", would_deny },
	{ "records that are not believed", bad_records },
	{ "bind, accept", bind_and_accept },
	{ "a vsock destination", vsock },
	{ "a unix socket, by path and by abstract name", unix_peers },
	{ "a capability, an operation on the kernel", numbers },
	{ "no event is as long as 1 KB", never_too_long },
	{ "what is too long is cut, and says so", cut_path },
};
TAP_MAIN(cases)
