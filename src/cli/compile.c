/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile: bundle -> image (compile.h).
 */
#include "cli/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/askers.h"
#include "cli/lookup.h"
#include "cli/pending.h"
#include "cli/spelling.h"
#include "policy/compile.h"
#include "policy/hostplace.h"
#include "policy/mounts.h"
#include "policy/policy.h"

static int parse(const struct bundle *bundle, struct policy **ret_policy, struct diag *diag)
{
	struct policy_text *texts = calloc(bundle->n, sizeof(*texts));
	char **plain = calloc(bundle->n, sizeof(*plain));
	int err = texts && plain ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < bundle->n; i++) {
		plain[i] = bundle_text(&bundle->files[i]);
		texts[i] = (struct policy_text){ bundle->files[i].name, plain[i], bundle->files[i].size };
		err = plain[i] ? 0 : -ENOMEM;
	}
	err = err ? diag_fail(diag, err, NULL, "no memory") : policy_parse(texts, bundle->n, &resolver_system, ret_policy, diag);
	for (size_t i = 0; plain && i < bundle->n; i++)
		free(plain[i]);
	free(plain);
	free(texts);
	return err;
}

void compiled_done(struct compiled *compiled)
{
	mount_table_free(compiled->mounts);
	policy_free(compiled->policy);
	image_free(compiled->image);
	*compiled = (struct compiled){ 0 };
}

static void take_answer(void *context, const char *name, const struct host_answer *answer)
{
	struct host *host = hosts_find(context, name);

	if (host)
		(void)host_answer(host, answer, (int64_t)pending_now());
}

/* Ask for what was never answered, or holds nothing: who applies a policy has perhaps just mended that. What fails is said of its
 * name, later. */
static void ask(struct hosts *hosts)
{
	const char **list = calloc(hosts->n + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; list && i < hosts->n; i++)
		if (!host_held(&hosts->host[i]))
			list[n++] = hosts->host[i].name;
	if (n)
		(void)lookup_run(list, n, take_answer, hosts, NULL);
	free(list);
}

static int place(struct policy *policy, const struct compile_names *names, struct diag *diag)
{
	int err = names ? policy_name_hosts(policy, names->hosts, diag) : 0;

	if (err || !names)
		return err;
	if (names->ask)
		ask(names->hosts);
	return policy_place_hosts(policy, names->hosts, names->told, names->must, diag);
}

int compile_all(const struct bundle *bundle, const struct compile_names *names, struct compiled *ret_compiled, struct diag *diag)
{
	struct compiled compiled = { 0 };
	int err;

	/* An empty folder is more likely a mistake than a wish to lift everything. */
	if (!bundle->n)
		return diag_fail(diag, -ENOENT, DIAG_AT(.file = bundle->origin), "there is no policy file");
	err = parse(bundle, &compiled.policy, diag);
	if (!err)
		err = place(compiled.policy, names, diag);
	if (!err)
		err = mount_table_read(COMPILE_MOUNTS, &compiled.mounts, diag);
	if (!err)
		err = policy_compile(compiled.policy, compiled.mounts, &compiled.image, diag);
	if (!err)
		spelling_check(compiled.policy, compiled.mounts, diag);
	if (!err && names && names->askers && compiled.policy->nhosts)
		askers_check(&compiled, diag);
	if (err)
		compiled_done(&compiled);
	else
		*ret_compiled = compiled;
	return err;
}

int compile_bundle(const struct bundle *bundle, const struct compile_names *names, struct image **ret_image, struct diag *diag)
{
	struct compiled compiled;
	int err = compile_all(bundle, names, &compiled, diag);

	if (!err && (err = image_check_enforced(compiled.image, diag)))
		compiled_done(&compiled);
	if (err)
		return err;
	*ret_image = compiled.image;
	compiled.image = NULL;
	compiled_done(&compiled);
	return 0;
}
