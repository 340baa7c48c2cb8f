/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policy changes under load: two policies go into force in turn, as fast as they can, while four processes (users and
 * programs of their own) make requests without a pause. Every request must be answered by the policy of a generation
 * that was in force between its beginning and its end, and every event by the policy of the generation it names.
 *
 *     flips N      as root, in a machine of its own; N policy changes
 *
 * The two policies hold the same rules about other users, programs, files and addresses, so that the same bit, set id or
 * state means something else in each: who would take the subject from one and the object from the other would be
 * refused where both permit, and the other way round.
 *
 * Odd generations are policy 0, even ones policy 1. What each answers is asked of the tables on the host before
 * (image_evaluate()) and stands in memory that all share.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"
#include "guarded.h"

#define WORKERS	  4
#define FILES	  16
#define PROGRAMS  4
#define SOCKETS	  4
#define RULES	  48
#define FIRST_UID 2000
#define STATE_PIN "/sys/fs/bpf/cordon/maps/state"
#define SHARED_FD 100

/* Requests by number: FILES to read, FILES to write, FILES addresses, PROGRAMS, SOCKETS. */
enum { READS = 0, WRITES = READS + FILES, SENDS = WRITES + FILES, EXECS = SENDS + FILES, CREATES = EXECS + PROGRAMS,
       REQUESTS = CREATES + SOCKETS };

static const struct { uint16_t family, type; const char *word, *type_word; } sockets[SOCKETS] = {
	{ AF_INET, SOCK_STREAM, "inet", "stream" },
	{ AF_INET6, SOCK_DGRAM, "inet6", "dgram" },
	{ AF_UNIX, SOCK_DGRAM, "unix", "dgram" },
	{ AF_NETLINK, SOCK_RAW, "netlink", "raw" },
};

/* What one policy answers to one request of one worker. */
struct expected {
	uint32_t deny, rule, reason;
};

/* Written by one worker only. */
struct progress {
	uint64_t requests, refused, exact, generations;
	uint64_t wrong;
	uint64_t wrong_from, wrong_to; /* the first: generations before and after */
	uint32_t wrong_request, wrong_errno;
	uint32_t ready;
};

struct shared {
	struct expected expected[2][WORKERS][REQUESTS];
	struct progress progress[WORKERS];
	uint32_t go, stop;
};

/* ---- the requests, in the worker ----------------------------------------------------------------- */

static void name_of(char *path, size_t size, const char *kind, unsigned number)
{
	snprintf(path, size, "/srv/%s%u", kind, number);
}

/* 0 allowed, else the errno of a refusal; other errors are not the guard's. */
static int refusal(bool failed, int errno_of_guard)
{
	return failed && errno == errno_of_guard ? errno : 0;
}

static int do_open(unsigned number, int flags)
{
	char path[64];
	int fd, answer;

	name_of(path, sizeof(path), "f", number);
	fd = open(path, flags | O_CLOEXEC);
	answer = refusal(fd < 0, EACCES);
	if (fd >= 0)
		close(fd);
	return answer;
}

static int do_send(int fd, unsigned number)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(9),
				    .sin_addr.s_addr = htonl(0x7f000001u + (number << 8)) };

	return refusal(sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&addr, sizeof(addr)) < 0, EPERM);
}

static int do_exec(unsigned number)
{
	char path[64];
	int status;
	pid_t pid;

	name_of(path, sizeof(path), "x", number);
	pid = fork();
	if (pid == 0) {
		execl(path, path, (char *)NULL);
		_exit(refusal(true, EACCES) ? 100 : 101);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WEXITSTATUS(status) == 100 ? EACCES : 0;
}

static int do_create(unsigned number)
{
	int fd = socket(sockets[number].family, sockets[number].type | SOCK_CLOEXEC, 0), answer = refusal(fd < 0, EPERM);

	if (fd >= 0)
		close(fd);
	return answer;
}

static int do_request(int fd, unsigned request)
{
	if (request < WRITES)
		return do_open(request - READS, O_RDONLY);
	if (request < SENDS)
		return do_open(request - WRITES, O_WRONLY);
	if (request < EXECS)
		return do_send(fd, request - SENDS);
	return request < CREATES ? do_exec(request - EXECS) : do_create(request - CREATES);
}

static uint64_t generation_of(const struct cordon_state *state)
{
	return __atomic_load_n(&state->current, __ATOMIC_SEQ_CST) >> 1;
}

/* One request between two looks at the generation. */
static void try_one(struct shared *shared, unsigned worker, const struct cordon_state *state, int fd, unsigned request,
		    uint64_t *last)
{
	struct progress *progress = &shared->progress[worker];
	uint64_t from = generation_of(state), to;
	int answer = do_request(fd, request);
	bool right;

	to = generation_of(state);
	right = (answer > 0) == shared->expected[~from & 1][worker][request].deny;
	if (to != from) /* with two or more changes in between both have been in force */
		right |= (answer > 0) == shared->expected[from & 1][worker][request].deny;
	else
		progress->exact++;
	progress->requests++;
	progress->refused += answer > 0;
	progress->generations += from != *last;
	*last = from;
	if (right && answer >= 0)
		return;
	if (!progress->wrong++) {
		progress->wrong_from = from;
		progress->wrong_to = to;
		progress->wrong_request = request;
		progress->wrong_errno = (uint32_t)answer;
	}
}

static struct shared *map_shared(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, SHARED_FD, 0);

	if (shared == MAP_FAILED)
		die("shared memory");
	return shared;
}

static int work(unsigned worker)
{
	struct shared *shared = map_shared();
	uint32_t uid = FIRST_UID + worker, x = 2463534242u + worker;
	int state_fd = bpf_obj_get(STATE_PIN), fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct cordon_state *state = mmap(NULL, sizeof(*state), PROT_READ, MAP_SHARED, state_fd, 0);
	uint64_t last = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (state == MAP_FAILED || fd < 0 || setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		die("worker");
	__atomic_store_n(&shared->progress[worker].ready, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&shared->go, __ATOMIC_SEQ_CST))
		sched_yield();
	while (!__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST)) {
		unsigned request;

		x ^= x << 13, x ^= x >> 17, x ^= x << 5; /* xorshift32 */
		request = x % REQUESTS;
		if (request >= EXECS && request < CREATES && x >> 16 & 7)
			continue; /* dear: not that often */
		try_one(shared, worker, state, fd, request, &last);
	}
	return 0;
}

/* ---- the world and the policies -------------------------------------------------------------------- */

static void make_world(void)
{
	char path[64];

	umask(0);
	if (mkdir("/srv", 0755) < 0 && errno != EEXIST)
		die("/srv");
	for (unsigned i = 0; i < FILES; i++) {
		name_of(path, sizeof(path), "f", i);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	}
	for (unsigned i = 0; i < PROGRAMS; i++) {
		name_of(path, sizeof(path), "x", i);
		copy_program("./nothing", path, 0755);
		name_of(path, sizeof(path), "p", i);
		copy_program("/proc/self/exe", path, 0755);
	}
}

/* Rule i is the same in both policies but for what p adds. */
static void write_rule(struct buf *text, unsigned i, unsigned p)
{
	unsigned who = (i / 8 + p) % WORKERS, file = (i * 3 + p * 5) % FILES;

	buf_printf(text, "  - rule: rule %u\n    who: {", i);
	if (i & 1)
		buf_printf(text, "programs: [/srv/p%u]}\n", who);
	else
		buf_printf(text, "users: [%u]}\n", FIRST_UID + who);
	switch (i / 2 % 4) {
	case 0:
		buf_printf(text, "    forbid: [read]\n    files: [/srv/f%u, /srv/f%u]\n", file, (file + 7) % FILES);
		break;
	case 1:
		buf_printf(text, "    forbid: [write, reach]\n    files: [/srv/f%u]\n    to: [{net: 127.0.%u.1}]\n", file,
			   (file + 3) % FILES);
		break;
	case 2:
		buf_printf(text, "    forbid: [exec]\n    files: [\"/srv/x%u*\"]\n", (i / 8 + p) % PROGRAMS);
		break;
	default:
		buf_printf(text, "    forbid: [socket]\n    sockets: [{family: %s, type: %s}]\n",
			   sockets[(i + p) % SOCKETS].word, sockets[(i + p) % SOCKETS].type_word);
	}
}

/* Permits too: user 2001 may read every other file, user 2002 reach half of the addresses. */
static void write_policy(struct buf *text, unsigned p)
{
	buf_printf(text, "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: flip%u}\nrules:\n", p);
	for (unsigned i = 0; i < RULES; i++)
		write_rule(text, i, p);
	buf_printf(text, "  - rule: some files\n    who: {users: [%u]}\n    permit: [read]\n    files: [\"/srv/f*[%s]\", /srv/f4]\n",
		   FIRST_UID + 1 + p, p ? "02468" : "13579");
	buf_printf(text, "  - rule: some addresses\n    who: {users: [%u]}\n    permit: [reach]\n    to: [{net: 127.0.%u.0/21}]\n",
		   FIRST_UID + 2 + p % 2, p * 8);
}

static struct image *compile(unsigned p, const struct mount_table *mounts)
{
	struct buf text = BUF_INIT;
	struct policy *policy = NULL;
	struct image *image = NULL;
	struct diag diag;

	diag_init(&diag);
	write_policy(&text, p);
	if (policy_parse(&(struct policy_text){ "flip.yaml", text.data, text.len }, 1, NULL, &policy, &diag) ||
	    policy_compile(policy, mounts, &image, &diag)) {
		diag_print(&diag, stdout);
		die("policy");
	}
	policy_free(policy);
	buf_done(&text);
	diag_done(&diag);
	return image;
}

static struct image_object object_of(unsigned request, char *path, size_t size)
{
	struct image_object o = { .path = path };
	unsigned number;

	if (request < SENDS || (request >= EXECS && request < CREATES)) {
		bool exec = request >= EXECS;

		number = exec ? request - EXECS : (request - READS) % FILES;
		name_of(path, size, exec ? "x" : "f", number);
		o.op = exec ? CORDON_OP_EXEC : request < WRITES ? CORDON_OP_READ : CORDON_OP_WRITE;
	} else if (request < EXECS) {
		memcpy(o.addr, (uint8_t[16]){ [10] = 0xff, 0xff, 127, 0, (uint8_t)(request - SENDS), 1 }, 16);
		o.op = CORDON_OP_REACH;
		o.port = 9;
		o.ipproto = IPPROTO_UDP;
	} else {
		o.op = CORDON_OP_SOCKET;
		o.family = sockets[request - CREATES].family;
		o.type = sockets[request - CREATES].type;
	}
	return o;
}

static void expect(const struct image *image, struct expected expected[WORKERS][REQUESTS])
{
	struct stat st;

	if (stat("/srv", &st) < 0)
		die("/srv");
	for (uint32_t worker = 0; worker < WORKERS; worker++) {
		uint32_t gid = FIRST_UID + worker;
		char program[64], path[64];
		struct image_subject s = { .uid = FIRST_UID + worker, .gids = &gid, .ngids = 1, .cgroup = "/",
					   .program_dev = device_number(st.st_dev), .program = program };

		name_of(program, sizeof(program), "p", worker);
		for (unsigned request = 0; request < REQUESTS; request++) {
			struct image_object o = object_of(request, path, sizeof(path));
			struct cordon_decision d;

			o.dev = device_number(st.st_dev);
			if (image_evaluate(image, &s, &o, &d))
				die("reference");
			expected[worker][request] = (struct expected){ d.deny, d.rule, d.reason };
		}
	}
}

/* ---- the changes ------------------------------------------------------------------------------------- */

struct events {
	const struct shared *shared;
	ino_t file[FILES], program[PROGRAMS];
	uint64_t seen, wrong;
};

static int find(const ino_t *list, unsigned n, ino_t ino)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i] == ino)
			return (int)i;
	return -1;
}

/* The number of the request that an event is about, or -1. */
static int request_of(const struct events *events, const struct cordon_event *event)
{
	int n = -1;

	switch (event->op) {
	case CORDON_OP_READ:
	case CORDON_OP_WRITE:
		n = find(events->file, FILES, event->file_ino);
		return n < 0 ? n : n + (event->op == CORDON_OP_READ ? READS : WRITES);
	case CORDON_OP_EXEC:
		n = find(events->program, PROGRAMS, event->file_ino);
		return n < 0 ? n : n + EXECS;
	case CORDON_OP_REACH:
		return event->addr[14] < FILES ? SENDS + event->addr[14] : -1;
	case CORDON_OP_SOCKET:
		for (unsigned i = 0; i < SOCKETS; i++)
			if (sockets[i].family == event->family && sockets[i].type == event->type)
				return (int)(CREATES + i);
	}
	return n;
}

static int on_event(void *context, void *data, size_t size)
{
	struct events *events = context;
	const struct cordon_event *event = data;
	const struct expected *expected;
	unsigned worker = event->euid - FIRST_UID;
	int request = request_of(events, event);

	if (size != sizeof(*event) || event->kind != CORDON_EVENT_DENY || worker >= WORKERS)
		return 0;
	events->seen++;
	expected = request < 0 ? NULL : &events->shared->expected[~event->generation & 1][worker][request];
	if (expected && expected->deny && expected->rule == event->rule && expected->reason == event->reason)
		return 0;
	if (!events->wrong++)
		printf("# an event of worker %u: request %d, rule %u, reason %u, generation %llu, which says deny %d, rule %u\n",
		       worker, request, event->rule, event->reason, (unsigned long long)event->generation,
		       expected ? (int)expected->deny : -1, expected ? expected->rule : 0);
	return 0;
}

static void start_workers(struct shared *shared)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		char path[64], number[8];

		name_of(path, sizeof(path), "p", i);
		snprintf(number, sizeof(number), "%u", i);
		if (!fork()) {
			execl(path, path, "--work", number, (char *)NULL);
			die(path);
		}
	}
	for (unsigned i = 0; i < WORKERS; i++)
		while (!__atomic_load_n(&shared->progress[i].ready, __ATOMIC_SEQ_CST))
			usleep(1000);
}

static void note_inodes(struct events *events)
{
	struct stat st;
	char path[64];

	for (unsigned i = 0; i < FILES; i++) {
		name_of(path, sizeof(path), "f", i);
		events->file[i] = stat(path, &st) ? 0 : st.st_ino;
	}
	for (unsigned i = 0; i < PROGRAMS; i++) {
		name_of(path, sizeof(path), "x", i);
		events->program[i] = stat(path, &st) ? 0 : st.st_ino;
	}
}

static void change(struct guard *guard, const struct image *image)
{
	uint64_t generation;
	struct diag diag;

	diag_init(&diag);
	if (guard_publish(guard, image, &generation, &diag)) {
		diag_print(&diag, stdout);
		die("publish");
	}
	diag_done(&diag);
}

/* Until every worker has begun and ended a request since. The other changes come without a pause. */
static void await_requests(const struct shared *shared, struct ring_buffer *ring)
{
	uint64_t before[WORKERS];

	for (unsigned i = 0; i < WORKERS; i++)
		before[i] = __atomic_load_n(&shared->progress[i].requests, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < WORKERS; i++)
		while (__atomic_load_n(&shared->progress[i].requests, __ATOMIC_RELAXED) < before[i] + 2) {
			ring_buffer__consume(ring);
			sched_yield();
		}
}

static void test(bool good, const char *what)
{
	static int count;

	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
}

static void judge(const struct shared *shared, const struct events *events, unsigned n)
{
	struct progress sum = { 0 };
	uint64_t fewest = UINT64_MAX;
	unsigned differ = 0, permitted = 0;

	for (unsigned i = 0; i < WORKERS; i++) {
		const struct progress *p = &shared->progress[i];

		sum.requests += p->requests;
		sum.refused += p->refused;
		sum.exact += p->exact;
		sum.wrong += p->wrong;
		fewest = p->generations < fewest ? p->generations : fewest;
		if (p->wrong)
			printf("# worker %u: %llu wrong, first request %u under generations %llu to %llu: errno %d\n", i,
			       (unsigned long long)p->wrong, p->wrong_request, (unsigned long long)p->wrong_from,
			       (unsigned long long)p->wrong_to, (int)p->wrong_errno);
		for (unsigned r = 0; r < REQUESTS; r++) {
			differ += shared->expected[0][i][r].deny != shared->expected[1][i][r].deny;
			permitted += !shared->expected[0][i][r].deny && !shared->expected[1][i][r].deny;
		}
	}
	printf("# %u changes, %llu requests, %llu refused, %llu within one generation, each process saw %llu generations or "
	       "more, %llu events\n", n, (unsigned long long)sum.requests, (unsigned long long)sum.refused,
	       (unsigned long long)sum.exact, (unsigned long long)fewest, (unsigned long long)events->seen);
	printf("# of %u requests the policies answer %u differently, and both permit %u\n", WORKERS * REQUESTS, differ, permitted);
	test(!sum.wrong, "every request was answered by a policy in force meanwhile");
	test(!events->wrong && events->seen, "every event names what the policy of its generation says");
	test(fewest >= n / 4 && sum.exact >= n, "there was load all the time");
	test(sum.refused >= sum.requests / 20 && sum.refused <= sum.requests * 19 / 20 && differ && permitted,
	     "both answers are common");
}

int main(int argc, char **argv)
{
	static const struct guard_options options = { .ring_size = 8 << 20 };
	struct events events = { 0 };
	struct mount_table *mounts = NULL;
	struct ring_buffer *ring;
	struct image *image[2];
	struct shared *shared;
	struct guard *guard;
	unsigned n;

	if (argc == 3 && !strcmp(argv[1], "--work"))
		return work((unsigned)atoi(argv[2]));
	if (argc != 2)
		return 2;
	n = (unsigned)atoi(argv[1]);
	if (dup2(memfd_create("shared", 0), SHARED_FD) < 0 || ftruncate(SHARED_FD, sizeof(*shared)) < 0)
		die("memfd");
	events.shared = shared = map_shared();
	make_world();
	note_inodes(&events);
	guard = start_guard(&options, &mounts);
	for (unsigned p = 0; p < 2; p++) {
		image[p] = compile(p, mounts);
		expect(image[p], shared->expected[p]);
	}
	ring = ring_buffer__new(guard->events, on_event, &events, NULL);
	start_workers(shared);
	for (unsigned i = 0; i < n; i++) {
		change(guard, image[i & 1]);
		__atomic_store_n(&shared->go, 1, __ATOMIC_SEQ_CST);
		ring_buffer__consume(ring);
		if (i % 4 == 3)
			await_requests(shared, ring);
	}
	__atomic_store_n(&shared->stop, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < WORKERS; i++)
		wait(NULL);
	ring_buffer__consume(ring);
	judge(shared, &events, n);
	fflush(stdout);
	_exit(0);
}
