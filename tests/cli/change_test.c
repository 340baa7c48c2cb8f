// SPDX-License-Identifier: GPL-2.0-only
/* The compiler in a process of its own, and the mark of a policy on trial: what comes back, and what does not. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cli/compile.h"
#include "cli/paths.h"
#include "cli/pending.h"
#include "cli/worker.h"
#include "../tap.h"

static char folder[64];

static void enter(void)
{
	strcpy(folder, "/tmp/cordon-change.XXXXXX");
	CHECK(mkdtemp(folder) && chdir(folder) == 0);
}

static void leave(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	CHECK(system(command) == 0);
}

/* A policy with a rule of this name. */
static struct bundle bundle_of(const char *rule, const char *key)
{
	struct bundle bundle = BUNDLE_INIT;
	json_t *json;
	char text[600];

	snprintf(text, sizeof(text), "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: p}\nrules:\n  - rule: %s\n    %s: [read, exec]\n"
		 "    files: [\"/srv/**\", \"/tmp/a*b\"]\n  - rule: net\n    mode: audit\n    who: {users: [0, 5-9], groups: [3]}\n"
		 "    permit: [reach]\n    to: [{net: 10.0.0.0/8, ports: [1-5]}]\n", rule, key);
	json = json_pack("{s:i, s:[{s:s, s:s}]}", "version", 1, "files", "name", "a.yaml", "text", text);
	CHECK(bundle_from_json(json, &bundle, NULL) == 0);
	json_decref(json);
	return bundle;
}

static bool same_print(const struct worker_print *a, const struct worker_print *b)
{
	return a->low == b->low && a->high == b->high;
}

static int run(const struct bundle *bundle, bool audit, struct image **ret_image, struct worker_print *ret_print, struct diag *diag)
{
	struct worker_result result;
	struct worker worker;
	int err;

	CHECK(worker_start(&worker, &(struct worker_task){ .bundle = bundle, .audit = audit }, diag) == 0);
	err = worker_finish(&worker, worker_wait(&worker), &result, diag);
	if (err)
		return err;
	CHECK(!result.hosts.n);
	*ret_image = result.image;
	*ret_print = result.print;
	return 0;
}

/* The child's image is the one that is compiled here, to the last entry. */
static void there_and_back(void)
{
	struct bundle bundle = bundle_of("one", "forbid");
	struct image *here, *there;
	struct worker_print print;

	CHECK(compile_bundle(&bundle, NULL, &here, NULL) == 0);
	CHECK(run(&bundle, false, &there, &print, NULL) == 0);
	CHECK(memcmp(&here->meta, &there->meta, sizeof(here->meta)) == 0);
#define SAME_ARRAY(array, n) CHECK(here->n == there->n && memcmp(here->array, there->array, here->n * sizeof(*here->array)) == 0)
	SAME_ARRAY(values, nvalues);
	SAME_ARRAY(prefixes, nprefixes);
	SAME_ARRAY(names, nnames);
	SAME_ARRAY(states, nstates);
	SAME_ARRAY(bytes, nbytes);
	SAME_ARRAY(roots, nroots);
	CHECK(here->nsets == there->nsets && memcmp(here->sets, there->sets, here->nsets * here->meta.nchunks * sizeof(*here->sets)) == 0);
	CHECK(here->meta.nrules > 2);
	for (uint32_t i = 0; i < here->meta.nrules; i++) {
		SAME(there->rules[i].name, here->rules[i].name);
		SAME(there->rules[i].policy, "p");
		SAME(there->rules[i].file, "a.yaml");
		CHECK(there->rules[i].line == here->rules[i].line && there->rules[i].column == here->rules[i].column &&
		      there->rules[i].permit == here->rules[i].permit && there->rules[i].enforce == here->rules[i].enforce);
	}
	image_free(here);
	image_free(there);
	bundle_done(&bundle);
}

static void prints(void)
{
	struct bundle a = bundle_of("one", "forbid"), b = bundle_of("two", "forbid"), c = bundle_of("one", "permit");
	struct worker_print pa, again, pb, pc, audit;
	struct image *image;

	CHECK(run(&a, false, &image, &pa, NULL) == 0);
	image_free(image);
	CHECK(run(&a, false, &image, &again, NULL) == 0);
	image_free(image);
	CHECK(run(&b, false, &image, &pb, NULL) == 0);
	image_free(image);
	CHECK(run(&c, false, &image, &pc, NULL) == 0);
	image_free(image);
	CHECK(run(&a, true, &image, &audit, NULL) == 0);
	for (uint32_t i = 0; i < image->meta.nrules; i++)
		CHECK(!image->rules[i].enforce);
	CHECK(image->meta.enforce == CORDON_SET_NONE);
	image_free(image);
	CHECK(same_print(&pa, &again) && !same_print(&pa, &pb) && !same_print(&pa, &pc) && !same_print(&pa, &audit));
	bundle_done(&a);
	bundle_done(&b);
	bundle_done(&c);
}

static void faults(void)
{
	struct bundle bundle = bundle_of("one", "forbd");
	struct worker_print print;
	struct image *image = NULL;
	struct diag diag;

	diag_init(&diag);
	CHECK(run(&bundle, false, &image, &print, &diag) == -EINVAL);
	CHECK(!image && diag.n_errors >= 1 && diag.entries[0].pos.line == 6);
	SAME(diag.entries[0].pos.file, "a.yaml");
	diag_done(&diag);
	bundle_done(&bundle);
}

static void nothing(void)
{
	struct image_subject subject = { .uid = 5, .cgroup = "/x", .gids = (uint32_t[]){ 5 }, .ngids = 1 };
	struct image_object object = { .op = CORDON_OP_READ };
	struct cordon_decision decision;
	struct worker_print print;
	struct image *image;

	CHECK(run(NULL, false, &image, &print, NULL) == 0);
	CHECK(image->meta.nrules == 0 && image_evaluate(image, &subject, &object, &decision) == 0 && !decision.deny);
	image_free(image);
}

static void killed(void)
{
	struct bundle bundle = bundle_of("one", "forbid");
	const struct worker_task task = { .bundle = &bundle };
	struct worker_result result;
	struct worker worker;
	struct diag diag;

	diag_init(&diag);
	CHECK(worker_start(&worker, &task, &diag) == 0);
	CHECK(kill(worker.pid, SIGKILL) == 0);
	CHECK(worker_finish(&worker, worker_wait(&worker), &result, &diag) == -EIO);
	CHECK(strstr(diag.entries[0].message, "the compiler was killed by signal 9"));
	CHECK(worker.pid == 0 && worker.image == -1 && worker.names == -1);
	CHECK(worker_start(&worker, &task, &diag) == 0);
	worker_cancel(&worker);
	diag_done(&diag);
	bundle_done(&bundle);
}

/* Every byte of an image file that is changed or missing: refused, or an image all the same, and never a crash. */
static void damaged(void)
{
	struct bundle bundle = bundle_of("one", "forbid");
	struct worker_print print;
	struct image *image;
	int fd = memfd_create("x", MFD_CLOEXEC);
	struct stat st;

	CHECK(compile_bundle(&bundle, NULL, &image, NULL) == 0 && worker_write_image(fd, image) == 0 && fstat(fd, &st) == 0);
	image_free(image);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && worker_read_image(fd, &image, &print) == 0);
	image_free(image);
	for (off_t at = 0; at < st.st_size; at += at < 1000 ? 1 : 97) {
		unsigned char was, bad;

		CHECK(pread(fd, &was, 1, at) == 1);
		bad = (unsigned char)~was;
		CHECK(pwrite(fd, &bad, 1, at) == 1 && lseek(fd, 0, SEEK_SET) == 0);
		if (worker_read_image(fd, &image, &print) == 0)
			image_free(image);
		CHECK(pwrite(fd, &was, 1, at) == 1);
	}
	CHECK(pwrite(fd, "x", 1, st.st_size) == 1 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(worker_read_image(fd, &image, &print) == -EBADMSG);
	CHECK(ftruncate(fd, st.st_size - 1) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(worker_read_image(fd, &image, &print) == -EBADMSG);
	CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(worker_read_image(fd, &image, &print) == -EBADMSG);
	close(fd);
	bundle_done(&bundle);
}

static void trial(void)
{
	struct bundle bundle = bundle_of("one", "forbid");
	struct pending pending;
	char *text[2];

	enter();
	CHECK(pending_load(folder, &pending, NULL) == -ENOENT);
	CHECK(pending_save(folder, &bundle, pending_now() + 60000, NULL) == 0);
	CHECK(pending_load(folder, &pending, NULL) == 0 && !pending.over && pending.deadline > pending_now() + 50000);
	text[0] = bundle_text(&bundle.files[0]);
	text[1] = bundle_text(&pending.bundle.files[0]);
	SAME(text[1], text[0]);
	free(text[0]);
	free(text[1]);
	bundle_done(&pending.bundle);
	CHECK(pending_remove(folder, NULL) == 0 && pending_load(folder, &pending, NULL) == -ENOENT);
	CHECK(pending_remove(folder, NULL) == 0);
	bundle_done(&bundle);
	leave();
}

static void trial_is_over(void)
{
	struct bundle bundle = bundle_of("one", "forbid");
	struct pending pending;

	enter();
	CHECK(pending_save(folder, &bundle, pending_now() - 1, NULL) == 0);
	CHECK(pending_load(folder, &pending, NULL) == 0 && pending.over);
	bundle_done(&pending.bundle);
	/* A deadline beyond all deadlines, another boot. */
	CHECK(pending_save(folder, &bundle, pending_now() + 2 * 86400000ull, NULL) == 0);
	CHECK(pending_load(folder, &pending, NULL) == 0 && pending.over);
	bundle_done(&pending.bundle);
	CHECK(pending_save(folder, &bundle, pending_now() + 60000, NULL) == 0);
	CHECK(system("sed -i 's/\"boot\":\"./\"boot\":\"z/' " PATH_PENDING_NAME) == 0);
	CHECK(pending_load(folder, &pending, NULL) == 0 && pending.over);
	bundle_done(&pending.bundle);
	bundle_done(&bundle);
	leave();
}

static void damaged_trial(void)
{
	struct bundle bundle = bundle_of("one", "forbid");
	struct pending pending;
	struct stat st;

	enter();
	CHECK(pending_save(folder, &bundle, pending_now() + 60000, NULL) == 0 && stat(PATH_PENDING_NAME, &st) == 0);
	for (off_t size = st.st_size - 1; size >= 0; size = size * 3 / 4 - 1) {
		CHECK(truncate(PATH_PENDING_NAME, size) == 0);
		CHECK(pending_load(folder, &pending, NULL) == -EBADMSG);
	}
	bundle_done(&bundle);
	leave();
}

static const struct tap_case cases[] = {
	{ "the compiler's image comes back as it was", there_and_back },
	{ "prints tell images apart", prints },
	{ "faults come back with file and line", faults },
	{ "the policy without rules allows", nothing },
	{ "a compiler that is killed is a refusal", killed },
	{ "a damaged image is refused, or at least none that crashes", damaged },
	{ "a policy on trial is kept and found", trial },
	{ "a trial that is over, or of another boot", trial_is_over },
	{ "a damaged mark of a trial", damaged_trial },
};
TAP_MAIN(cases)
