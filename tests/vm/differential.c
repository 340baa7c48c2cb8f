/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel against the reference decision and against a second opinion: random policies are published, random
 * requests are made for real, as the right user, groups, service and program, and every answer must be the one that
 * image_evaluate() gives (the same decision over the same tables) and that tests/policy/oracle.c gives (which reads the
 * rules as they were written). A refusal must leave an event with the reference's reason, rule and generation.
 *
 *     differential SEEDS REQUESTS [SEED]      as root, in a machine of its own; REQUESTS for each policy
 *
 * Of the operations those are asked for that one can ask for again and again: names are made that no other request means,
 * folders removed that are not empty, modes set that files have. Rules about capabilities and the kernel except the unit in
 * which this program and its workers are, until a child takes on its subject.
 *
 * A seed is two policies, one after the other, and some of the processes that asked under the first ask again under
 * the second: whatever the kernel keeps of a subject, of a file or of a socket must not outlive what it rests on.
 *
 * The world of tests/policy/random.c is laid out below /: every name is a directory or an executable file, /srv is
 * another file system, /home/b is bound to a folder in it. Policies may close everything to everybody, so nothing is
 * opened, executed or connected after the first one but by the requests: workers stand ready from before, each
 * executed from its own place (the program of the request) by way of others (what it comes from; of one the guard cannot know it,
 * as it is older), with sockets and cgroup files open; they are asked over pipes
 * and fork a child for each subject, which answers until it is told that a request is its last.
 */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "differential.h"
#include "oracle.h"
#include "policy/value.h"
#include "random.h"

/* Files and folders, and folders of the same mount that have something in them and that neither is in the other. */
static const struct move {
	const char *from, *to;
	bool directory;
} moves[] = {
	{ "/a/b", "/b/ab", true }, { "/a/b", "/x/srv", true }, { "/b/ab", "/x/srv/b", true }, { "/b/ab", "/a/b", true },
	{ "/x/srv", "/a/b", true }, { "/x/srv/b", "/b/ab", true }, { "/a/b/x", "/b/ab", false }, { "/a/a.key", "/x/srv", false },
	{ "/b/ab/b.key", "/a/b", false }, { "/ab/id_rsa", "/x/srv/b", false }, { "/x/srv/b/ab", "/b/ab", false },
	{ "/srv/a/x", "/srv/a/b", false }, { "/srv/x/id_rsa", "/srv/a/b", false },
};

static const char *pick(struct random *r, const struct names *names)
{
	return names->at[random_below(r, names->n)];
}

static void random_place(struct random *r, struct request *q)
{
	const struct move *move = &moves[random_below(r, COUNT(moves))];
	static const char *const forms[] = { "n%u", "%u.key", "id_%u", "a%u", "a%u.key" };
	static unsigned number;

	if (q->op == MOVE) {
		snprintf(q->path, sizeof(q->path), "%s", move->from);
		snprintf(q->to, sizeof(q->to), "%s", move->to);
	} else if (q->op == CORDON_OP_DELETE) {
		snprintf(q->path, sizeof(q->path), "%s", pick(r, &folders));
	} else if (q->op == CORDON_OP_CREATE) {
		int len = snprintf(q->path, sizeof(q->path), "%s/", pick(r, &folders));

		snprintf(q->path + len, sizeof(q->path) - (size_t)len, forms[random_below(r, COUNT(forms))], ++number);
	} else if (q->op == CORDON_OP_CONNECT) {
		q->abstract = !random_below(r, 3);
		snprintf(q->path, sizeof(q->path), "%s", q->abstract ? pick(r, &unix_names) :
								     pick(r, &unix_places));
	} else {
		snprintf(q->path, sizeof(q->path), "%s", pick(r, &leaves));
	}
}

static void random_subject(struct random *r, struct subject *who)
{
	who->uid = random_id(r);
	who->ngids = 1 + random_below(r, GROUPS);
	for (uint32_t i = 0; i < who->ngids; i++)
		who->gids[i] = random_id(r);
	who->unit = random_below(r, UNITS);
}

static void random_request(struct random *r, const struct subject *who, bool capabilities, struct request *q)
{
	static const uint16_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK };
	static const uint16_t types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	static const uint16_t protocols[] = { 0, 6, 17, 47, 58, 132, 262 };
	static const uint32_t numbers[] = { CORDON_KERNEL_PTRACE, CORDON_KERNEL_IO_URING, CORDON_KERNEL_KEYRING,
					    CORDON_KERNEL_SYSV_IPC };

	memset(q, 0, sizeof(*q));
	q->who = *who;
	do
		q->op = random_below(r, CORDON_OP_COUNT + 2);
	while (q->op == CORDON_OP_CAPABILITY ? who->uid != 0 : q->op != MOVE && !(OPS >> q->op & 1));
	if (!who->uid && !random_below(r, 3)) /* few are root, and only root has capabilities */
		q->op = CORDON_OP_CAPABILITY;
	q->number = q->op == CORDON_OP_KERNEL ? numbers[random_below(r, COUNT(numbers))] :
		    random_below(r, 2)	      ? CAP_NET_ADMIN :
						CAP_SYS_ADMIN;
	random_place(r, q);
	do
		random_addr(r, q->addr);
	while (q->op == CORDON_OP_REACH && (!memcmp(q->addr, (uint8_t[16]){ 0 }, 16) ||
					    !memcmp(q->addr, (uint8_t[16]){ [10] = 0xff, [11] = 0xff }, 16)));
	q->port = random_port(r);
	q->tcp = (uint8_t)random_below(r, 2);
	q->connect = (uint8_t)random_below(r, 2);
	/* without CAP_NET_RAW, which a policy may refuse root as well, packet sockets give EPERM of their own */
	q->family = families[random_below(r, who->uid || capabilities ? 4 : 6)];
	q->type = types[random_below(r, 3)];
	q->protocol = protocols[random_below(r, 7)];
}

/* A policy in force, in all its forms. */
struct world {
	const struct mount_table *mounts;
	struct policy *policy;
	struct image *image;
	uint64_t generation;
};

static bool is_directory(const struct request *q)
{
	for (size_t i = 0; i < COUNT(moves); i++)
		if (!strcmp(moves[i].from, q->path) && !strcmp(moves[i].to, q->to))
			return moves[i].directory;
	return false;
}

/* The old name goes, what it replaces goes, the new name comes; and the object may gain nothing. Any of them refuses. */
static void expected_move(const struct world *world, const struct request *q, const struct image_subject *s,
			  const struct image_object *from, struct cordon_decision *d)
{
	struct image_object old = *from, new = *from;
	char to[512];

	place_of(q->to, &new.dev, to, sizeof(to));
	new.path = to;
	old.op = new.op = CORDON_OP_DELETE;
	if (image_evaluate(world->image, s, &old, d) || (!d->deny && image_evaluate(world->image, s, &new, d)))
		die("reference");
	new.op = CORDON_OP_CREATE;
	if ((!d->deny && image_evaluate(world->image, s, &new, d)) ||
	    (!d->deny && image_moves(world->image, s, &old, &new, is_directory(q), d)))
		die("reference");
}

/* The programs that this one comes from, from its own up to the first process's. All are on the root file system. */
static struct image_program own_line[16];
static size_t own_line_len;

static void note_own_line(void)
{
	static char exe[16][256];
	struct stat root;

	if (stat("/", &root) < 0)
		die("/");
	for (int pid = getpid(); pid && own_line_len < 16; own_line_len++) {
		char path[64], stat_line[512];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		if (readlink(path, exe[own_line_len], sizeof(exe[0]) - 1) < 0)
			die(path);
		own_line[own_line_len] = (struct image_program){ exe[own_line_len], device_number(root.st_dev), 0 };
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		file = fopen(path, "re");
		if (!file || !fgets(stat_line, sizeof(stat_line), file) ||
		    sscanf(strrchr(stat_line, ')') + 1, " %*c %d", &pid) != 1)
			die(path);
		fclose(file);
	}
}

#define LINE_MAX_PROGRAMS (COUNT(own_line) + 4)

/* What a worker comes from, in @line. Returns how many. */
static size_t line_of_worker(uint32_t worker, char (*text)[512], struct image_program *line)
{
	size_t n = own_line_len;

	memcpy(line, own_line, sizeof(own_line));
	for (const uint8_t *way = worker_ways[worker]; *way != OF_PLACES; way++, n++, text++) {
		line[n].path = worker == OLD_WORKER ? NULL : *text;
		place_of(worker_places[*way], &line[n].dev, *text, sizeof(*text));
	}
	return n;
}

/* The answer of the tables. False: the two references differ, which is said. */
static bool expected(const struct world *world, const struct request *q, struct cordon_decision *d)
{
	char program[512], path[512];
	const struct subject *who = &q->who;
	struct image_subject s = { .uid = who->uid, .real_uid = who->uid, .login = CORDON_LOGIN_UNSET,
				   .session = CORDON_SESSION_SERVICE, .gids = who->gids, .ngids = who->ngids,
				   .cgroup = unit_paths[who->unit], .program = program };
	struct image_object o = { .op = (enum cordon_op)q->op, .path = path, .port = q->port,
				  .ipproto = q->tcp ? IPPROTO_TCP : IPPROTO_UDP, .family = q->family, .type = q->type,
				  .protocol = q->protocol, .number = q->number };
	struct image_program line[LINE_MAX_PROGRAMS];
	struct oracle_answer opinion;
	char way[3][512];

	s.ancestors = line;
	s.nancestors = line_of_worker(who->worker, way, line);
	place_of(worker_places[who->worker], &s.program_dev, program, sizeof(program));
	if (q->abstract) {
		o.abstract = q->path;
		o.abstract_len = strlen(q->path);
	} else {
		place_of(q->path, &o.dev, path, sizeof(path));
	}
	memcpy(o.addr, q->addr, sizeof(o.addr));
	if (q->op == MOVE) {
		expected_move(world, q, &s, &o, d);
		return true;
	}
	if (image_evaluate(world->image, &s, &o, d))
		die("reference");
	opinion = oracle_decide(world->policy, world->mounts, &s, &o);
	if (opinion.deny == d->deny &&
	    (!d->deny || oracle_accuses(world->policy, world->mounts, &s, &o, false, world->image->rules[d->rule].name)))
		return true;
	printf("# tables: %s, rules as written: %s\n", d->deny ? "refused" : "allowed", opinion.deny ? "refused" : "allowed");
	return false;
}

/* The last refusal of a request like this one (others on the machine may be refused, too); `seen` counts them. */
struct reported {
	uint32_t op, euid;
	struct cordon_event event;
	unsigned seen;
};

static int on_event(void *context, void *data, size_t size)
{
	struct reported *reported = context;
	const struct cordon_event *event = data;

	if (size == sizeof(*event) && event->kind == CORDON_EVENT_DENY && event->op == reported->op &&
	    event->euid == reported->euid) {
		reported->event = *event;
		reported->seen++;
	}
	return 0;
}

static void explain(const struct request *q, const struct answer *answer, const struct cordon_decision *d,
		    const struct image *image, const struct reported *reported)
{
	const struct subject *who = &q->who;
	char addr[64];

	printf("# uid %u gids %u %u %u (%u) unit %s program %s op %u, %s\n", who->uid, who->gids[0], who->gids[1],
	       who->gids[2], who->ngids, unit_paths[who->unit], worker_places[who->worker], q->op,
	       who->alive ? "which asked before" : "new");
	printf("# number %u, path %s to %s, %s %s port %u connect %u, socket %u %u %u\n", q->number, q->path, q->to, q->tcp ? "tcp" : "udp",
	       inet_ntop(AF_INET6, q->addr, addr, sizeof(addr)), q->port, q->connect, q->family, q->type, q->protocol);
	printf("# the kernel: %s (%s); reference: %s by %s\n", answer->refused ? "refused" : "allowed",
	       strerror(answer->err), d->deny ? "refused" : "allowed",
	       d->rule == CORDON_RULE_NONE ? "no rule" : image->rules[d->rule].name);
	printf("# %u events of it: operation %u, reason %u, atom %d, generation %llu; reference: reason %u, atom %d\n",
	       reported->seen, reported->event.op, reported->event.reason, (int)reported->event.rule,
	       (unsigned long long)reported->event.generation, d->reason, (int)d->rule);
}

struct tally {
	unsigned policies, requests, refused, again, wrong;
	unsigned of[CORDON_OP_COUNT + 2][2]; /* [operation][refused] */
};

/* A refusal leaves an event, and it names the reference's atom and the generation in force. */
static bool reported_right(const struct reported *reported, const struct cordon_decision *d, uint64_t generation)
{
	if (!d->deny)
		return true;
	return reported->seen && reported->event.reason == d->reason && reported->event.rule == d->rule &&
	       reported->event.generation == generation;
}

/* What stands around every request. */
struct test {
	struct guard *guard;
	struct ring_buffer *ring;
	struct reported reported;
	struct worker workers[WORKERS];
	struct subject subjects[WORKERS];
	struct tally tally;
};

static struct answer ask(struct test *t, const struct request *q)
{
	struct worker *worker = &t->workers[q->who.worker];
	struct answer answer;

	if (write(worker->ask, q, sizeof(*q)) != sizeof(*q) || read(worker->tell, &answer, sizeof(answer)) != sizeof(answer))
		die("worker");
	t->subjects[q->who.worker].alive = !q->last && answer.refused >= 0;
	return answer;
}

static bool one_request(struct test *t, struct random *r, const struct world *world)
{
	uint32_t worker = random_below(r, WORKERS);
	struct subject *who = &t->subjects[worker];
	struct cordon_decision d;
	struct answer answer;
	struct request q;
	bool agreed;

	if (!who->alive)
		random_subject(r, who);
	who->worker = worker;
	random_request(r, who, world->image->meta.active >> CORDON_OP_CAPABILITY & 1, &q);
	q.last = !random_below(r, 8);
	agreed = expected(world, &q, &d);
	ring_buffer__consume(t->ring);
	t->reported = (struct reported){ .op = q.op, .euid = q.who.uid };
	answer = ask(t, &q);
	ring_buffer__consume(t->ring);
	t->tally.requests++;
	t->tally.refused += answer.refused > 0;
	t->tally.of[q.op][answer.refused > 0]++;
	t->tally.again += q.who.alive;
	/* Which of a move's refusals is told is the guard's own affair. */
	if (agreed && answer.refused >= 0 && (answer.refused > 0) == d.deny &&
	    (q.op == MOVE || reported_right(&t->reported, &d, world->generation)))
		return true;
	explain(&q, &answer, &d, world->image, &t->reported);
	t->tally.wrong++;
	return false;
}

static void end_subjects(struct test *t)
{
	for (uint32_t i = 0; i < WORKERS; i++) {
		struct request q = { .who = t->subjects[i], .last = true, .op = NOTHING };

		if (t->subjects[i].alive)
			ask(t, &q);
	}
}

static int fake_id(void *context, const char *name, uint32_t *ret_id)
{
	*ret_id = !strcmp(name, "alice") ? 1000 : 1001;
	return 0;
}

static const struct resolver fake = { .user = fake_id, .group = fake_id };

static bool one_policy(struct test *t, struct random *r, unsigned nrequests, const struct mount_table *mounts)
{
	struct world world = { .mounts = mounts };
	struct buf text = BUF_INIT;
	struct diag diag;
	bool good = true;

	diag_init(&diag);
	random_policy(r, 1 + random_below(r, random_below(r, 8) ? 12 : 90), OPS | RANDOM_LOGINS | RANDOM_ANCESTORS | RANDOM_GUARDED, &text);
	if (policy_parse(&(struct policy_text){ "random.yaml", text.data, text.len }, 1, &fake, &world.policy, &diag) ||
	    policy_compile(world.policy, mounts, &world.image, &diag) ||
	    guard_publish(t->guard, world.image, &world.generation, &diag)) {
		diag_print(&diag, stdout);
		die("policy");
	}
	t->tally.policies++;
	for (unsigned i = 0; good && i < nrequests; i++)
		good = one_request(t, r, &world);
	if (!good)
		printf("%s\n", buf_str(&text));
	buf_done(&text);
	image_free(world.image);
	policy_free(world.policy);
	diag_done(&diag);
	return good;
}

static void one_seed(struct test *t, uint64_t seed, unsigned nrequests, const struct mount_table *mounts)
{
	struct random r = { seed };
	bool good = true;

	for (int i = 0; good && i < POLICIES_OF_SEED; i++)
		good = one_policy(t, &r, nrequests, mounts);
	if (!good)
		printf("# seed %llu\n", (unsigned long long)seed);
	end_subjects(t);
}

static void start_workers(struct test *t, bool old)
{
	for (uint32_t i = 0; i < WORKERS; i++)
		if ((i == OLD_WORKER) == old)
			start_worker(&t->workers[i], i);
}

static int verdict(const struct tally *tally, uint64_t seed, unsigned nseeds)
{
	bool common = tally->refused >= tally->requests / 15 && tally->refused <= tally->requests * 9 / 10;

	printf("# seeds %llu to %llu: %u policies, %u requests, %u refused, %u by a process that had asked before\n",
	       (unsigned long long)seed, (unsigned long long)seed + nseeds - 1, tally->policies, tally->requests,
	       tally->refused, tally->again);
	printf("%sok 1 - the kernel, the tables and the rules as written agree on every request\n", tally->wrong ? "not " : "");
	for (unsigned op = 0; op <= MOVE; op++) {
		if (op != MOVE && !(OPS >> op & 1))
			continue;
		printf("# %s: %u allowed, %u refused\n", op == MOVE ? "rename" : value_operations[op].name, tally->of[op][0],
		       tally->of[op][1]);
	}
	printf("%sok 2 - both answers are common\n", common ? "" : "not ");
	fflush(stdout);
	return tally->wrong ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct guard_options options;
	static struct test t;
	struct mount_table *mounts = NULL;
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 20261121;
	unsigned nseeds, nrequests;

	if (argc == 2 && !strcmp(argv[1], "--exit"))
		return 0;
	if (argc >= 4 && !strcmp(argv[1], "--work"))
		return work_on(argv);
	if (argc < 3)
		return 2;
	nseeds = (unsigned)atoi(argv[1]);
	nrequests = (unsigned)atoi(argv[2]);
	world_make();
	for (size_t i = 0; i < WORKERS; i++)
		copy_program("/proc/self/exe", worker_places[i], 0777);
	start_workers(&t, true);
	t.guard = start_guard(&options, &mounts);
	start_workers(&t, false);
	note_own_line();
	t.ring = ring_buffer__new(t.guard->events, on_event, &t.reported, NULL);
	if (!t.ring)
		die("ring buffer");
	for (unsigned i = 0; i < nseeds && t.tally.wrong < 3; i++)
		one_seed(&t, seed + i, nrequests, mounts);
	_exit(verdict(&t.tally, seed, nseeds));
}
