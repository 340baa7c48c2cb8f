// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF object alone, without compiler and daemon: does it load and attach on this kernel, in time, and do its hooks
 * decide a policy that is written into the tables by hand? One process per fact; prints TAP. Runs as root in tools/vm.
 *
 *     load OBJECT            the tests
 *     load --trace OBJECT    load with the verifier's log; TRACE=1 shows it, ONLY=cordon_NAME,... loads only these
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cordon/abi.h>

#include "guard/attach.h"
#include "guard/core.h"
#include "guard/target.h"
#include "guard/types.h"
#include "hand.h"

static void slot_put(struct bpf_object *object, const char *name, __u32 slot, int inner)
{
	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, name), &slot, &inner, BPF_ANY))
		printf("Bail out! %s: %s\n", name, strerror(errno)), exit(1);
	close(inner);
}

static struct cordon_state *state;

static void publish(struct bpf_object *object, __u64 generation)
{
	__u32 slot = generation & 1;

	slot_put(object, "meta_of", slot, make_meta(generation));
	slot_put(object, "sets_of", slot, make_set_table());
	slot_put(object, "values_of", slot, make_values());
	slot_put(object, "prefixes_of", slot, make_prefixes());
	slot_put(object, "names_of", slot, make_names());
	slot_put(object, "states_of", slot, make_states());
	slot_put(object, "bytes_of", slot, make_bytes());
	slot_put(object, "roots_of", slot, make_roots());
	__atomic_store_n(&state->current, generation << 1 | slot, __ATOMIC_RELEASE);
}

/* ---- cases ---------------------------------------------------------------------------------------- */

static unsigned count, failed;

static void ok(bool good, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("%sok %u - ", good ? "" : "not ", ++count);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	failed += !good;
	fflush(stdout);
}

/* Who a case runs as. */
struct who {
	uid_t uid;
	gid_t group;        /* supplementary, 0 = none */
	const char *cgroup; /* NULL = where it is */
};

/* Run `act` in a child as `who`; its result is 0 or an errno. */
static int as(struct who who, int (*act)(const void *), const void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (who.cgroup) {
			int fd = open(who.cgroup, O_WRONLY);

			if (write(fd, "0", 1) != 1)
				_exit(250);
			close(fd);
		}
		/* Still root: the subject of root is made, and must not stay. */
		close(open(ROOT "/plain/f", O_RDONLY));
		if (setgroups(who.group != 0, &who.group) || setgid(who.uid) || setuid(who.uid))
			_exit(251);
		_exit(act(arg));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

struct opening { const char *path; int flags; };

static int act_open(const void *arg)
{
	const struct opening *o = arg;

	return open(o->path, o->flags, 0600) < 0 ? errno : 0;
}

static int act_exec(const void *arg)
{
	execl(arg, arg, (char *)NULL);
	return errno;
}

static void opens(struct who who, int flags, const char *path, int want, const char *what)
{
	struct opening o = { path, flags };
	int got = as(who, act_open, &o);

	ok(got == want, "%s%s%s", what, got == want ? "" : ": ", got == want ? "" : strerror(got));
}

struct target { const char *addr; int port, type, how; };
enum { HOW_CONNECT, HOW_SENDTO, HOW_MAPPED, HOW_UNSPEC, HOW_CORK, HOW_RTHDR, HOW_CMSG, HOW_V6 };

static socklen_t address_of(const struct target *t, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (void *)ret;
	struct sockaddr_in6 *in6 = (void *)ret;

	memset(ret, 0, sizeof(*ret));
	if (strchr(t->addr, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(t->port);
		inet_pton(AF_INET6, t->addr, &in6->sin6_addr);
		return sizeof(*in6);
	}
	in->sin_family = t->how == HOW_UNSPEC ? AF_UNSPEC : AF_INET;
	in->sin_port = htons(t->port);
	inet_pton(AF_INET, t->addr, &in->sin_addr);
	return sizeof(*in);
}

static int act_net(const void *arg)
{
	const struct target *t = arg;
	struct sockaddr_storage to, good;
	socklen_t len = address_of(t, &to), good_len;
	int fd = socket(strchr(t->addr, ':') ? AF_INET6 : AF_INET, t->type, 0);

	if (fd < 0)
		return errno;
	if (t->how == HOW_CORK) {
		struct target g = { "127.0.0.3", t->port, t->type, 0 };

		good_len = address_of(&g, &good);
		if (sendto(fd, "a", 1, MSG_MORE, (void *)&good, good_len) < 0)
			return 200;
	}
	if (t->how == HOW_RTHDR) {
		/* type 4 (SRv6), one segment */
		unsigned char header[24] = { 0, 2, 4, 0, 0, 0, 0, 0, [23] = 1 };

		if (setsockopt(fd, IPPROTO_IPV6, 57, header, sizeof(header)))
			return 201;
	}
	if (t->type == SOCK_STREAM || t->how == HOW_CONNECT)
		return connect(fd, (void *)&to, len) < 0 && errno != ECONNREFUSED ? errno : 0;
	return sendto(fd, "x", 1, 0, (void *)&to, len) < 0 && errno != ECONNREFUSED ? errno : 0;
}

static void nets(uid_t uid, struct target t, int want, const char *what)
{
	int got = as((struct who){ uid }, act_net, &t);

	ok(got == want, "%s%s%s", what, got == want ? "" : ": ", got == want ? "" : strerror(got));
}

struct triple { int family, type, protocol; };

static int act_socket(const void *arg)
{
	const struct triple *t = arg;

	return socket(t->family, t->type, t->protocol) < 0 ? errno : 0;
}

static void test_sockets(void)
{
	struct triple inet = { AF_INET, SOCK_STREAM, 0 }, dgram = { AF_INET, SOCK_DGRAM, 0 },
		      local = { AF_UNIX, SOCK_STREAM, 0 };

	ok(as((struct who){ UID_B }, act_socket, &inet) == 0, "socket: the permitted triple");
	ok(as((struct who){ UID_B }, act_socket, &dgram) == EPERM, "socket: another type is closed");
	ok(as((struct who){ UID_B }, act_socket, &local) == EPERM, "socket: another family is closed");
	ok(as((struct who){ UID_A }, act_socket, &dgram) == 0, "socket: open to who has no permit");
}

/* A socket that was connected before the policy: written to by sendfile, splice's way. Set up by main(). */
static int early_socket = -1, early_file = -1;

static int act_sendfile(const void *arg)
{
	off_t at = 0;

	return sendfile(early_socket, early_file, &at, 1) < 0 ? errno : 0;
}

static int act_send(const void *arg)
{
	return send(early_socket, "x", 1, MSG_NOSIGNAL) < 0 ? errno : 0;
}

static int act_decoy(const void *arg)
{
	struct target t = { "127.0.0.3", 7, SOCK_STREAM, 0 };
	struct sockaddr_storage to;
	socklen_t len = address_of(&t, &to);

	return sendto(early_socket, "x", 1, MSG_NOSIGNAL, (void *)&to, len) < 0 ? errno : 0;
}

static void test_net(void)
{
	nets(UID_A, (struct target){ "127.0.0.2", 7, SOCK_STREAM, HOW_CONNECT }, EPERM, "connect: forbidden address");
	nets(UID_A, (struct target){ "127.0.0.3", 7, SOCK_STREAM, HOW_CONNECT }, 0, "connect: another address");
	nets(UID_A, (struct target){ "127.0.0.3", 999, SOCK_STREAM, HOW_CONNECT }, EPERM, "connect: forbidden port");
	nets(UID_B, (struct target){ "127.0.0.2", 7, SOCK_STREAM, HOW_CONNECT }, 0, "connect: who has no rule");
	nets(UID_A, (struct target){ "::ffff:127.0.0.2", 7, SOCK_STREAM, HOW_CONNECT }, EPERM, "connect: mapped address");
	nets(UID_A, (struct target){ "127.0.0.2", 7, SOCK_DGRAM, HOW_SENDTO }, EPERM, "sendto: forbidden address");
	nets(UID_A, (struct target){ "127.0.0.3", 7, SOCK_DGRAM, HOW_SENDTO }, 0, "sendto: another address");
	nets(UID_A, (struct target){ "127.0.0.2", 7, SOCK_DGRAM, HOW_UNSPEC }, EPERM, "sendto: AF_UNSPEC is IPv4 there");
	nets(UID_A, (struct target){ "::ffff:127.0.0.2", 7, SOCK_DGRAM, HOW_SENDTO }, EPERM, "sendto: mapped address");
	nets(UID_A, (struct target){ "127.0.0.2", 7, SOCK_DGRAM, HOW_CORK }, EPERM, "sendto: forbidden after a cork");
	nets(UID_A, (struct target){ "::1", 7, SOCK_DGRAM, HOW_SENDTO }, EPERM, "sendto: forbidden IPv6");
	nets(UID_A, (struct target){ "::", 7, SOCK_DGRAM, HOW_SENDTO }, EPERM, "sendto: any is this machine");
	nets(UID_A, (struct target){ "::2", 7, SOCK_DGRAM, HOW_RTHDR }, EPERM, "sendto: a routing header is unknown");
	ok(as((struct who){ UID_A }, act_send, NULL) == EPERM, "send: on a socket connected before");
	ok(as((struct who){ UID_A }, act_decoy, NULL) == EPERM, "sendto: a decoy does not hide the peer");
	ok(as((struct who){ UID_A }, act_sendfile, NULL) == EPERM, "sendfile: to a socket");
	ok(as((struct who){ UID_B }, act_sendfile, NULL) == 0, "sendfile: who has no rule");
}

static void test_files(const char *root, const char *fs)
{
	struct who a = { UID_A }, b = { UID_B };
	char path[256];

#define AT(name) (snprintf(path, sizeof(path), "%s/%s", root, name), path)
	printf("# files on %s\n", fs);
	opens(a, O_RDONLY, AT("secret/f"), EACCES, "open: forbidden to read");
	opens(a, O_RDONLY, AT("secret/f"), EACCES, "open: forbidden again");
	opens(a, O_WRONLY, AT("secret/f"), 0, "open: writing is not forbidden");
	opens(a, O_RDWR, AT("secret/f"), EACCES, "open: both, one of them forbidden");
	opens(b, O_RDONLY, AT("secret/f"), 0, "open: who has no rule");
	opens(a, O_RDONLY, AT("secret/deep/er/f"), EACCES, "open: beneath");
	opens(a, O_RDONLY, AT("secret"), EACCES, "open: the directory itself");
	opens(a, O_RDONLY, AT("plain/f"), 0, "open: elsewhere");
	opens(a, O_RDONLY, AT("plain/link"), EACCES, "open: by a symbolic link");
	opens(a, O_RDONLY, AT("gxxb/f"), EACCES, "open: a glob matches");
	opens(a, O_RDONLY, AT("gxxc/f"), 0, "open: a glob does not match");
	opens(b, O_WRONLY, AT("open/f"), 0, "open: permitted to write");
	opens(b, O_WRONLY | O_APPEND, AT("open/f"), 0, "open: permitted to append");
	opens(b, O_WRONLY, AT("plain/f"), EACCES, "open: closed by a permit");
	opens(b, O_WRONLY | O_APPEND, AT("plain/f"), EACCES, "open: appending closed by a permit");
	opens(b, O_RDONLY | O_TRUNC, AT("plain/f"), EACCES, "open: O_TRUNC is writing");
	opens(b, O_RDONLY, AT("plain/f"), 0, "open: reading is not closed");
	opens(a, O_RDONLY, AT("audit/f"), 0, "open: a rule in audit refuses nothing");
	opens((struct who){ 1002, 2000 }, O_RDONLY, AT("group/f"), EACCES, "open: forbidden to a supplementary group");
	opens((struct who){ 1002 }, O_RDONLY, AT("group/f"), 0, "open: not in the group");
	opens((struct who){ 1002, 0, "/sys/fs/cgroup/svc/inner/cgroup.procs" }, O_RDONLY, AT("unit/f"), EACCES,
	      "open: forbidden to a service");
	opens((struct who){ 1002 }, O_RDONLY, AT("unit/f"), 0, "open: not in the service");
	ok(as(a, act_exec, AT("noexec/true")) == EACCES, "exec: forbidden");
	ok(as(a, act_exec, AT("plain/true")) == 0, "exec: elsewhere");
	ok(as(b, act_exec, AT("noexec/true")) == 0, "exec: who has no rule");
	ok(as(a, act_exec, AT("plain/script")) == EACCES, "exec: an interpreter that is forbidden");
}

/* What is kept with the inode must not outlive a move. */
static void test_moves(const char *root)
{
	char from[256], to[256];

	snprintf(from, sizeof(from), "%s/plain/m", root);
	snprintf(to, sizeof(to), "%s/secret/m", root);
	close(open(from, O_CREAT | O_RDWR, 0666));
	chmod(from, 0666);
	for (int i = 0; i < 2; i++)
		opens((struct who){ UID_A }, O_RDONLY, from, 0, "move: before");
	rename(from, to);
	opens((struct who){ UID_A }, O_RDONLY, to, EACCES, "move: a file into the tree");
	rename(to, from);
	opens((struct who){ UID_A }, O_RDONLY, from, 0, "move: and out of it");
	opens((struct who){ UID_A }, O_RDONLY, from, 0, "move: kept");
	if (link(from, to) || unlink(from))
		ok(false, "move: link");
	opens((struct who){ UID_A }, O_RDONLY, to, EACCES, "move: by link and unlink");
	unlink(to);
	snprintf(from, sizeof(from), "%s/plain/d", root);
	snprintf(to, sizeof(to), "%s/secret/d", root);
	mkdir(from, 0755);
	strcat(from, "/f");
	close(open(from, O_CREAT | O_RDWR, 0644));
	for (int i = 0; i < 2; i++)
		opens((struct who){ UID_A }, O_RDONLY, from, 0, "move: in a directory, before");
	from[strlen(from) - 2] = '\0';
	rename(from, to);
	strcat(to, "/f");
	opens((struct who){ UID_A }, O_RDONLY, to, EACCES, "move: of its directory");
	unlink(to);
	to[strlen(to) - 2] = '\0';
	rmdir(to);
}

static int act_run(const void *arg)
{
	const char *const *argv = arg;

	execv(argv[0], (char *const *)argv);
	return errno;
}

static void test_program(void)
{
	const char *const as_prog[] = { ROOT "/prog", "--open", ROOT "/psecret/f", NULL };
	const char *const other[] = { ROOT "/other", "--open", ROOT "/psecret/f", NULL };

	ok(as((struct who){ 1002 }, act_run, as_prog) == EACCES, "program: forbidden to it");
	ok(as((struct who){ 1002 }, act_run, other) == 0, "program: another with the same content");
}

static int act_deep(const void *arg)
{
	if (chdir(ROOT "/secret"))
		return 200;
	for (int i = 0; i < 140; i++)
		if (chdir("d"))
			return 201;
	return open("f", O_RDONLY) < 0 ? errno : 0;
}

static void test_deep(void)
{
	int here = open(".", O_RDONLY | O_DIRECTORY);

	if (chdir(ROOT "/secret"))
		ok(false, "deep: chdir");
	for (int i = 0; i < 140; i++)
		if (mkdir("d", 0777) || chdir("d"))
			ok(false, "deep: mkdir");
	close(open("f", O_CREAT | O_RDWR, 0666));
	fchdir(here);
	ok(as((struct who){ UID_A }, act_deep, NULL) == EACCES, "deep: more than %u components are refused", CORDON_DEPTH_MAX);
	ok(as((struct who){ 1002 }, act_deep, NULL) == 0, "deep: who has no rule");
}

static int act_memfd(const void *arg)
{
	char path[64];
	int fd = memfd_create("m", 0);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd < 0 || open(path, O_RDWR) < 0 ? errno : 0;
}

struct tally { unsigned deny, would, cut, bad; char last[CORDON_CHAIN_FILE]; __u8 reason; };

static int on_event(void *context, void *data, size_t size)
{
	struct tally *tally = context;
	const struct cordon_event *e = data;

	if (size != sizeof(*e) || e->abi != CORDON_ABI || e->size != sizeof(*e) || e->file_unsure || e->exe_unsure)
		tally->bad++;
	tally->deny += e->kind == CORDON_EVENT_DENY;
	tally->would += e->kind == CORDON_EVENT_WOULD_DENY;
	tally->reason = e->reason;
	memcpy(tally->last, e->file, sizeof(tally->last));
	return 0;
}

static void test_events(struct bpf_object *object)
{
	struct tally t = { 0 };
	struct ring_buffer *ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), on_event, &t, NULL);

	ring_buffer__consume(ring);
	ok(t.deny > 20 && t.would >= 1 && !t.bad, "events: %u refused, %u would be, %u damaged", t.deny, t.would, t.bad);
	memset(&t, 0, sizeof(t));
	opens((struct who){ UID_A }, O_RDONLY, ROOT "/secret/deep/er/f", EACCES, "events: one refusal");
	ring_buffer__consume(ring);
	ok(t.deny == 1 && t.reason == CORDON_REASON_FORBID, "events: leaves one event (%u, reason %u)", t.deny, t.reason);
	ok(memcmp(t.last, "f\0er\0deep\0secret\0t\0", 19) == 0, "events: with the chain of names");
	ring_buffer__free(ring);
}

/* ---- the world the cases act on --------------------------------------------------------------------- */

static void file(const char *dir, const char *name, const char *text, mode_t mode)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0666);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("Bail out! %s: %s\n", path, strerror(errno)), exit(1);
	close(fd);
	chmod(path, mode);
}

static void copy(const char *from, const char *dir, const char *name)
{
	char path[256], buf[65536];
	int in = open(from, O_RDONLY), out;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = open(path, O_CREAT | O_WRONLY, 0755);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			printf("Bail out! copy\n"), exit(1);
	close(in);
	close(out);
	chmod(path, 0755);
}

static void make_world(const char *root, const char *self)
{
	static const char *const dirs[] = { "", "secret", "secret/deep", "secret/deep/er", "open", "plain", "noexec", "audit",
					    "group", "unit", "psecret", "gxxb", "gxxc" };
	char path[256], script[300];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, dirs[i]);
		mkdir(path, 0777);
		chmod(path, 0777);
		if (*dirs[i])
			file(path, "f", "text", 0666);
	}
	snprintf(path, sizeof(path), "%s/plain/link", root);
	snprintf(script, sizeof(script), "%s/secret/f", root);
	if (symlink(script, path) && errno != EEXIST)
		printf("# symlink: %s\n", strerror(errno));
	snprintf(path, sizeof(path), "%s/noexec", root);
	copy(self, path, "true");
	snprintf(script, sizeof(script), "#!%s/noexec/true\n", root);
	snprintf(path, sizeof(path), "%s/plain", root);
	copy(self, path, "true");
	file(path, "script", script, 0755);
	copy(self, root, "prog");
	copy(self, root, "other");
}

static void early(void)
{
	struct target t = { "127.0.0.2", 7777, SOCK_STREAM, 0 };
	struct sockaddr_storage to;
	socklen_t len = address_of(&t, &to);
	int server = socket(AF_INET, SOCK_STREAM, 0);

	early_socket = socket(AF_INET, SOCK_STREAM, 0);
	early_file = open(ROOT "/plain/f", O_RDONLY);
	if (bind(server, (void *)&to, len) || listen(server, 5) || connect(early_socket, (void *)&to, len))
		printf("Bail out! early socket: %s\n", strerror(errno)), exit(1);
}

/* What the loader does before it loads (src/guard/load.c). */
static void choose(struct bpf_object *object, struct targets *targets, const struct types *types)
{
	static const char *const more[] = { "splice_to_socket", NULL };
	struct btf *kernel = btf__load_vmlinux_btf();
	struct bpf_program *program;

	if (!kernel || targets_read(object, kernel, more, targets) || types_write(types, object, kernel))
		printf("Bail out! the kernel's types\n"), exit(1);
	btf__free(kernel);
	bpf_object__for_each_program(program, object) {
		const char *section = bpf_program__section_name(program);
		char function[96];

		if (bpf_program__autoload(program))
			continue;
		if (attach_to_device(section))
			continue; /* loaded when a policy needs it */
		if (strstr(section, "cgroup")) {
			bpf_program__set_autoload(program, true);
			continue;
		}
		target_of(section, function, sizeof(function));
		bpf_program__set_autoload(program, targets_id(targets, function) &&
					  (!strstr(section, "file_permission") || !targets_id(targets, "splice_to_socket")));
	}
}

/* The machine's second disk, when it was asked for. */
static bool have_ext4(void)
{
	struct stat root, disk;

	return stat("/", &root) == 0 && stat("/mnt/ext4", &disk) == 0 && root.st_dev != disk.st_dev;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void costs(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);

		if (bpf_program__fd(program) >= 0 && !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &len))
			printf("# %-28s %6u verified, %5u bytes\n", bpf_program__name(program), info.verified_insns,
			       info.jited_prog_len);
	}
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN || getenv("TRACE") ? vprintf(format, args) : 0;
}

static int attach(struct bpf_object *object, struct bpf_program *hook)
{
	int link, err = core_link(object, hook, &link);

	if (!err)
		err = attach_program(hook, &link);
	errno = -err;
	return err;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	double begun, chosen, loaded;
	struct targets targets;
	struct types types;
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = types.path);
	struct core core;
	bool attached = true, trace = argc > 1 && strcmp(argv[1], "--trace") == 0;

	if (argc == 3 && strcmp(argv[1], "--open") == 0)
		return open(argv[2], O_RDONLY) < 0 ? errno : 0;
	if (argc < 2 + trace || strcmp(argv[0], ROOT "/plain/true") == 0 || strstr(argv[0], "noexec"))
		return 0;
	libbpf_set_print(quiet);
	if (targets_begin(&targets) || core_begin(&core) || types_begin(&types))
		return printf("Bail out! handlers: %s\n", strerror(errno)), 1;
	core.object = object = bpf_object__open_file(argv[1 + trace], &opts);
	if (!object)
		return printf("Bail out! open: %s\n", strerror(errno)), 1;
	begun = seconds();
	choose(object, &targets, &types);
	chosen = seconds() - begun;
	if (getenv("ONLY"))
		bpf_object__for_each_program(program, object)
			if (!strstr(getenv("ONLY"), bpf_program__name(program)))
				bpf_program__set_autoload(program, false);
	if (trace)
		bpf_object__for_each_program(program, object)
			bpf_program__set_log_level(program, 4 | 2);
	make_world(ROOT, "/proc/self/exe");
	if (have_ext4())
		make_world("/mnt/ext4/t", "/proc/self/exe");
	mkdir("/sys/fs/cgroup/svc", 0755);
	mkdir("/sys/fs/cgroup/svc/inner", 0755);
	early();
	printf("# load\n");
	fflush(stdout);
	begun = seconds() - chosen;
	if (bpf_object__load(object))
		return printf("Bail out! load: %s\n", strerror(errno)), 1;
	loaded = seconds();
	costs(object);
	/* In the machine that counts instructions a second is 10^9 of them. */
	ok(loaded - begun < 2, "loads in less than 2 s: %.2f s", loaded - begun);
	bpf_object__for_each_program(program, object)
		if (bpf_program__autoload(program) && !core_is(program) && attach(object, program)) {
			printf("# %s: %s\n", bpf_program__name(program), strerror(errno));
			attached = false;
		}
	ok(attached, "attaches in %.2f s", seconds() - loaded);
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED,
		     bpf_object__find_map_fd_by_name(object, ".data.state"), 0);
	if (state == MAP_FAILED)
		return printf("Bail out! state: %s\n", strerror(errno)), 1;
	opens((struct who){ UID_A }, O_RDONLY, ROOT "/secret/f", 0, "without a policy everything is allowed");
	publish(object, 1);
	for (int round = 0; round < 2; round++) {
		test_files(ROOT, "tmpfs");
		if (have_ext4())
			test_files("/mnt/ext4/t", "ext4");
		rename(ROOT "/plain/f", ROOT "/plain/g"); /* the clock of the trees begins */
		rename(ROOT "/plain/g", ROOT "/plain/f");
	}
	ok(state->tree_epoch >= 4, "moves are seen: epoch %llu", (unsigned long long)state->tree_epoch);
	test_moves(ROOT);
	if (have_ext4())
		test_moves("/mnt/ext4/t");
	test_program();
	test_sockets();
	test_net();
	ok(as((struct who){ UID_B }, act_memfd, NULL) == 0, "memfd: not an operation of a policy");
	test_deep();
	publish(object, 2);
	opens((struct who){ UID_A }, O_RDONLY, ROOT "/secret/f", EACCES, "the next generation");
	test_events(object);
	__atomic_store_n(&state->current, 7ull << 1 | 1, __ATOMIC_RELEASE);
	ok(as((struct who){ UID_A }, act_open, &(struct opening){ ROOT "/plain/f", O_RDONLY }) != 0,
	   "a generation whose tables are not there refuses");
	__atomic_store_n(&state->current, 0, __ATOMIC_RELEASE);
	printf("1..%u\n", count);
	return failed ? 1 : 0;
}
