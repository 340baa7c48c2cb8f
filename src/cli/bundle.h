/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bundle: the text of a policy, all its files with their names; what `apply` sends, what the daemon compiles and keeps as
 * the last good policy.
 *
 *     {"version":1,"origin":"/etc/cordon/policy.d","files":[{"name":"...","text":"..."}]}
 */
#ifndef CLI_BUNDLE_H
#define CLI_BUNDLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/diag.h"

#define BUNDLE_FILES_MAX 256u
#define BUNDLE_FILE_MAX	 (64u << 20) /* as the parser: POLICY_TEXT_MAX */
#define BUNDLE_BYTES_MAX (64u << 20)

/* The daemon keeps the text for as long as it runs, and looks at it seldom: it is kept deflated (zlib). */
struct bundle_file {
	char *name;
	unsigned char *packed;
	size_t npacked;
	size_t size; /* of the text */
};

struct bundle {
	struct bundle_file *files;
	size_t n, cap, bytes;
	char *origin; /* the policy folder it is the content of; NULL: files that were named */
};

#define BUNDLE_INIT ((struct bundle){ 0 })

void bundle_done(struct bundle *bundle);

/* The text: a new string, NUL-terminated, `size` bytes without that. NULL: no memory. */
char *bundle_text(const struct bundle_file *file);

/*
 * Add a file, "-" (standard input), or a folder's *.yaml and *.yml in the order of their names (not hidden ones). A file that
 * anybody may write is refused; `trusted` refuses those that are not root's, or that a group may write, too.
 * Adds one error for each file that cannot be taken, and returns the last.
 */
int bundle_add(struct bundle *bundle, const char *path, bool trusted, struct diag *diag);

/* New JSON, -EILSEQ when a text is no UTF-8. */
int bundle_to_json(const struct bundle *bundle, json_t **ret_json, struct diag *diag);
/* -EBADMSG when it is not of that shape or too large. */
int bundle_from_json(const json_t *json, struct bundle *ret_bundle, struct diag *diag);

int bundle_save(const struct bundle *bundle, const char *folder, const char *name, struct diag *diag);
/* -ENOENT: there is none. */
int bundle_load(const char *folder, const char *name, struct bundle *ret_bundle, struct diag *diag);

#endif
