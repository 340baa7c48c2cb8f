// SPDX-License-Identifier: GPL-2.0-only
/* Bundles, files, the event log, the rulebook: what the daemon keeps. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cli/bundle.h"
#include "cli/eventlog.h"
#include "cli/fileio.h"
#include "cli/rulebook.h"
#include "../tap.h"

static char folder[64];

static void enter(void)
{
	strcpy(folder, "/tmp/cordon-store.XXXXXX");
	CHECK(mkdtemp(folder));
	CHECK(chdir(folder) == 0);
}

static void leave(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	CHECK(system(command) == 0);
}

static void put(const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(name, "w");

	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(name, mode) == 0);
}

static char *get(const char *name)
{
	char *data;
	size_t size;
	int fd = open(name, O_RDONLY);

	CHECK(fd >= 0 && fileio_read(fd, 1 << 20, &data, &size) == 0);
	close(fd);
	return data;
}

/* What is kept of a long text is less than it; the text is what it was, whatever is in it. */
static void deflated(void)
{
	struct bundle bundle = BUNDLE_INIT, back = BUNDLE_INIT;
	char long_text[10000], *text;

	enter();
	for (size_t i = 0; i < sizeof(long_text); i++)
		long_text[i] = "  - rule: r\n"[i % 12];
	long_text[sizeof(long_text) - 1] = '\0';
	put("a.yaml", long_text, 0644);
	put("b.yaml", "", 0644);
	CHECK(bundle_add(&bundle, "a.yaml", false, NULL) == 0 && bundle_add(&bundle, "b.yaml", false, NULL) == 0);
	CHECK(bundle.files[0].size == sizeof(long_text) - 1 && bundle.files[0].npacked < bundle.files[0].size / 10);
	CHECK(bundle_save(&bundle, ".", "kept", NULL) == 0 && bundle_load(".", "kept", &back, NULL) == 0);
	CHECK(back.n == 2);
	text = bundle_text(&back.files[0]);
	SAME(text, long_text);
	free(text);
	text = bundle_text(&back.files[1]);
	SAME(text, "");
	free(text);
	back.files[0].packed[back.files[0].npacked / 2] ^= 0xff;
	CHECK(!bundle_text(&back.files[0])); /* rather than another text */
	bundle_done(&bundle);
	bundle_done(&back);
	leave();
}

static void folder_order(void)
{
	struct bundle bundle = BUNDLE_INIT;
	char *text;

	enter();
	CHECK(mkdir("d", 0755) == 0);
	put("d/b.yaml", "b", 0644);
	put("d/a.yml", "a", 0644);
	put("d/.hidden.yaml", "h", 0644);
	put("d/a.yaml~", "old", 0644);
	put("d/README", "r", 0644);
	CHECK(bundle_add(&bundle, "d", false, NULL) == 0);
	CHECK(bundle.n == 2);
	SAME(bundle.files[0].name, "d/a.yml");
	SAME(bundle.files[1].name, "d/b.yaml");
	text = bundle_text(&bundle.files[1]);
	SAME(text, "b");
	free(text);
	bundle_done(&bundle);
	leave();
}

static void permissions(void)
{
	struct bundle bundle = BUNDLE_INIT;
	struct diag diag;

	enter();
	diag_init(&diag);
	put("a.yaml", "a", 0666);
	CHECK(bundle_add(&bundle, "a.yaml", false, &diag) == -EPERM);
	SAME(diag.entries[0].message, "anybody may write this file");
	SAME(diag.entries[0].hint, "chmod o-w a.yaml");
	CHECK(bundle.n == 0);
	put("b.yaml", "b", 0644);
	CHECK(chown("b.yaml", 65534, 65534) == 0);
	CHECK(bundle_add(&bundle, "b.yaml", false, &diag) == 0);
	CHECK(bundle_add(&bundle, "b.yaml", true, &diag) == -EPERM);
	SAME(diag.entries[1].message, "others than root may write this file");
	CHECK(bundle_add(&bundle, "none.yaml", false, &diag) == -ENOENT);
	diag_done(&diag);
	bundle_done(&bundle);
	leave();
}

static void every_fault(void)
{
	struct bundle bundle = BUNDLE_INIT;
	struct diag diag;

	enter();
	diag_init(&diag);
	CHECK(mkdir("d", 0755) == 0);
	put("d/1.yaml", "", 0666);
	put("d/2.yaml", "", 0644);
	put("d/3.yaml", "", 0666);
	CHECK(bundle_add(&bundle, "d", false, &diag) == -EPERM);
	CHECK(diag.n_errors == 2 && bundle.n == 1);
	diag_done(&diag);
	bundle_done(&bundle);
	leave();
}

static void save_and_load(void)
{
	struct bundle bundle = BUNDLE_INIT, back = BUNDLE_INIT;
	struct stat st;
	char *text;

	enter();
	put("a.yaml", "rules: []\n", 0644);
	CHECK(bundle_add(&bundle, "a.yaml", false, NULL) == 0);
	bundle.origin = strdup("/etc/x");
	CHECK(bundle_load(folder, "good", &back, NULL) == -ENOENT);
	CHECK(bundle_save(&bundle, folder, "good", NULL) == 0);
	CHECK(stat("good", &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(access(".good.new", F_OK) < 0);
	CHECK(bundle_load(folder, "good", &back, NULL) == 0);
	text = bundle_text(&back.files[0]);
	SAME(text, "rules: []\n");
	free(text);
	SAME(back.origin, "/etc/x");
	bundle_done(&bundle);
	bundle_done(&back);
	put("good", "{\"version\":1,\"files\":[{]}", 0600);
	CHECK(bundle_load(folder, "good", &back, NULL) == -EBADMSG);
	leave();
}

static void not_utf8(void)
{
	struct bundle bundle = BUNDLE_INIT;
	struct diag diag;
	json_t *json;

	enter();
	diag_init(&diag);
	put("a.yaml", "x: \xff\n", 0644);
	CHECK(bundle_add(&bundle, "a.yaml", false, NULL) == 0);
	CHECK(bundle_to_json(&bundle, &json, &diag) == -EILSEQ);
	SAME(diag.entries[0].message, "is not UTF-8 text");
	bundle_done(&bundle);
	put("\xff.yaml", "x: 1\n", 0644);
	CHECK(bundle_add(&bundle, "\xff.yaml", false, NULL) == 0);
	CHECK(bundle_to_json(&bundle, &json, &diag) == -EILSEQ);
	SAME(diag.entries[1].message, "the file's name is not UTF-8");
	diag_done(&diag);
	bundle_done(&bundle);
	leave();
}

static void replace_keeps_old(void)
{
	char *data;

	enter();
	put("state", "old", 0600);
	CHECK(mkdir(".state.new", 0755) == 0); /* in the way of the new file */
	CHECK(fileio_replace(folder, "state", "new", 3) < 0);
	data = get("state");
	SAME(data, "old");
	free(data);
	CHECK(rmdir(".state.new") == 0 && fileio_replace(folder, "state", "new", 3) == 0);
	data = get("state");
	SAME(data, "new");
	free(data);
	leave();
}

static struct eventlog *new_log(const char *path)
{
	struct eventlog *log = malloc(sizeof(*log));

	CHECK(log && eventlog_init(log, path, NULL) == 0);
	return log;
}

static void drop_log(struct eventlog *log)
{
	eventlog_done(log);
	free(log);
}

static void log_rotation(void)
{
	struct eventlog *log;
	char *data;

	enter();
	log = new_log("log");
	eventlog_add(log, "one", 3);
	eventlog_flush(log);
	CHECK(rename("log", "log.1") == 0);
	eventlog_add(log, "two", 3);
	eventlog_flush(log);
	data = get("log.1");
	SAME(data, "one\n");
	free(data);
	data = get("log");
	SAME(data, "two\n");
	free(data);
	CHECK(log->total == 2 && log->written == 2 && log->failed == 0);
	drop_log(log);
	leave();
}

static void log_recall(void)
{
	struct eventlog *log;
	FILE *file;

	enter();
	file = fopen("log", "w");
	for (unsigned i = 0; i < 50000; i++) /* more than is read back */
		fprintf(file, "{\"seq\":%u,\"fill\":\"................................\"}\n", i);
	fputs("{\"unfinished", file);
	fclose(file);
	log = new_log("log");
	CHECK(log->count > 5000 && log->total == 0);
	CHECK(strncmp(eventlog_last(log, 1, 0)->text, "{\"seq\":49999,", 13) == 0);
	for (size_t i = 0; i < log->count; i++)
		CHECK(strncmp(eventlog_last(log, log->count, i)->text, "{\"seq\":", 7) == 0);
	drop_log(log);
	CHECK(truncate("log", 0) == 0);
	log = new_log("log");
	CHECK(log->count == 0);
	drop_log(log);
	leave();
}

static void log_full(void)
{
	struct eventlog *log = new_log("/dev/full");

	eventlog_add(log, "one", 3);
	eventlog_add(log, "two", 3);
	eventlog_flush(log);
	CHECK(log->error == -ENOSPC && log->failed == 2 && log->written == 0);
	SAME(eventlog_last(log, 1, 0)->text, "two"); /* memory has them */
	drop_log(log);
}

/* A file system of one page: the line that does not fit is not written half, the next file goes on. */
static void log_full_disk(void)
{
	struct eventlog *log;
	struct rlimit limit = { 100, RLIM_INFINITY };
	char *data;

	/* A limit of the file's size ends a write in the middle, as a full disk does. */
	enter();
	log = new_log("log");
	signal(SIGXFSZ, SIG_IGN);
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	for (int i = 0; i < 5; i++)
		eventlog_add(log, "123456789012345678901234567890", 30);
	eventlog_flush(log);
	CHECK(log->error == -EFBIG && log->written == 3 && log->failed == 2 && log->torn);
	limit.rlim_cur = RLIM_INFINITY;
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	eventlog_add(log, "after", 5);
	eventlog_flush(log);
	CHECK(log->error == 0 && log->written == 4 && !log->torn);
	data = get("log");
	CHECK(strstr(data, "\n1234567\nafter\n")); /* the half line stands alone */
	free(data);
	drop_log(log);
	leave();
}

/* A pipe that nobody reads, or nobody has open, blocks nobody. */
static void log_pipe(void)
{
	struct eventlog *log;
	char line[1000];
	int reader;

	enter();
	CHECK(mkfifo("log", 0600) == 0);
	log = new_log("log");
	CHECK(log->fd < 0);
	reader = open("log", O_RDONLY | O_NONBLOCK);
	memset(line, 'x', sizeof(line));
	for (int i = 0; i < 200; i++)
		eventlog_add(log, line, sizeof(line));
	alarm(10);
	eventlog_flush(log);
	CHECK(log->error == -EAGAIN && log->written >= 60 && log->written + log->failed == 200);
	close(reader);
	drop_log(log);
	leave();
}

static void log_memory(void)
{
	struct eventlog *log = new_log(NULL);
	char line[16];

	for (unsigned i = 0; i < EVENTLOG_LINES + 5; i++)
		eventlog_add(log, line, sprintf(line, "%u", i));
	CHECK(log->count == EVENTLOG_LINES);
	SAME(eventlog_last(log, EVENTLOG_LINES + 100, 0)->text, "5");
	SAME(eventlog_last(log, 2, 0)->text, "10003");
	SAME(eventlog_last(log, 2, 1)->text, "10004");
	CHECK(!eventlog_last(log, 2, 2));
	drop_log(log);
}

static void log_bytes(void)
{
	struct eventlog *log = new_log(NULL);
	char *line = calloc(1, EVENTLOG_BYTES / 4);

	memset(line, 'x', EVENTLOG_BYTES / 4);
	for (unsigned i = 0; i < 10; i++)
		eventlog_add(log, line, EVENTLOG_BYTES / 4);
	CHECK(log->count == 4 && log->bytes <= EVENTLOG_BYTES && log->total == 10);
	free(line);
	drop_log(log);
}

static void rules_by_atom(void)
{
	struct image_rule rules[] = {
		{ "one", "p", "a.yaml", 3, 5, false, true },
		{ "one", "p", "a.yaml", 3, 5, false, true },
		{ "two", "p", "a.yaml", 9, 5, true, false },
	};
	struct image image = { .meta.nrules = 3, .rules = rules };
	struct rulebook book = { 0 };
	struct rulebook_count count;
	struct event_rule rule;
	struct rulebook_page *page;

	enter();
	page = rulebook_page(&image, 7, false);
	rulebook_count(page, &count);
	CHECK(count.atoms == 3 && count.rules == 2 && count.enforce == 1 && count.audit == 1 && count.permit == 1 &&
	      count.forbid == 1 && count.policies == 1);
	CHECK(rulebook_save(page, folder, NULL) == 0);
	rulebook_add(&book, page);
	rules[2].name = "three";
	rulebook_add(&book, rulebook_page(&image, 8, true));
	CHECK(rulebook_find(&book, 7, 2, &rule));
	SAME(rule.name, "two");
	CHECK(rule.line == 9 && rulebook_find(&book, 8, 2, &rule));
	SAME(rule.name, "three");
	CHECK(!rulebook_find(&book, 8, 3, &rule) && !rulebook_find(&book, 9, 0, &rule));
	for (unsigned i = 9; i < 12; i++)
		rulebook_add(&book, rulebook_page(&image, i, true));
	CHECK(!rulebook_find(&book, 7, 2, &rule) && rulebook_find(&book, 8, 2, &rule));
	rulebook_count(book.pages[0], &count);
	CHECK(count.enforce == 0 && count.audit == 2); /* --audit */
	rulebook_done(&book);
	page = rulebook_load(folder);
	CHECK(page && rulebook_generation(page) == 7);
	rulebook_page_free(page);
	leave();
}

static const struct tap_case cases[] = {
	{ "a folder's policies in the order of their names", folder_order },
	{ "a text is kept deflated, and is what it was", deflated },
	{ "files others may write are refused", permissions },
	{ "every file's fault is said", every_fault },
	{ "a bundle is kept and read back", save_and_load },
	{ "a text or a name that is no UTF-8", not_utf8 },
	{ "a replacement that fails leaves the old file", replace_keeps_old },
	{ "a log that was renamed is opened anew", log_rotation },
	{ "the end of the log is remembered by the next daemon", log_recall },
	{ "a log that cannot be written is counted, and stops nothing", log_full },
	{ "a disk that fills up in the middle of a line", log_full_disk },
	{ "a pipe that nobody reads blocks nobody", log_pipe },
	{ "memory keeps the last lines only", log_memory },
	{ "memory is bounded in bytes", log_bytes },
	{ "rules by atom and generation", rules_by_atom },
};
TAP_MAIN(cases)
