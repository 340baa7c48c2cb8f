/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worker: compile in a child (worker.h).
 */
#include "cli/worker.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/compile.h"
#include "say/diagjson.h"
#include "cli/fileio.h"
#include "cli/hoststore.h"
#include "cli/pending.h"
#include "common/arena.h"
#include "common/buf.h"
#include "policy/compile.h"

#define SAID_MAX    (64u << 20)
#define WIRE_MAGIC  0x636f7264u
#define TEXT_MAX    (64u << 20)
#define COUNT_MAX   (1u << 28)

/* Head of an image in a file; then the arrays in this order, the rules, their texts. */
struct wire {
	uint32_t magic, pad;
	struct worker_print print;
	struct cordon_meta meta;
	uint64_t nsets, nvalues, nprefixes, nnames, nstates, nbytes, nroots, text;
};

struct wire_rule {
	uint64_t name, policy, file; /* offsets into the texts */
	uint32_t line, column, permit, enforce;
};

/* ---- its print -------------------------------------------------------------------------------- */

/* FNV-1a, 128 bits. */
static void mix(unsigned __int128 *hash, const void *data, size_t size)
{
	const unsigned __int128 prime = (unsigned __int128)1 << 88 | 0x13b;
	const unsigned char *at = data;

	for (size_t i = 0; i < size; i++)
		*hash = (*hash ^ at[i]) * prime;
}

static void mix_text(unsigned __int128 *hash, const char *text)
{
	mix(hash, text ? text : "", strlen(text ? text : "") + 1);
}

static struct worker_print print_of(const struct image *image)
{
	unsigned __int128 hash = (unsigned __int128)0x6c62272e07bb0142 << 64 | 0x62b821756295c58d;
	struct cordon_meta meta = image->meta;
	const uint64_t counts[] = { image->nsets, image->nvalues, image->nprefixes, image->nnames,
				    image->nstates, image->nbytes, image->nroots };

	meta.generation = 0;
	mix(&hash, &meta, sizeof(meta));
	mix(&hash, counts, sizeof(counts));
	mix(&hash, image->sets, image->nsets * meta.nchunks * sizeof(*image->sets));
	mix(&hash, image->values, image->nvalues * sizeof(*image->values));
	mix(&hash, image->prefixes, image->nprefixes * sizeof(*image->prefixes));
	mix(&hash, image->names, image->nnames * sizeof(*image->names));
	mix(&hash, image->states, image->nstates * sizeof(*image->states));
	mix(&hash, image->bytes, image->nbytes * sizeof(*image->bytes));
	mix(&hash, image->roots, image->nroots * sizeof(*image->roots));
	for (uint32_t i = 0; i < meta.nrules; i++) {
		const struct image_rule *rule = &image->rules[i];
		const uint32_t facts[] = { rule->line, rule->permit, rule->enforce };

		mix_text(&hash, rule->name);
		mix_text(&hash, rule->policy);
		mix_text(&hash, rule->file);
		mix(&hash, facts, sizeof(facts));
	}
	return (struct worker_print){ .low = (uint64_t)hash, .high = (uint64_t)(hash >> 64) };
}

/* ---- writing ---------------------------------------------------------------------------------- */

/* The offset of a text, which is added; equal neighbours are added once, for the rules of one file follow each other. */
static uint64_t add_text(struct buf *texts, const char *text, uint64_t before)
{
	uint64_t offset = texts->len;

	text = text ? text : "";
	if (texts->len && strcmp(texts->data + before, text) == 0)
		return before;
	buf_add(texts, text, strlen(text) + 1);
	return offset;
}

static int put_rules(int fd, const struct image *image, const struct buf *texts, const struct wire_rule *rules)
{
	int err = fileio_put(fd, rules, image->meta.nrules * sizeof(*rules));

	return err ? err : fileio_put(fd, texts->data, texts->len);
}

static int put_arrays(int fd, const struct image *image)
{
	const struct { const void *data; size_t n, size; } arrays[] = {
		{ image->sets, image->nsets * image->meta.nchunks, sizeof(*image->sets) },
		{ image->values, image->nvalues, sizeof(*image->values) },
		{ image->prefixes, image->nprefixes, sizeof(*image->prefixes) },
		{ image->names, image->nnames, sizeof(*image->names) },
		{ image->states, image->nstates, sizeof(*image->states) },
		{ image->bytes, image->nbytes, sizeof(*image->bytes) },
		{ image->roots, image->nroots, sizeof(*image->roots) },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(arrays) / sizeof(arrays[0]); i++)
		err = fileio_put(fd, arrays[i].data, arrays[i].n * arrays[i].size);
	return err;
}

int worker_write_image(int fd, const struct image *image)
{
	struct wire_rule *rules = calloc(image->meta.nrules + 1, sizeof(*rules));
	struct buf texts = BUF_INIT;
	struct wire wire = { .magic = WIRE_MAGIC, .print = print_of(image), .meta = image->meta, .nsets = image->nsets, .nvalues = image->nvalues,
			     .nprefixes = image->nprefixes, .nnames = image->nnames, .nstates = image->nstates,
			     .nbytes = image->nbytes, .nroots = image->nroots };
	int err = rules ? 0 : -ENOMEM;

	for (uint32_t i = 0; rules && i < image->meta.nrules; i++) {
		const struct image_rule *rule = &image->rules[i];
		const struct wire_rule *last = i ? &rules[i - 1] : &rules[0];

		rules[i].name = add_text(&texts, rule->name, last->name);
		rules[i].policy = add_text(&texts, rule->policy, last->policy);
		rules[i].file = add_text(&texts, rule->file, last->file);
		rules[i].line = rule->line;
		rules[i].column = rule->column;
		rules[i].permit = rule->permit;
		rules[i].enforce = rule->enforce;
	}
	wire.text = texts.len;
	if (!err)
		err = texts.failed ? -ENOMEM : fileio_put(fd, &wire, sizeof(wire));
	if (!err)
		err = put_arrays(fd, image);
	if (!err)
		err = put_rules(fd, image, &texts, rules);
	buf_done(&texts);
	free(rules);
	return err;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static int get_array(int fd, uint64_t n, size_t size, void *ret_array)
{
	void *array;
	int err;

	if (n > COUNT_MAX)
		return -EBADMSG;
	array = calloc(n + 1, size);
	if (!array)
		return -ENOMEM;
	err = fileio_get(fd, array, n * size);
	if (err)
		free(array);
	else
		memcpy(ret_array, &array, sizeof(array));
	return err;
}

static int get_rules(int fd, const struct wire *wire, struct image *image)
{
	struct arena *arena = image->memory;
	uint32_t n = wire->meta.nrules;
	struct wire_rule *rules = NULL;
	char *texts;
	int err = get_array(fd, n, sizeof(*rules), &rules);

	if (err)
		return err;
	texts = arena_alloc(arena, wire->text + 1); /* ends with NUL: no text can leave it */
	image->rules = arena_new_n(arena, n + 1, struct image_rule);
	err = texts && image->rules ? fileio_get(fd, texts, wire->text) : -ENOMEM;
	for (uint32_t i = 0; !err && i < n; i++) {
		if (rules[i].name > wire->text || rules[i].policy > wire->text || rules[i].file > wire->text)
			err = -EBADMSG;
		else
			image->rules[i] = (struct image_rule){ texts + rules[i].name, texts + rules[i].policy, texts + rules[i].file,
							       rules[i].line, rules[i].column, rules[i].permit, rules[i].enforce };
	}
	free(rules);
	return err;
}

static int get_arrays(int fd, const struct wire *wire, struct image *image)
{
	int err = get_array(fd, wire->nsets * wire->meta.nchunks, sizeof(*image->sets), &image->sets);

	image->meta = wire->meta;
	image->nsets = wire->nsets;
	image->nvalues = wire->nvalues;
	image->nprefixes = wire->nprefixes;
	image->nnames = wire->nnames;
	image->nstates = wire->nstates;
	image->nbytes = wire->nbytes;
	image->nroots = wire->nroots;
	err = err ? err : get_array(fd, wire->nvalues, sizeof(*image->values), &image->values);
	err = err ? err : get_array(fd, wire->nprefixes, sizeof(*image->prefixes), &image->prefixes);
	err = err ? err : get_array(fd, wire->nnames, sizeof(*image->names), &image->names);
	err = err ? err : get_array(fd, wire->nstates, sizeof(*image->states), &image->states);
	err = err ? err : get_array(fd, wire->nbytes, sizeof(*image->bytes), &image->bytes);
	return err ? err : get_array(fd, wire->nroots, sizeof(*image->roots), &image->roots);
}

int worker_read_image(int fd, struct image **ret_image, struct worker_print *ret_print)
{
	struct image *image = calloc(1, sizeof(*image));
	struct arena *arena = calloc(1, sizeof(*arena));
	struct wire wire;
	char more;
	int err;

	if (!image || !arena) {
		free(image);
		free(arena);
		return -ENOMEM;
	}
	arena_init(arena, 0);
	image->memory = arena;
	err = fileio_get(fd, &wire, sizeof(wire));
	if (!err && (wire.magic != WIRE_MAGIC || wire.meta.abi != CORDON_ABI || wire.meta.nrules > CORDON_RULES_MAX ||
		     wire.meta.nchunks > CORDON_CHUNKS_MAX || wire.nsets > COUNT_MAX || wire.text > TEXT_MAX))
		err = -EBADMSG;
	if (!err)
		err = get_arrays(fd, &wire, image);
	if (!err)
		err = get_rules(fd, &wire, image);
	if (!err && read(fd, &more, 1) != 0)
		err = -EBADMSG;
	if (err) {
		image_free(image);
		return err;
	}
	*ret_image = image;
	*ret_print = wire.print;
	return 0;
}

/* ---- the child -------------------------------------------------------------------------------- */

/* No rule is enforced. The set of no atom is the same in every image. */
static void make_audit(struct image *image)
{
	image->meta.enforce = CORDON_SET_NONE;
	for (uint32_t i = 0; i < image->meta.nrules; i++)
		image->rules[i].enforce = false;
}

static int compile_nothing(struct image **ret_image, struct diag *diag)
{
	struct policy policy = { 0 };
	struct mount_table *mounts;
	int err = mount_table_read(COMPILE_MOUNTS, &mounts, diag);

	if (err)
		return err;
	err = policy_compile(&policy, mounts, ret_image, diag);
	mount_table_free(mounts);
	return err;
}

static int put_json(int fd, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int err = text ? fileio_put(fd, text, strlen(text)) : -ENOMEM;

	free(text);
	json_decref(json);
	return err;
}

/* The table with the names of this policy only. It is this process's own: nobody else sees the change. */
static int compile_task(const struct worker_task *task, struct hosts *hosts, struct image **ret_image, struct diag *diag)
{
	const struct compile_names names = { .hosts = hosts, .ask = task->ask, .told = task->told, .askers = task->told,
					     .must = task->ask };

	if (task->hosts && !hosts_take(hosts, task->hosts, true))
		return -ENOMEM;
	return task->bundle ? compile_bundle(task->bundle, &names, ret_image, diag) : compile_nothing(ret_image, diag);
}

static _Noreturn void work(const struct worker *worker, pid_t daemon, const struct worker_task *task)
{
	struct hosts hosts = { 0 };
	struct image *image = NULL;
	struct diag diag;
	sigset_t none;
	int err;

	/* Who has lost its daemon compiles for nobody, and must not hold its lock. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != daemon)
		_exit(2);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	diag_init(&diag);
	err = compile_task(task, &hosts, &image, &diag);
	if (!err && task->audit)
		make_audit(image);
	if (!err)
		err = worker_write_image(worker->image, image);
	if (!err)
		err = put_json(worker->names, hosts_to_json(&hosts, (int64_t)pending_now()));
	if (put_json(worker->said, diag_to_json(&diag)) < 0)
		_exit(2);
	_exit(err ? 1 : 0);
}

/* ---- the parent ------------------------------------------------------------------------------- */

void worker_result_done(struct worker_result *result)
{
	image_free(result->image);
	hosts_done(&result->hosts);
	*result = (struct worker_result){ 0 };
}

static void release(struct worker *worker)
{
	const int fds[] = { worker->image, worker->said, worker->names };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*worker = WORKER_INIT;
}

int worker_start(struct worker *ret_worker, const struct worker_task *task, struct diag *diag)
{
	struct worker worker = WORKER_INIT;
	pid_t daemon = getpid();
	int err = 0;

	worker.image = memfd_create("cordon-image", MFD_CLOEXEC);
	worker.said = memfd_create("cordon-said", MFD_CLOEXEC);
	worker.names = memfd_create("cordon-hosts", MFD_CLOEXEC);
	if (worker.image < 0 || worker.said < 0 || worker.names < 0)
		err = -errno;
	if (!err) {
		worker.pid = fork();
		if (worker.pid == 0)
			work(&worker, daemon, task);
		err = worker.pid < 0 ? -errno : 0;
	}
	if (err) {
		release(&worker);
		return diag_fail(diag, err, NULL, "the compiler cannot be started: %s", strerror(-err));
	}
	*ret_worker = worker;
	return 0;
}

int worker_wait(struct worker *worker)
{
	int status = -1;

	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int read_json(int fd, json_t **ret_json)
{
	char *text;
	size_t size;
	int err;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	err = fileio_read(fd, SAID_MAX, &text, &size);
	if (err)
		return err;
	*ret_json = json_loadb(text, size, 0, NULL);
	free(text);
	return *ret_json ? 0 : -EBADMSG;
}

static int take_said(int fd, struct diag *diag)
{
	json_t *list = NULL;
	int err = read_json(fd, &list);

	if (!err && !json_is_array(list))
		err = -EBADMSG;
	if (!err)
		diag_from_json(list, diag);
	json_decref(list);
	return err;
}

static int take_names(int fd, struct hosts *ret_hosts)
{
	json_t *json = NULL;
	int err = read_json(fd, &json);

	if (!err)
		err = hosts_from_json(json, (int64_t)pending_now(), false, ret_hosts);
	json_decref(json);
	return err;
}

static int take_result(const struct worker *worker, struct worker_result *ret_result)
{
	struct worker_result result = { 0 };
	int err = lseek(worker->image, 0, SEEK_SET) < 0 ? -errno : worker_read_image(worker->image, &result.image, &result.print);

	if (!err)
		err = take_names(worker->names, &result.hosts);
	if (err)
		worker_result_done(&result);
	else
		*ret_result = result;
	return err;
}

int worker_finish(struct worker *worker, int status, struct worker_result *ret_result, struct diag *diag)
{
	size_t before = diag ? diag->n_errors : 0;
	int err = 0;

	if (WIFSIGNALED(status))
		err = diag_fail(diag, -EIO, NULL, "the compiler was killed by signal %d%s", WTERMSIG(status),
				WTERMSIG(status) == SIGKILL ? " (no memory?)" : "");
	else if (!WIFEXITED(status) || WEXITSTATUS(status) > 1 || take_said(worker->said, diag) < 0)
		err = diag_fail(diag, -EIO, NULL, "the compiler ended without an answer");
	else if (WEXITSTATUS(status) == 1)
		err = diag && diag->n_errors == before ? diag_fail(diag, -EIO, NULL, "the compiler failed") : -EINVAL;
	else if ((err = take_result(worker, ret_result)) < 0)
		diag_fail(diag, err, NULL, "the compiler's image cannot be read: %s", strerror(-err));
	release(worker);
	return err;
}

void worker_cancel(struct worker *worker)
{
	if (worker->pid > 0) {
		kill(worker->pid, SIGKILL);
		(void)worker_wait(worker);
	}
	release(worker);
}
