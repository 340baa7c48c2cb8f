/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libFuzzer: any bytes as a policy, and as a mount table. What must hold beside the sanitizers: a refusal says why and
 * hands out nothing; what the parser accepts the compiler can only find too large; nothing is printed; and of what compiles,
 * the image and the oracle say the same to requests that the bytes choose.
 */
#include <sanitizer/lsan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "oracle.h"
#include "policy/compile.h"
#include "policy/hostplace.h"
#include "policy/explain.h"
#include "random_request.h"

#define REQUESTS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                              \
	do {                                                                                         \
		if (!(condition)) {                                                                  \
			fprintf(stderr, "not so: %s\n", #condition);                                 \
			abort();                                                                     \
		}                                                                                    \
	} while (0)

static void ask(const struct policy *policy, const struct mount_table *mounts, const struct image *image, uint64_t seed)
{
	struct random r = { seed };
	struct random_request q = { 0 }, other = { 0 };
	struct cordon_decision d;
	struct explanation why;

	for (int i = 0; i < REQUESTS; i++) {
		struct oracle_answer answer;

		random_request(&r, RANDOM_OPS_ALL, &q);
		random_request(&r, RANDOM_OPS_ALL, &other);
		MUST(image_evaluate(image, &q.subject, &q.object, &d) == 0);
		answer = oracle_decide(policy, mounts, &q.subject, &q.object);
		MUST(d.deny == answer.deny && d.would_deny == answer.would_deny);
		MUST(image_explain(image, &q.subject, &q.object, &why) == 0 && why.n == policy->nrules);
		explanation_done(&why);
		MUST(image_moves(image, &q.subject, &q.object, &other.object, i & 1, &d) == 0);
	}
	random_request_done(&q);
	random_request_done(&other);
}

static void compile(struct policy *policy, uint64_t seed)
{
	struct mount_table *mounts = NULL;
	struct hosts hosts = { 0 };
	struct image *image = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	MUST(mount_table_parse(random_mounts, strlen(random_mounts), &mounts, NULL) == 0);
	/* What its names hold: past or held, of one of them; every second one holds nothing. */
	if (policy_name_hosts(policy, &hosts, &diag) == 0) {
		for (size_t i = 0; i < hosts.n; i += 2)
			for (uint8_t k = 0; k < 5; k++)
				(void)host_put(&hosts.host[i], (const uint8_t[16]){ [10] = 0xff, [11] = 0xff, [12] = 10, [15] = k },
					       k & 1 ? HOSTS_PAST : HOSTS_HELD, 0);
		(void)policy_place_hosts(policy, &hosts, true, false, &diag);
	}
	hosts_done(&hosts);
	err = policy_compile(policy, mounts, &image, &diag);
	if (err) {
		diag_print(&diag, stderr);
		MUST(err == -E2BIG || err == -ENOMEM);
		MUST(diag.n_errors && !image);
	} else {
		MUST(image);
		ask(policy, mounts, image, seed);
		image_free(image);
	}
	mount_table_free(mounts);
	diag_done(&diag);
}

/*
 * libfyaml 0.7.12 loses memory for a single-quoted text that has '' more than a few times in a line (fy_atom_format_text() has no end
 * for an iterator that grew). Whoever reads policies for the daemon is a process that ends (src/cli/worker.c), so that nothing is
 * lost for long; of such lines alone leaks are not told here.
 */
#define QUOTES_LOST 3

static bool library_leaks(const uint8_t *data, size_t size)
{
	unsigned pairs = 0;

	for (size_t i = 1; i < size && pairs < QUOTES_LOST; i++) {
		if (data[i] == '\n')
			pairs = 0;
		else if (data[i] == '\'' && data[i - 1] == '\'') {
			pairs++;
			i++;
		}
	}
	return pairs >= QUOTES_LOST;
}

static void read_policy(const uint8_t *data, size_t size)
{
	const struct policy_text text = { .name = "fuzz.yaml", .text = (const char *)data, .size = size };
	struct policy *policy = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	err = policy_parse(&text, 1, &fake_resolver, &policy, &diag);
	MUST(err ? !policy && diag.n_errors : policy && !diag.n_errors);
	for (size_t i = 0; i < diag.n; i++)
		MUST(diag.entries[i].message && diag.entries[i].pos.file);
	if (policy) {
		uint64_t seed = size;

		for (size_t i = 0; i < size; i++)
			seed = seed * 31 + data[i];
		compile(policy, seed);
	}
	policy_free(policy);
	diag_done(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mount_table *mounts = NULL;
	bool lossy = library_leaks(data, size);

	if (lossy)
		__lsan_disable();
	read_policy(data, size);
	if (lossy)
		__lsan_enable();
	if (mount_table_parse((const char *)data, size, &mounts, NULL) == 0)
		mount_table_free(mounts);
	return 0;
}
