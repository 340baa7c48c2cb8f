/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tap: the test protocol, "ok N - what" lines and a plan at the end. Facts one by one: tap_ok(), tap_same(), and tap_done() for
 * the exit status. Or cases, one forked process each, so that a crash is one failed case: a case is a function that returns
 * after its CHECKs, tap_main() runs a table of them.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned tap_n, tap_failed;

__attribute__((format(printf, 2, 3))) static inline bool tap_ok(bool good, const char *fmt, ...)
{
	va_list args;

	tap_failed += !good;
	printf("%sok %u - ", good ? "" : "not ", ++tap_n);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return good;
}

static inline void tap_same(const char *have, const char *want, const char *what)
{
	bool same = !strcmp(have, want);

	if (!same)
		printf("# have: %s\n# want: %s\n", have, want);
	tap_ok(same, "%s", what);
}

static inline int tap_done(void)
{
	printf("1..%u\n", tap_n);
	return tap_failed != 0;
}

struct tap_case {
	const char *what;
	void (*run)(void);
};

#define CHECK(condition)                                                                             \
	do {                                                                                         \
		if (!(condition)) {                                                                  \
			printf("# %s:%d: not so: %s\n", __FILE__, __LINE__, #condition);             \
			fflush(stdout);                                                              \
			_exit(1);                                                                    \
		}                                                                                    \
	} while (0)

/* Two texts that must be equal; either may be NULL. */
#define SAME(have, want)                                                                             \
	do {                                                                                         \
		const char *have_ = (have), *want_ = (want);                                         \
		if (!have_ || !want_ || strcmp(have_, want_) != 0) {                                 \
			printf("# %s:%d:\n# have: %s\n# want: %s\n", __FILE__, __LINE__,             \
			       have_ ? have_ : "(null)", want_ ? want_ : "(null)");                  \
			fflush(stdout);                                                              \
			_exit(1);                                                                    \
		}                                                                                    \
	} while (0)

static inline int tap_main(const struct tap_case *cases, size_t n)
{
	int status;

	for (size_t i = 0; i < n; i++) {
		fflush(stdout);
		if (fork() == 0) {
			cases[i].run();
			exit(0); /* through exit: the leak checker runs */
		}
		if (wait(&status) < 0)
			exit(2);
		if (WIFSIGNALED(status))
			printf("# killed by signal %d\n", WTERMSIG(status));
		tap_ok(status == 0, "%s", cases[i].what);
	}
	return tap_done();
}

#define TAP_MAIN(cases) int main(void) { return tap_main(cases, sizeof(cases) / sizeof((cases)[0])); }

#endif
