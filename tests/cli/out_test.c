// SPDX-License-Identifier: GPL-2.0-only
/* Events to standard output and to the journal's socket: what arrives, and that nobody waits for a slow reader. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cli/eventout.h"
#include "../tap.h"

static const char LINE[] = "{\"version\":1,\"kind\":\"deny\",\"op\":\"read\",\"reason\":\"forbid\",\"rule\":\"stay out\",\"policy\":\"p\","
			   "\"file_line\":\"/a.yaml:7\",\"generation\":7,\"pid\":812,\"uid\":1000,\"user\":\"alice\",\"euid\":1000,"
			   "\"exe\":\"/usr/bin/cat\",\"unit\":\"/user.slice\",\"object\":{\"path\":\"/srv/a\\u001b\\nPRIORITY=0\",\"ino\":5}}";

static int journal_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	unlink(path);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

/* Whether an entry holds this whole line. */
static bool has_field(const char *entry, const char *field)
{
	const char *at = strstr(entry, field);

	return at && (at == entry || at[-1] == '\n') && at[strlen(field)] == '\n';
}

static void journal(void)
{
	const char *path = "/tmp/cordon-out-test.sock";
	int reader = journal_at(path);
	struct eventout out;
	char entry[8192];
	ssize_t got;

	eventout_open(&out, false, path, NULL);
	eventout_line(&out, LINE, sizeof(LINE) - 1);
	got = recv(reader, entry, sizeof(entry) - 1, MSG_DONTWAIT);
	CHECK(got > 0 && out.sent == 1 && out.refused == 0);
	entry[got] = '\0';
	CHECK(has_field(entry, "MESSAGE=refused: alice(1000) /usr/bin/cat[812] read /srv/a??PRIORITY=0  rule \"stay out\" (p, /a.yaml:7)  /user.slice"));
	CHECK(has_field(entry, "PRIORITY=4") && has_field(entry, "SYSLOG_IDENTIFIER=cordon") && has_field(entry, "CORDON_RULE=stay out"));
	CHECK(has_field(entry, "CORDON_KIND=deny") && has_field(entry, "CORDON_PID=812") && has_field(entry, "CORDON_GENERATION=7"));
	/* A name from a process makes no field of its own. */
	CHECK(!has_field(entry, "PRIORITY=0"));
	CHECK(has_field(entry, "CORDON_OBJECT={\"path\":\"/srv/a\\u001B\\nPRIORITY=0\",\"ino\":5}"));
	CHECK(strstr(entry, "\nCORDON_EVENT={\"version\":1,") && entry[got - 1] == '\n');
	close(reader);
	eventout_line(&out, LINE, sizeof(LINE) - 1);
	CHECK(out.refused == 1);
	eventout_close(&out);
	unlink(path);
}

static void slow_journal(void)
{
	const char *path = "/tmp/cordon-out-slow.sock";
	int reader = journal_at(path);
	struct eventout out;

	eventout_open(&out, false, path, NULL);
	alarm(10);
	for (int i = 0; i < 5000; i++)
		eventout_line(&out, LINE, sizeof(LINE) - 1);
	CHECK(out.refused > 0 && out.sent > 0 && out.sent + out.refused == 5000);
	eventout_close(&out);
	close(reader);
	unlink(path);
}

static void no_journal(void)
{
	struct eventout out;
	struct diag diag;

	diag_init(&diag);
	eventout_open(&out, false, "/tmp/cordon-none/socket", &diag);
	CHECK(out.journal < 0 && diag.n == 1 && diag.n_errors == 0);
	eventout_line(&out, LINE, sizeof(LINE) - 1);
	eventout_close(&out);
	diag_done(&diag);
}

static void standard_output(void)
{
	struct eventout out;
	int ends[2], was = dup(STDOUT_FILENO);
	char text[2000];
	ssize_t got;

	CHECK(pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) >= 0);
	eventout_open(&out, true, NULL, NULL);
	eventout_line(&out, LINE, sizeof(LINE) - 1);
	got = read(ends[0], text, sizeof(text));
	alarm(10);
	for (int i = 0; i < 5000; i++) /* nobody reads */
		eventout_line(&out, LINE, sizeof(LINE) - 1);
	dup2(was, STDOUT_FILENO);
	CHECK(got == sizeof(LINE) && memcmp(text, LINE, sizeof(LINE) - 1) == 0 && text[got - 1] == '\n');
	CHECK(out.dropped > 0 && out.written > 10 && out.written + out.dropped == 5001);
	/* What went, went whole. */
	got = read(ends[0], text, sizeof(LINE));
	CHECK(got == sizeof(LINE) && memcmp(text, LINE, sizeof(LINE) - 1) == 0);
	eventout_close(&out);
}

static const struct tap_case cases[] = {
	{ "an entry of the journal, with its fields", journal },
	{ "a journal that does not read is not waited for", slow_journal },
	{ "no journal: a warning", no_journal },
	{ "standard output, and one who does not read it", standard_output },
};
TAP_MAIN(cases)
