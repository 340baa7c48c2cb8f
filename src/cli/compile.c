/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile: bundle -> image (compile.h).
 */
#include "cli/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"
#include "policy/mounts.h"
#include "policy/policy.h"

static int parse(const struct bundle *bundle, struct policy **ret_policy, struct diag *diag)
{
	struct policy_text *texts = calloc(bundle->n, sizeof(*texts));
	int err;

	if (!texts)
		return diag_fail(diag, -ENOMEM, NULL, "no memory");
	for (size_t i = 0; i < bundle->n; i++)
		texts[i] = (struct policy_text){ bundle->files[i].name, bundle->files[i].text, bundle->files[i].size };
	err = policy_parse(texts, bundle->n, &resolver_system, ret_policy, diag);
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

int compile_all(const struct bundle *bundle, struct compiled *ret_compiled, struct diag *diag)
{
	struct compiled compiled = { 0 };
	int err;

	/* An empty folder is more likely a mistake than a wish to lift everything. */
	if (!bundle->n)
		return diag_fail(diag, -ENOENT, DIAG_AT(.file = bundle->origin), "there is no policy file");
	err = parse(bundle, &compiled.policy, diag);
	if (!err)
		err = mount_table_read(COMPILE_MOUNTS, &compiled.mounts, diag);
	if (!err)
		err = policy_compile(compiled.policy, compiled.mounts, &compiled.image, diag);
	if (err)
		compiled_done(&compiled);
	else
		*ret_compiled = compiled;
	return err;
}

int compile_bundle(const struct bundle *bundle, struct image **ret_image, struct diag *diag)
{
	struct compiled compiled;
	int err = compile_all(bundle, &compiled, diag);

	if (!err && (err = image_check_enforced(compiled.image, diag)))
		compiled_done(&compiled);
	if (err)
		return err;
	*ret_image = compiled.image;
	compiled.image = NULL;
	compiled_done(&compiled);
	return 0;
}
