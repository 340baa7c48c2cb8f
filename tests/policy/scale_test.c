/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Size: the tables of a realistic policy grow with its rules and no faster, and policies at the stated limits compile. What
 * that takes is printed, not judged: the machine's noise is no fault. This suite alone is built without sanitizers.
 */
#include <time.h>

#include "common/buf.h"
#include "fake.h"
#include "policy/compile.h"
#include "../tap.h"

#define PER_FILE 1000

static const char mountinfo[] =
	"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:21 / /proc rw - proc proc rw\n3 1 0:6 / /dev rw - devtmpfs udev rw\n"
	"4 1 0:24 / /run rw - tmpfs tmpfs rw\n5 1 8:2 / /home rw - ext4 /dev/sda2 rw\n6 1 0:30 / /tmp rw - tmpfs tmpfs rw\n";

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Services with folders of their own, users with secrets, networks with ports, tools that few may run. */
/* Writes the @i-th rule. */
typedef void (*write_fn)(struct buf *t, unsigned i);

static void write_rule(struct buf *t, unsigned i)
{
	buf_printf(t, "  - rule: rule %u\n", i);
	switch (i % 5) {
	case 0:
		buf_printf(t, "    who: {users: [%u], services: [app%u.service]}\n    forbid: [read, write]\n"
			   "    files: ['/srv/app%u/data%u/**', '/home/*/.app%u/key_*']\n", 1000 + i, i, i % 300, i, i);
		break;
	case 1:
		buf_printf(t, "    who: {services: [svc%u.service, 'svc%u-*.scope']}\n    permit: [read]\n"
			   "    files: ['/usr/lib/**', '/etc/svc%u/*.conf', '/var/lib/svc%u/**', '/etc/ssl/**']\n", i, i, i, i);
		break;
	case 2:
		buf_printf(t, "    who: {groups: [%u-%u]}\n    forbid: [reach]\n    to: [{net: 10.%u.%u.0/24, "
			   "ports: [%u-%u], protocol: tcp}]\n", 2000 + i, 2003 + i, i / 256 % 256, i % 256, i % 60000 + 1,
			   i % 60000 + 40);
		break;
	case 3:
		buf_printf(t, "    who: {programs: ['/opt/tool%u/**', '/usr/bin/tool%u']}\n    forbid: [write, exec]\n"
			   "    files: ['/srv/{a,b}%u/[a-z]*.db', '/srv/vault/%u/**', '/**/{core,core.dump,.env}']\n", i, i, i, i);
		break;
	default:
		buf_printf(t, "    who: {users: [%u]}\n    mode: audit\n    permit: [exec]\n"
			   "    files: ['/usr/bin/t%u*', '/usr/lib/*-linux-gnu/ld-linux-*.so.*']\n", 5000 + i, i);
	}
}

/* 100,000 networks in 10,000 rules, ten each. */
static void write_networks(struct buf *t, unsigned i)
{
	buf_printf(t, "  - rule: rule %u\n    forbid: [reach]\n    to:\n      - {ports: [443], net: [", i);
	for (unsigned k = 0; k < 10; k++)
		buf_printf(t, "%s10.%u.%u.%u/32", k ? ", " : "", i / 2560, i / 10 % 256, i % 10 * 20 + k);
	buf_puts(t, "]}\n");
}

/* 100,000 networks in one list, and as many in one exception. */
static void write_list(struct buf *t, unsigned i)
{
	buf_printf(t, "  - rule: rule %u\n    permit: [reach]\n    %s:\n      %s[\n", i, i ? "except" : "to",
		   i ? "to: " : "");
	for (unsigned k = 0; k < 100000; k++)
		buf_printf(t, "        {net: 10.%u.%u.%u/31},\n", i * 4 + k / 32768, k / 128 % 256, k % 128 * 2);
	buf_puts(t, "        ]\n");
}

/* What @nrules rules may come to: entries for each. */
struct most {
	size_t sets, states, names, bytes, prefixes, values;
};

static bool within(size_t n, unsigned nrules, size_t most)
{
	return n <= nrules * most;
}

static bool small_enough(const struct image *image, unsigned nrules, const struct most *m)
{
	return within(image->nsets, nrules, m->sets) && within(image->nstates, nrules, m->states) &&
	       within(image->nnames, nrules, m->names) && within(image->nbytes, nrules, m->bytes) &&
	       within(image->nprefixes, nrules, m->prefixes) && within(image->nvalues, nrules, m->values);
}

static void run(const char *what, write_fn write, unsigned nrules, struct most most)
{
	struct policy_text texts[16];
	struct buf text[16];
	unsigned nfiles = (nrules + PER_FILE - 1) / PER_FILE;
	struct mount_table *mounts = NULL;
	struct policy *policy = NULL;
	struct image *image = NULL;
	struct diag diag;
	double begin, parsed, done;
	int err;

	diag_init(&diag);
	for (unsigned f = 0; f < nfiles; f++) {
		text[f] = (struct buf)BUF_INIT;
		buf_printf(&text[f], "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: p%u}\nrules:\n", f);
		for (unsigned i = f * PER_FILE; i < (f + 1) * PER_FILE && i < nrules; i++)
			write(&text[f], i);
		texts[f] = (struct policy_text){ "scale.yaml", buf_str(&text[f]), text[f].len };
	}
	begin = seconds();
	err = mount_table_parse(mountinfo, strlen(mountinfo), &mounts, &diag);
	if (!err)
		err = policy_parse(texts, nfiles, &fake_resolver, &policy, &diag);
	parsed = seconds();
	if (!err)
		err = policy_compile(policy, mounts, &image, &diag);
	done = seconds();
	diag_print(&diag, stdout);
	if (image)
		printf("# %s: parse %.2f s, compile %.2f s; %u atoms, %zu sets, %zu states, %zu names, %zu byte entries, "
		       "%zu prefixes, %zu values\n", what, parsed - begin, done - parsed, image->meta.nrules, image->nsets,
		       image->nstates, image->nnames, image->nbytes, image->nprefixes, image->nvalues);
	tap_ok(!err && image->meta.nrules >= nrules && small_enough(image, nrules, &most), "%s", what);
	image_free(image);
	policy_free(policy);
	mount_table_free(mounts);
	diag_done(&diag);
	for (unsigned f = 0; f < nfiles; f++)
		buf_done(&text[f]);
}

int main(void)
{
	const struct most rule = { .sets = 4, .states = 6, .names = 13, .bytes = 220, .prefixes = 1, .values = 2 };

	run("1000 rules", write_rule, 1000, rule);
	run("10000 rules, of ten times the size", write_rule, 10000, rule);
	run("10000 rules with 100000 networks", write_networks, 10000,
	    (struct most){ .sets = 2, .states = 1, .bytes = 1, .prefixes = 11 });
	run("lists of 100000 networks", write_list, 2,
	    (struct most){ .sets = 5, .states = 1, .bytes = 1, .prefixes = 100000, .values = 6 });
	return tap_done();
}
