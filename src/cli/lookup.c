/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lookup: names -> addresses (lookup.h). Everything that the child leaves is checked before it is believed.
 */
#include "cli/lookup.h"

#include <ares.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/fileio.h"

#define AT_ONCE	     24u /* names that are asked for at a time */
#define TRY_MS	     2000
#define TRIES	     2
#define UDP_PAYLOAD  1232 /* bytes: what every path carries; longer answers come by TCP */
#define FILE_TTL     60u  /* of /etc/hosts */
#define CLASS_IN     1
#define TYPE_A	     1
#define TYPE_AAAA    28
#define ERROR_MAX    64

/* What the child says of one name; its addresses follow. */
struct record {
	uint32_t outcome[2], ttl[2], n;
	char error[ERROR_MAX];
};

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* ---- the child -------------------------------------------------------------------------------- */

struct asker;

struct question {
	struct asker *asker;
	const char *name;
	struct record record;
	uint8_t addr[HOSTS_ADDRESSES_MAX][16];
	unsigned open; /* families without an answer yet */
};

struct asker {
	ares_channel channel;
	const char *const *names;
	size_t n, next, open;
	struct question *questions;
};

static void add_address(struct question *q, unsigned family, const void *address)
{
	uint8_t *to;

	if (q->record.n >= HOSTS_ADDRESSES_MAX)
		return;
	to = q->addr[q->record.n++];
	if (family) {
		memcpy(to, address, 16);
	} else {
		memcpy(to, mapped, sizeof(mapped));
		memcpy(to + sizeof(mapped), address, 4);
	}
}

static int take_a(struct question *q, const unsigned char *answer, int length)
{
	struct ares_addrttl list[HOSTS_ADDRESSES_MAX];
	int n = HOSTS_ADDRESSES_MAX, status = ares_parse_a_reply(answer, length, NULL, list, &n);

	for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
		add_address(q, 0, &list[i].ipaddr);
		if (!i || (uint32_t)list[i].ttl < q->record.ttl[0])
			q->record.ttl[0] = (uint32_t)(list[i].ttl < 0 ? 0 : list[i].ttl);
	}
	return status == ARES_SUCCESS && !n ? ARES_ENODATA : status;
}

static int take_aaaa(struct question *q, const unsigned char *answer, int length)
{
	struct ares_addr6ttl list[HOSTS_ADDRESSES_MAX];
	int n = HOSTS_ADDRESSES_MAX, status = ares_parse_aaaa_reply(answer, length, NULL, list, &n);

	for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
		add_address(q, 1, &list[i].ip6addr);
		if (!i || (uint32_t)list[i].ttl < q->record.ttl[1])
			q->record.ttl[1] = (uint32_t)(list[i].ttl < 0 ? 0 : list[i].ttl);
	}
	return status == ARES_SUCCESS && !n ? ARES_ENODATA : status;
}

static void take_answer(struct question *q, unsigned family, int status, const unsigned char *answer, int length)
{
	if (status == ARES_SUCCESS)
		status = family ? take_aaaa(q, answer, length) : take_a(q, answer, length);
	if (status == ARES_SUCCESS)
		q->record.outcome[family] = HOST_ANSWERED;
	else if (status == ARES_ENODATA || status == ARES_ENOTFOUND)
		q->record.outcome[family] = HOST_EMPTY;
	else
		strncpy(q->record.error, ares_strerror(status), ERROR_MAX - 1);
	if (--q->open == 0)
		q->asker->open--;
}

static void on_a(void *context, int status, int timeouts, unsigned char *answer, int length)
{
	take_answer(context, 0, status, answer, length);
}

static void on_aaaa(void *context, int status, int timeouts, unsigned char *answer, int length)
{
	take_answer(context, 1, status, answer, length);
}

/* What the machine's own file says; a name that stands there is not asked for. */
static bool take_file(struct question *q)
{
	static const int families[] = { AF_INET, AF_INET6 };
	bool found = false;

	for (unsigned family = 0; family < 2; family++) {
		struct hostent *host = NULL;

		if (ares_gethostbyname_file(q->asker->channel, q->name, families[family], &host) != ARES_SUCCESS)
			continue;
		for (char **at = host->h_addr_list; *at; at++)
			add_address(q, family, *at);
		ares_free_hostent(host);
		found = true;
		q->record.outcome[family] = HOST_ANSWERED;
		q->record.ttl[family] = FILE_TTL;
	}
	for (unsigned family = 0; found && family < 2; family++)
		if (q->record.outcome[family] != HOST_ANSWERED)
			q->record.outcome[family] = HOST_EMPTY;
	return found;
}

static void ask_more(struct asker *asker)
{
	while (asker->next < asker->n && asker->open < AT_ONCE) {
		struct question *q = &asker->questions[asker->next];

		q->asker = asker;
		q->name = asker->names[asker->next++];
		if (take_file(q))
			continue;
		asker->open++;
		q->open = 2;
		ares_query(asker->channel, q->name, CLASS_IN, TYPE_A, on_a, q);
		ares_query(asker->channel, q->name, CLASS_IN, TYPE_AAAA, on_aaaa, q);
	}
}

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* One turn: wait for a socket of the channel, or for its next time-out. */
static void turn(struct asker *asker, int64_t left)
{
	struct timeval most = { .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 }, wait, *time;
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd polls[ARES_GETSOCK_MAXNUM];
	int bits = ares_getsock(asker->channel, sockets, ARES_GETSOCK_MAXNUM), n = 0;

	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = (ARES_GETSOCK_READABLE(bits, i) ? POLLIN : 0) | (ARES_GETSOCK_WRITABLE(bits, i) ? POLLOUT : 0);

		if (events)
			polls[n++] = (struct pollfd){ .fd = sockets[i], .events = events };
	}
	time = ares_timeout(asker->channel, &most, &wait);
	(void)poll(polls, (nfds_t)n, (int)(time->tv_sec * 1000 + time->tv_usec / 1000 + 1));
	ares_process_fd(asker->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what timed out */
	for (int i = 0; i < n; i++)
		if (polls[i].revents)
			ares_process_fd(asker->channel, polls[i].revents & ~POLLOUT ? polls[i].fd : ARES_SOCKET_BAD,
					polls[i].revents & POLLOUT ? polls[i].fd : ARES_SOCKET_BAD);
}

static int open_channel(ares_channel *ret_channel)
{
	struct ares_options options = { .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS, .timeout = TRY_MS,
					.tries = TRIES, .ednspsz = UDP_PAYLOAD };

	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return -EIO;
	return ares_init_options(ret_channel, &options, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ) ==
			       ARES_SUCCESS ? 0 : -EIO;
}

static int ask_all(int out, const char *const *names, size_t n)
{
	struct asker asker = { .names = names, .n = n, .questions = calloc(n + 1, sizeof(*asker.questions)) };
	int64_t end = clock_ms() + LOOKUP_DEADLINE_MS, left;
	int err = asker.questions ? open_channel(&asker.channel) : -ENOMEM;

	if (err)
		return err;
	for (ask_more(&asker); asker.open && (left = end - clock_ms()) > 0; ask_more(&asker))
		turn(&asker, left);
	/* What is open now failed, and so did what was not come to. */
	for (size_t i = 0; !err && i < n; i++) {
		struct question *q = &asker.questions[i];

		if (q->open || !q->name)
			strcpy(q->record.error, "no answer in time");
		err = fileio_put(out, &q->record, sizeof(q->record));
		if (!err)
			err = fileio_put(out, q->addr, q->record.n * sizeof(q->addr[0]));
	}
	return err;
}

/* Whatever an answer does to this process: it holds nothing, is nobody, and does not last. */
static int drop_all(int *out, pid_t parent)
{
	const struct { int what; rlim_t most; } limits[] = {
		{ RLIMIT_CPU, LOOKUP_DEADLINE_MS / 1000 }, { RLIMIT_FSIZE, 64u << 20 }, { RLIMIT_NOFILE, 256 }, { RLIMIT_CORE, 0 },
	};
	sigset_t none;

	int nothing = open("/dev/null", O_RDWR);

	if (nothing < 0 || dup2(*out, 3) < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 || dup2(nothing, 2) < 0 ||
	    close_range(4, ~0u, 0) < 0)
		return -errno;
	*out = 3;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (setrlimit(limits[i].what, &(struct rlimit){ limits[i].most, limits[i].most }) < 0)
			return -errno;
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(LOOKUP_UID, LOOKUP_UID, LOOKUP_UID) < 0 ||
			       setresuid(LOOKUP_UID, LOOKUP_UID, LOOKUP_UID) < 0))
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	if (getppid() != parent)
		return -ESRCH;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGALRM, SIG_DFL);
	alarm(LOOKUP_DEADLINE_MS / 1000 + 5);
	return 0;
}

static _Noreturn void work(int out, pid_t parent, const char *const *names, size_t n)
{
	if (drop_all(&out, parent) < 0)
		_exit(2);
	_exit(ask_all(out, names, n) ? 1 : 0);
}

/* ---- the parent ------------------------------------------------------------------------------- */

static void release(struct lookup *lookup)
{
	if (lookup->out >= 0)
		close(lookup->out);
	for (size_t i = 0; i < lookup->n; i++)
		free(lookup->names[i]);
	free(lookup->names);
	*lookup = LOOKUP_INIT;
}

static int copy_names(struct lookup *lookup, const char *const *names, size_t n)
{
	lookup->names = calloc(n + 1, sizeof(*lookup->names));
	for (; lookup->names && lookup->n < n; lookup->n++)
		if (!(lookup->names[lookup->n] = strdup(names[lookup->n])))
			return -ENOMEM;
	return lookup->names ? 0 : -ENOMEM;
}

int lookup_start(struct lookup *ret_lookup, const char *const *names, size_t n, struct diag *diag)
{
	struct lookup lookup = LOOKUP_INIT;
	pid_t parent = getpid();
	int err = copy_names(&lookup, names, n);

	if (!err && (lookup.out = memfd_create("cordon-names", MFD_CLOEXEC)) < 0)
		err = -errno;
	if (!err) {
		lookup.pid = fork();
		if (lookup.pid == 0)
			work(lookup.out, parent, (const char *const *)lookup.names, n);
		err = lookup.pid < 0 ? -errno : 0;
	}
	if (err) {
		release(&lookup);
		return diag_fail(diag, err, NULL, "host names cannot be asked for: %s", strerror(-err));
	}
	*ret_lookup = lookup;
	return 0;
}

/* One record and its addresses, which are malloc'ed. */
static int read_record(int fd, struct record *record, uint8_t (**ret_addr)[16])
{
	uint8_t(*addr)[16];
	int err = fileio_get(fd, record, sizeof(*record));

	if (err || record->n > HOSTS_ADDRESSES_MAX || record->outcome[0] > HOST_ANSWERED || record->outcome[1] > HOST_ANSWERED)
		return -EBADMSG;
	record->error[ERROR_MAX - 1] = '\0';
	addr = calloc(record->n + 1, sizeof(*addr));
	if (!addr)
		return -ENOMEM;
	err = fileio_get(fd, addr, record->n * sizeof(*addr));
	if (err)
		free(addr);
	else
		*ret_addr = addr;
	return err;
}

void lookup_finish(struct lookup *lookup, int status, lookup_take take, void *context)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0 && lseek(lookup->out, 0, SEEK_SET) == 0;
	const char *why = WIFEXITED(status) && WEXITSTATUS(status) == 2 ? "the process that asks may not be started as nobody" :
									  "the process that asks died";

	for (size_t i = 0; i < lookup->n; i++) {
		struct host_answer answer = { .error = why };
		uint8_t(*addr)[16] = NULL;
		struct record record;

		good = good && read_record(lookup->out, &record, &addr) == 0;
		if (good)
			answer = (struct host_answer){ .outcome = { record.outcome[0], record.outcome[1] },
						       .ttl = { record.ttl[0], record.ttl[1] }, .addr = (const uint8_t(*)[16])addr,
						       .n = record.n, .error = record.error };
		take(context, lookup->names[i], &answer);
		free(addr);
	}
	release(lookup);
}

static int wait_for(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

void lookup_cancel(struct lookup *lookup)
{
	if (lookup->pid > 0) {
		kill(lookup->pid, SIGKILL);
		(void)wait_for(lookup->pid);
	}
	release(lookup);
}

int lookup_run(const char *const *names, size_t n, lookup_take take, void *context, struct diag *diag)
{
	struct lookup lookup;
	int err = lookup_start(&lookup, names, n, diag);

	if (err)
		return err;
	lookup_finish(&lookup, wait_for(lookup.pid), take, context);
	return 0;
}

int lookup_servers(struct lookup_server *ret_servers, size_t most)
{
	struct ares_addr_port_node *list = NULL;
	ares_channel channel;
	size_t n = 0;

	if (open_channel(&channel) < 0)
		return -EIO;
	if (ares_get_servers_ports(channel, &list) == ARES_SUCCESS)
		for (struct ares_addr_port_node *at = list; at && n < most; at = at->next, n++) {
			ret_servers[n] = (struct lookup_server){ .port = (uint16_t)(at->udp_port ? at->udp_port : 53) };
			if (at->family == AF_INET6) {
				memcpy(ret_servers[n].addr, &at->addr.addr6, 16);
			} else {
				memcpy(ret_servers[n].addr, mapped, sizeof(mapped));
				memcpy(ret_servers[n].addr + sizeof(mapped), &at->addr.addr4, 4);
			}
		}
	ares_free_data(list);
	ares_destroy(channel);
	return (int)n;
}
