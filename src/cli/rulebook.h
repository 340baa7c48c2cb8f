/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rulebook: which rule an atom of a generation is. The last few generations are remembered, because events of the previous
 * one may still be on their way; the one in force is kept in a file, for the next daemon and for `cordon status`.
 *
 *     {"version":1,"generation":7,"audit":false,"policies":["name"],
 *      "rules":[{"name":..,"policy":..,"file":..,"line":N,"column":N,"permit":B,"enforce":B}]}    one per atom
 */
#ifndef CLI_RULEBOOK_H
#define CLI_RULEBOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/diag.h"
#include "guard/event.h"
#include "policy/image.h"

#define RULEBOOK_KEPT 4

/* The rules of a generation, some 60 bytes an atom. */
struct rulebook_page;

struct rulebook {
	struct rulebook_page *pages[RULEBOOK_KEPT]; /* newest first */
};

/* Numbers for people: atoms are an inner matter, rules are what was written. */
struct rulebook_count {
	size_t rules, enforce, audit, permit, forbid, atoms, policies;
};

void rulebook_done(struct rulebook *book);

/* A page for an image that was published; NULL: no memory. `audit`: every rule was made an audit rule. */
struct rulebook_page *rulebook_page(const struct image *image, uint64_t generation, bool audit);
void rulebook_page_free(struct rulebook_page *page);

/* The newest page; takes `page` over; NULL is none. */
void rulebook_add(struct rulebook *book, struct rulebook_page *page);

/* The page of a generation, which stays the book's; NULL: it has none. */
const struct rulebook_page *rulebook_of(const struct rulebook *book, uint64_t generation);

/* For struct event_names.rule; `book` is the context. */
bool rulebook_find(void *book, uint64_t generation, uint32_t atom, struct event_rule *ret_rule);

uint64_t rulebook_generation(const struct rulebook_page *page);
void rulebook_count(const struct rulebook_page *page, struct rulebook_count *ret_count);
/* A new array of the policies' names. */
json_t *rulebook_policies(const struct rulebook_page *page);

int rulebook_save(const struct rulebook_page *page, const char *folder, struct diag *diag);
/* NULL: there is none that can be read. */
struct rulebook_page *rulebook_load(const char *folder);

#endif
