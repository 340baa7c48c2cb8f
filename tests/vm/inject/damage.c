/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can go wrong with the tables and the memory of a guard in force, brought about by hand, as root:
 *
 *     damage try whole TABLE FILE  what the policy of inject.guest refuses and permits, a line each; FILE: nobody has opened it
 *     damage try take TABLE FILE   the same while TABLE is missing: the slot in force of TABLE_of is empty
 *     damage try fill TABLE FILE   the same while every row of it is ones: numbers that name nothing
 *     damage crowd MAP      a table that forgets gets as many new entries as it has room for
 *     damage forget MAP     it loses every entry
 *     damage occupy MAP     its elements, which begin with the cookie of a socket, begin with ones: somebody has each
 *     damage vacate MAP     and with 0: nobody has
 *     damage taken MAP ROOM    takes three connections: as it is, while MAP is occupied, and then while sockets may have ROOM bytes;
 *                           and says of each whether something is received
 *     damage sockets MAP N  N sockets send, one after the other, and are closed: had most of the last of them an element of MAP?
 *     damage tries N FILE   opens it N times for reading, and prints how often that was refused
 *     damage starve CGROUP FILE    the same while who loaded the guard, in CGROUP, gets no more memory, and processes that read FILE
 *                                  have used up what there was: how many more were made, how many could not read, what ended it
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../pins.h"
#include "cordon/abi.h"

#define ALICE 1000
#define BOB 1001
#define STARVE_MAX 4000
#define READERS 64

static void fail(const char *what)
{
	fprintf(stderr, "damage: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct bpf_map_info info_of(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		fail("map info");
	return info;
}

/* The outer map of a table, and the slot of the policy in force. */
static int open_outer(const char *table, __u32 *ret_slot)
{
	struct cordon_state state;
	char name[64];
	__u32 zero = 0;

	if (bpf_map_lookup_elem(open_pin("state"), &zero, &state) || !state.current)
		fail("no policy is in force");
	*ret_slot = state.current & 1;
	snprintf(name, sizeof(name), "%s_of", table);
	return open_pin(name);
}

/* ---- what is tried --------------------------------------------------------------------------------- */

static int opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? errno : 0;
}

static int reaches(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	inet_pton(AF_INET, address, &to.sin_addr);
	err = fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0;
	close(fd);
	return err == ECONNREFUSED ? 0 : err; /* nobody listens there */
}

static int reads(const char *path)
{
	return opens(path, O_RDONLY);
}

static int appends(const char *path)
{
	return opens(path, O_WRONLY | O_APPEND);
}

static int gives(const char *path)
{
	return chown(path, ALICE, ALICE) ? errno : 0;
}

/* Of each pair the policy of inject.guest refuses the first and permits the second. */
static const struct attempt {
	const char *name;
	uid_t uid;
	const char *service;
	int (*run)(const char *what);
	const char *what; /* NULL: a file that nobody has opened yet */
} attempts[] = {
	{ "secret", ALICE, NULL, reads, "/tmp/secret/f" },
	{ "fresh", ALICE, NULL, reads, NULL },
	{ "there", ALICE, NULL, reaches, "127.0.0.2" },
	{ "here", ALICE, NULL, reaches, "127.0.0.3" },
	{ "bad", 0, "bad.service", gives, "/tmp/owned" },
	{ "good", 0, "good.service", gives, "/tmp/owned" },
	{ "outside", BOB, NULL, appends, "/tmp/open/f1" },
	{ "inside", BOB, NULL, appends, "/tmp/bob/f" },
};
#define ATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

/* A process that is who it is to be, tries when it is told, and stays with what it was given. Without tables nothing can be
 * executed, so it waits. */
struct waiting {
	int go, answer;
	pid_t pid;
};

static void become(const struct attempt *attempt)
{
	char path[256];
	int fd;

	if (attempt->service) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup/system.slice/%s/cgroup.procs", attempt->service);
		fd = open(path, O_WRONLY);
		if (fd < 0 || write(fd, "0", 1) != 1)
			fail(path);
		close(fd);
	}
	if (setgroups(0, NULL) || setresgid(attempt->uid, attempt->uid, attempt->uid) ||
	    setresuid(attempt->uid, attempt->uid, attempt->uid))
		fail("setuid");
}

static struct waiting prepare(const struct attempt *attempt, const char *fresh)
{
	int go[2], answer[2], said;
	char word;

	if (pipe(go) || pipe(answer))
		fail("pipe");
	if (fork() == 0) {
		become(attempt);
		if (fork()) /* what follows has nothing of its own yet: the guard's working memory is made when it asks */
			_exit(0);
		close(go[1]);
		said = getpid();
		if (write(answer[1], &said, sizeof(said)) != sizeof(said) || read(go[0], &word, 1) != 1)
			_exit(1);
		said = attempt->run(attempt->what ? attempt->what : fresh);
		if (write(answer[1], &said, sizeof(said)) == sizeof(said))
			pause();
		_exit(1);
	}
	close(go[0]);
	close(answer[1]);
	if (read(answer[0], &said, sizeof(said)) != sizeof(said))
		fail("a process did not start");
	return (struct waiting){ go[1], answer[0], said };
}

static int let_go(const struct waiting *waiting)
{
	int err;

	return write(waiting->go, "g", 1) != 1 || read(waiting->answer, &err, sizeof(err)) != sizeof(err) ? -1 : err;
}

static void end(const struct waiting *waiting, size_t n)
{
	for (size_t i = 0; i < n; i++)
		kill(waiting[i].pid, SIGKILL);
}

/* ---- tables ------------------------------------------------------------------------------------------ */

struct rows {
	int inner;
	unsigned n;
	unsigned char *key, *value;
	struct bpf_map_info info;
};

static struct rows copy_rows(int inner)
{
	struct rows rows = { .inner = inner, .info = info_of(inner) };

	rows.key = calloc(rows.info.max_entries + 1, rows.info.key_size);
	rows.value = calloc(rows.info.max_entries, rows.info.value_size);
	for (unsigned char *last = NULL; !bpf_map_get_next_key(inner, last, rows.key + rows.n * rows.info.key_size); rows.n++) {
		last = rows.key + rows.n * rows.info.key_size;
		if (bpf_map_lookup_elem(inner, last, rows.value + rows.n * rows.info.value_size))
			fail("a row");
	}
	if (!rows.n)
		fail("the table is empty");
	return rows;
}

static void write_rows(const struct rows *rows, const unsigned char *same)
{
	for (unsigned i = 0; i < rows->n; i++)
		if (bpf_map_update_elem(rows->inner, rows->key + i * rows->info.key_size,
					same ? same : rows->value + i * rows->info.value_size, BPF_ANY))
			fail("a row");
}

static void prepare_all(struct waiting waiting[ATTEMPTS], const char *fresh)
{
	for (size_t i = 0; i < ATTEMPTS; i++)
		waiting[i] = prepare(&attempts[i], fresh);
}

static void let_all_go(const struct waiting waiting[ATTEMPTS], int ret_errors[ATTEMPTS])
{
	for (size_t i = 0; i < ATTEMPTS; i++)
		ret_errors[i] = let_go(&waiting[i]);
}

static void print_all(const int errors[ATTEMPTS])
{
	for (size_t i = 0; i < ATTEMPTS; i++)
		printf("%s %s\n", attempts[i].name,
		       !errors[i] ? "works" : errors[i] == EACCES || errors[i] == EPERM ? "refused" : strerror(errors[i]));
}

static void attempt_all(const char *how, const char *table, const char *fresh)
{
	bool taken = strcmp(how, "take") == 0, filled = strcmp(how, "fill") == 0;
	struct waiting waiting[ATTEMPTS];
	int outer, inner, errors[ATTEMPTS];
	struct rows rows;
	__u32 slot, id;

	prepare_all(waiting, fresh);
	outer = open_outer(table, &slot);
	if (bpf_map_lookup_elem(outer, &slot, &id) || (inner = bpf_map_get_fd_by_id(id)) < 0)
		fail(table);
	rows = copy_rows(inner);
	if (taken && bpf_map_delete_elem(outer, &slot))
		fail(table);
	if (filled)
		write_rows(&rows, memset(malloc(rows.info.value_size), 0xff, rows.info.value_size));
	let_all_go(waiting, errors);
	if (taken && bpf_map_update_elem(outer, &slot, &inner, BPF_ANY))
		fail(table);
	if (filled)
		write_rows(&rows, NULL);
	end(waiting, ATTEMPTS);
	print_all(errors);
}

/* ---- tables that forget ------------------------------------------------------------------------------ */

static void crowd(const char *name)
{
	int fd = open_pin(name);
	struct bpf_map_info info = info_of(fd);
	unsigned char *key = calloc(1, info.key_size), *value = malloc(info.value_size);

	memset(value, 0xff, info.value_size);
	for (__u32 i = 0; i < 2 * info.max_entries; i++) {
		memcpy(key + info.key_size - sizeof(i), &i, sizeof(i));
		if (bpf_map_update_elem(fd, key, value, BPF_ANY))
			fail(name);
	}
}

static void forget(const char *name)
{
	int fd = open_pin(name);
	unsigned char *keys = malloc(2 * info_of(fd).key_size), *key = keys, *next = keys + info_of(fd).key_size, *last;
	bool more = !bpf_map_get_next_key(fd, NULL, key);

	while (more) {
		more = !bpf_map_get_next_key(fd, key, next);
		bpf_map_delete_elem(fd, key); /* it may be gone by itself */
		last = key;
		key = next;
		next = last;
	}
}

static bool is_among(__u64 cookie, const __u64 *cookies, size_t n)
{
	while (n > 0 && cookies[n - 1] != cookie)
		n--;
	return n > 0;
}

/* All elements begin with @word, but for those of @but. */
static void begin_all(const char *name, __u64 word, const __u64 *but, size_t nbut)
{
	int fd = open_pin(name);
	struct bpf_map_info info = info_of(fd);
	__u64 *value = malloc(info.value_size);

	for (__u32 i = 0; i < info.max_entries; i++) {
		if (bpf_map_lookup_elem(fd, &i, value))
			fail(name);
		if (is_among(*value, but, nbut))
			continue;
		*value = word;
		if (bpf_map_update_elem(fd, &i, value, BPF_ANY))
			fail(name);
	}
	free(value);
	close(fd);
}

#define TAKEN ~0ull /* no cookie */

/* ---- connections ------------------------------------------------------------------------------------- */

static void memory_for_sockets(const char *bytes)
{
	int fd = open("/proc/sys/net/core/optmem_max", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, bytes, strlen(bytes)) < 0)
		fail("optmem_max");
	close(fd);
}

static void say(const char *what, int err)
{
	printf("%s %s\n", what, !err ? "works" : err == EACCES || err == EPERM ? "refused" : strerror(err));
}

/* A byte that waits in a connection is received. */
static int takes(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) == 1 ? 0 : errno;
}

/* The two that connect have sent before there is too little memory for them to be known. */
static void take_connections(const char *name, const char *room)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), to[3], from[3];
	socklen_t size = sizeof(at);
	char before[32] = "";
	__u64 known[4];

	to[0] = open("/proc/sys/net/core/optmem_max", O_RDONLY | O_CLOEXEC);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 3) ||
	    getsockname(listener, (struct sockaddr *)&at, &size) || read(to[0], before, sizeof(before) - 1) <= 0)
		fail("listen");
	for (int i = 0; i < 3; i++) {
		to[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(to[i], (struct sockaddr *)&at, sizeof(at)) || send(to[i], "xx", 2, 0) != 2)
			fail("connect");
		known[i] = cookie_of(to[i]);
	}
	from[0] = accept(listener, NULL, NULL);
	known[3] = cookie_of(from[0]);
	begin_all(name, TAKEN, known, 4);
	from[1] = accept(listener, NULL, NULL);
	memory_for_sockets(room);
	from[2] = accept(listener, NULL, NULL);
	memory_for_sockets(before);
	begin_all(name, 0, known, 4);
	say("with a slot", takes(from[0]));
	say("with memory", takes(from[1]));
	say("with neither", takes(from[2]));
	say("with neither, again", takes(from[2]));
}

static void sockets(const char *name, unsigned n)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(9) };
	int map = open_pin(name);
	struct bpf_map_info info = info_of(map);
	__u64 *value = malloc(info.value_size), last[1000];
	unsigned had = 0;

	for (unsigned i = 0; i < n; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		if (sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) != 1)
			fail("sendto");
		last[i % 1000] = cookie_of(fd);
		close(fd);
	}
	for (__u32 i = 0; i < info.max_entries; i++)
		had += !bpf_map_lookup_elem(map, &i, value) && is_among(*value, last, 1000);
	printf("%s\n", had > 900 ? "most" : "few");
}

/* ---- many ------------------------------------------------------------------------------------------- */

static void tries(unsigned n, const char *path)
{
	unsigned refused = 0;

	for (unsigned i = 0; i < n; i++)
		refused += reads(path) == EACCES;
	printf("%u refused\n", refused);
}

/* The rest of the memory that the cgroup's owner may have goes to processes that read the file and stay. */
static unsigned fill_memory(const char *fresh, unsigned *ret_refused, int *ret_err)
{
	unsigned made = 0;
	int ends[2], err;

	if (pipe(ends))
		fail("pipe");
	for (*ret_refused = 0; made < STARVE_MAX; made++) {
		pid_t child = fork();

		if (!child) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			err = reads(fresh);
			if (write(ends[1], &err, sizeof(err)) == sizeof(err))
				pause();
			_exit(1);
		}
		*ret_err = child < 0 ? errno : 0;
		if (child < 0 || read(ends[0], &err, sizeof(err)) != sizeof(err))
			break;
		*ret_refused += err == EACCES;
	}
	return made;
}

static void limit(const char *cgroup, const char *bytes)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/memory.max", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, bytes, strlen(bytes)) < 0)
		fail(path);
	close(fd);
}

static void starve(const char *cgroup, const char *fresh)
{
	struct waiting waiting[ATTEMPTS], readers[READERS];
	char own[READERS][128];
	int errors[ATTEMPTS], err = 0;
	unsigned made, refused;

	prepare_all(waiting, fresh);
	for (size_t i = 0; i < READERS; i++) { /* the guard knows them; what it needs to answer them it has not got yet */
		snprintf(own[i], sizeof(own[i]), "%s.%zu", fresh, i);
		close(open(own[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
		readers[i] = prepare(&attempts[1], own[i]);
	}
	limit(cgroup, "0");
	made = fill_memory(fresh, &refused, &err);
	for (size_t i = 0; i < READERS; i++)
		refused += let_go(&readers[i]) == EACCES;
	let_all_go(waiting, errors);
	limit(cgroup, "max");
	end(waiting, ATTEMPTS);
	end(readers, READERS);
	print_all(errors);
	printf("made %u\nrefused %u\nend %s\n", made, refused, err ? strerror(err) : "none");
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "", *name = argc > 2 ? argv[2] : "";

	if (strcmp(what, "try") == 0 && argc == 5)
		attempt_all(name, argv[3], argv[4]);
	else if (strcmp(what, "crowd") == 0)
		crowd(name);
	else if (strcmp(what, "forget") == 0)
		forget(name);
	else if (strcmp(what, "sockets") == 0 && argc == 4)
		sockets(name, strtoul(argv[3], NULL, 10));
	else if (strcmp(what, "occupy") == 0)
		begin_all(name, TAKEN, NULL, 0);
	else if (strcmp(what, "vacate") == 0)
		begin_all(name, 0, NULL, 0);
	else if (strcmp(what, "taken") == 0 && argc == 4)
		take_connections(name, argv[3]);
	else if (strcmp(what, "tries") == 0 && argc == 4)
		tries(strtoul(name, NULL, 10), argv[3]);
	else if (strcmp(what, "starve") == 0 && argc == 4)
		starve(name, argv[3]);
	else
		return 2;
	return 0;
}
