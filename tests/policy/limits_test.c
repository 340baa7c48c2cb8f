/* SPDX-License-Identifier: GPL-2.0-only */
/* What is too large is refused in bounded time, with the rule that makes it so and the words that help. */
#include <errno.h>

#include "common/buf.h"
#include "fake.h"
#include "policy/compile.h"
#include "../tap.h"
#include "said.h"

#define HEAD "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: p%u}\nrules:\n"

static const char mountinfo[] = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";

/* Writes the @n-th rule. */
typedef void (*write_fn)(struct buf *text, unsigned n);

static int compile(unsigned nfiles, unsigned per_file, write_fn write, char **ret_said)
{
	struct policy_text texts[64];
	struct buf text[64];
	struct mount_table *mounts = NULL;
	struct policy *policy = NULL;
	struct image *image = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	for (unsigned f = 0; f < nfiles; f++) {
		text[f] = (struct buf)BUF_INIT;
		buf_printf(&text[f], HEAD, f);
		for (unsigned r = 0; r < per_file; r++)
			write(&text[f], f * per_file + r);
		texts[f] = (struct policy_text){ "large.yaml", buf_str(&text[f]), text[f].len };
	}
	err = mount_table_parse(mountinfo, strlen(mountinfo), &mounts, &diag);
	if (!err)
		err = policy_parse(texts, nfiles, &fake_resolver, &policy, &diag);
	if (!err)
		err = policy_compile(policy, mounts, &image, &diag);
	*ret_said = diag_said(&diag);
	image_free(image);
	policy_free(policy);
	mount_table_free(mounts);
	diag_done(&diag);
	for (unsigned f = 0; f < nfiles; f++)
		buf_done(&text[f]);
	return err;
}

static void two_atoms(struct buf *text, unsigned n)
{
	buf_printf(text, "  - {rule: r%u, who: {users: [%u]}, forbid: [read, socket]}\n", n, n);
}

static void one_rule(struct buf *text, unsigned n)
{
	buf_printf(text, "  - {rule: r%u, forbid: [read]}\n", n);
}

static void repeated(struct buf *text, unsigned n)
{
	buf_printf(text, "  - {rule: r%u, forbid: [read], files: ['/**/n%u*/**']}\n", n, n);
}

static void infixes(struct buf *text, unsigned n)
{
	buf_printf(text, "  - {rule: r%u, forbid: [read], files: ['/srv/*x%uy*']}\n", n, n);
}

static void trees_and_names(struct buf *text, unsigned n)
{
	buf_printf(text, "  - {rule: r%u, forbid: [read], files: [/srv/t%u/a/b/c, '/**/n%u/%u/**']}\n", n, n, n, n);
}

static void networks(struct buf *text, unsigned n)
{
	buf_printf(text, "  - rule: r%u\n    forbid: [reach]\n    to:\n", n);
	for (unsigned i = 0; i < (n == 15 ? 16383 : 16384); i++) /* with `any` exactly as many as there may be */
		buf_printf(text, "      - net: 10.%u.%u.%u\n", n, i / 128, i % 128 * 2);
	if (n == 15)
		buf_puts(text, "  - {rule: ports, who: {users: [1]}, forbid: [reach], to: [{net: any, ports: [1-65534]}]}\n");
}

static void users(struct buf *text, unsigned n)
{
	buf_printf(text, "  - {rule: r%u, who: {users: [1-262145]}, forbid: [read]}\n", n);
}

static void exceptions(struct buf *text, unsigned n)
{
	buf_printf(text, "  - rule: r%u\n    permit: [reach]\n    except:\n      to:\n", n);
	for (unsigned i = 0; i < 14; i++)
		buf_printf(text, "        - {net: 10.0.%u.0/24, ports: [%u], protocol: tcp}\n", i, i + 1);
}

static const struct limit {
	unsigned nfiles, per_file;
	write_fn write;
	int err;
	const char *said, *what;
} limits[] = {
	{ 1, 5121, two_atoms, -E2BIG,
	  "large.yaml:5125:5: error: rule 'r5120' passes the limit of 10240 atoms: fewer rules, or fewer destinations with "
	  "ports of their own", "atoms" },
	{ 1, 5120, two_atoms, 0, "", "as many atoms as there may be" },
	{ 2, 5121, one_rule, -EINVAL,
	  "large.yaml:5:3: error: more than 10240 rules\n  hint: join rules that differ in one list only", "rules" },
	{ 1, 40, repeated, -E2BIG,
	  "large.yaml:8:5: error: rule 'r3': the glob '/**/n3*/**' and others need more states together than the automaton "
	  "may have; write fewer globs with ** before a name, or with * inside names of one folder", "states" },
	{ 1, 40, infixes, -E2BIG,
	  "large.yaml:13:5: error: rule 'r8': the glob '/srv/*x8y*' and others need more states together than the automaton "
	  "may have; write fewer globs with ** before a name, or with * inside names of one folder", "rows" },
	{ 1, 600, trees_and_names, -E2BIG,
	  "large.yaml:5:5: error: rule 'r0': the glob '/**/n0/0/**' and others need more states together than the automaton "
	  "may have; write fewer globs with ** before a name, or with * inside names of one folder", "names" },
	{ 16, 1, networks, -E2BIG, "error: the policy names more networks and ports than the table takes", "prefixes" },
	{ 1, 1, users, -E2BIG,
	  "large.yaml:5:5: error: rule 'r0': its ranges hold more numbers than the table of values takes", "values" },
	{ 1, 1, exceptions, -E2BIG,
	  "large.yaml:5:5: error: rule 'r0' passes the limit of 10240 atoms: fewer rules, or fewer destinations with ports of "
	  "their own", "exceptions that are no products" },
};

int main(void)
{

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct limit *l = &limits[i];
		char *said;
		int err = compile(l->nfiles, l->per_file, l->write, &said);

		if (err != l->err || strcmp(said, l->said))
			printf("# have: %d %s\n# want: %d %s\n", err, said, l->err, l->said);
		tap_ok(err == l->err && !strcmp(said, l->said), "the limit of %s", l->what);
		free(said);
	}
	return tap_done();
}
