/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * testfile: tests of a policy, as they are written (cordon-test(1)):
 *
 *     apiVersion: cordon/v1
 *     kind: Test
 *     policies: [payroll.yaml]                      # beside the test file; files or folders
 *     hosts: {www.example.org: [192.0.2.1]}         # optional: what host names hold; no test asks DNS
 *     tests:
 *       - name: contractors stay out
 *         as: {user: alice, groups: [games], service: nginx, program: /usr/bin/curl}
 *         open: /srv/payroll/x
 *         for: [read, write]
 *         expect: deny                              # allow, deny, would-deny
 *         rule: contractors stay out                # optional: the rule that must decide
 *
 * Instead of open and for: `connect: ADDRESS:PORT` (or bind, accept) with `protocol`, or `socket: {family, type, protocol}`. As
 * strict as a policy: what has no meaning is an error with file, line, column.
 */
#ifndef CLI_TESTFILE_H
#define CLI_TESTFILE_H

#include "cli/request.h"
#include "common/arena.h"
#include "common/diag.h"
#include "policy/hosts.h"
#include "policy/mounts.h"

enum testfile_expect { TESTFILE_ALLOW, TESTFILE_DENY, TESTFILE_WOULD_DENY };

struct testfile_case {
	const char *name;
	unsigned line, column;
	struct request *requests; /* every one must come out as expected */
	size_t n;
	enum testfile_expect expect;
	const char *rule; /* NULL: whichever */
};

struct testfile {
	struct arena arena;
	const char *name;
	const char **policies; /* paths, relative ones joined to the test file's folder */
	size_t npolicies;
	struct hosts hosts;
	struct testfile_case *cases;
	size_t n;
};

/* Every fault goes to diag; any is -EINVAL. `name` must outlive the file. */
int testfile_parse(const char *name, const char *text, size_t size, const struct mount_table *mounts,
		   struct testfile **ret_file, struct diag *diag);
void testfile_free(struct testfile *file);

const char *testfile_expect_name(enum testfile_expect expect);

#endif
