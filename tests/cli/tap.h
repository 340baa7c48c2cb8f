/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tap: one forked process per case, so that a crash is one failed case. A case is a function that returns after its CHECKs;
 * tap_main() runs a table of them.
 */
#ifndef TESTS_CLI_TAP_H
#define TESTS_CLI_TAP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
	int failed = 0, status;

	for (size_t i = 0; i < n; i++) {
		fflush(stdout);
		if (fork() == 0) {
			cases[i].run();
			exit(0); /* through exit: the leak checker runs */
		}
		if (wait(&status) < 0 || status != 0) {
			failed++;
			if (WIFSIGNALED(status))
				printf("# killed by signal %d\n", WTERMSIG(status));
			printf("not ");
		}
		printf("ok %zu - %s\n", i + 1, cases[i].what);
	}
	printf("1..%zu\n", n);
	return failed != 0;
}

#define TAP_MAIN(cases) int main(void) { return tap_main(cases, sizeof(cases) / sizeof((cases)[0])); }

#endif
