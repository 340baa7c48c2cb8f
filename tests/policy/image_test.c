/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image itself: the same policy gives the same bytes; its tables keep what cordon/abi.h promises; a damaged image
 * is a refusal, never an answer and never a crash.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "common/buf.h"
#include "fake.h"
#include "policy/compile.h"
#include "random.h"
#include "../tap.h"

#define SEEDS 20

static int any_id(void *context, const char *name, uint32_t *ret_id)
{
	*ret_id = (uint32_t)(unsigned char)*name;
	return 0;
}

static const struct resolver any = { .user = any_id, .group = any_id };

static struct image *compile(uint64_t seed)
{
	struct random r = { seed };
	struct buf text = BUF_INIT;
	struct mount_table *mounts = NULL;
	struct policy *policy = NULL;
	struct image *image = NULL;

	random_policy(&r, 60, RANDOM_ALL, &text);
	if (mount_table_parse(random_mounts, strlen(random_mounts), &mounts, NULL) ||
	    policy_parse(&(struct policy_text){ "r.yaml", buf_str(&text), text.len }, 1, &any, &policy, NULL) ||
	    policy_compile(policy, mounts, &image, NULL)) {
		printf("Bail out! seed %llu does not compile\n", (unsigned long long)seed);
		exit(1);
	}
	policy_free(policy);
	mount_table_free(mounts);
	buf_done(&text);
	return image;
}

#define ALIKE(a, b, array, n) ((a)->n == (b)->n && (!(a)->n || !memcmp((a)->array, (b)->array, (a)->n * sizeof(*(a)->array))))

static bool same(const struct image *a, const struct image *b)
{
	size_t rows = a->nsets * a->meta.nchunks;

	return !memcmp(&a->meta, &b->meta, sizeof(a->meta)) && a->nsets == b->nsets &&
	       !memcmp(a->sets, b->sets, rows * sizeof(*a->sets)) && ALIKE(a, b, values, nvalues) &&
	       ALIKE(a, b, prefixes, nprefixes) && ALIKE(a, b, names, nnames) && ALIKE(a, b, states, nstates) &&
	       ALIKE(a, b, bytes, nbytes) && ALIKE(a, b, roots, nroots);
}

/* ---- promises of the tables ------------------------------------------------------------------- */

static bool set_is(const struct image *image, uint32_t set, uint64_t want)
{
	for (uint32_t c = 0; c < image->meta.nchunks; c++)
		for (unsigned w = 0; w < CORDON_CHUNK_WORDS; w++)
			if (image->sets[set * image->meta.nchunks + c].word[w] != want)
				return false;
	return true;
}

static bool ids_are_inside(const struct image *im)
{
	bool good = im->meta.permit < im->nsets && im->meta.enforce < im->nsets &&
		    im->meta.ancestor_unknown < im->nsets && im->meta.not_ancestor_unknown < im->nsets && im->meta.cgroup_start < im->nstates;

	for (size_t i = 0; i < im->nvalues; i++)
		good &= im->values[i].set < im->nsets && !im->values[i].key.pad;
	for (size_t i = 0; i < im->nprefixes; i++)
		good &= im->prefixes[i].set < im->nsets;
	for (size_t i = 0; i < im->nstates; i++)
		good &= im->states[i].file < im->nsets && im->states[i].prog < im->nsets && im->states[i].cgroup < im->nsets &&
			im->states[i].beneath < im->nsets && im->states[i].whole < im->nsets &&
			im->states[i].floating < im->nsets && im->states[i].ancestor < im->nsets &&
			im->states[i].not_ancestor < im->nsets &&
			im->states[i].next < im->nstates && im->states[i].unsure < im->nstates &&
			(size_t)(im->states[i].glob + 1) * im->meta.ncolumns <= im->nbytes;
	for (size_t i = 0; i < im->nnames; i++)
		good &= im->names[i].next < im->nstates && im->names[i].key.state < im->nstates &&
			im->names[i].key.len <= CORDON_LITERAL_MAX;
	for (size_t i = 0; i < im->nroots; i++)
		good &= im->roots[i].root.state < im->nstates;
	for (size_t i = im->meta.ncolumns; i < im->nbytes; i++)
		good &= im->bytes[i] < (i % im->meta.ncolumns == im->meta.ncolumns - 1 ? im->nstates :
											  im->nbytes / im->meta.ncolumns);
	return good;
}

/* The dead state leads nowhere; no key is there twice; what follows a name in its key is zero. */
static bool keys_are_clean(const struct image *im)
{
	bool good = !im->states[0].next && !im->states[0].glob;

	for (size_t i = 0; i < im->nnames; i++) {
		const struct cordon_name_key *key = &im->names[i].key;

		good &= key->state != 0;
		for (uint32_t b = 0; b < CORDON_LITERAL_MAX; b++)
			good &= b < key->len ? key->name[b] && (key->name[b] != '/' || key->state == im->meta.abstract_start) :
						 !key->name[b];
		for (size_t k = i + 1; k < im->nnames && im->names[k].key.state == key->state; k++)
			good &= memcmp(key, &im->names[k].key, sizeof(*key)) != 0;
	}
	for (size_t i = 0; i < im->nprefixes; i++)
		for (size_t k = i + 1; k < im->nprefixes; k++)
			good &= memcmp(&im->prefixes[i].key, &im->prefixes[k].key, sizeof(im->prefixes[i].key)) != 0;
	for (size_t i = 1; i < im->nvalues; i++)
		good &= memcmp(&im->values[i - 1].key, &im->values[i].key, sizeof(im->values[i].key)) != 0;
	return good;
}

/* What holds everything below holds something there. */
static bool whole_is_beneath(const struct image *im)
{
	bool good = im->nstates > 0;

	for (size_t i = 0; i < im->nstates; i++)
		for (uint32_t w = 0; w < im->meta.nchunks * CORDON_CHUNK_WORDS; w++) {
			const struct cordon_chunk *whole = &im->sets[im->states[i].whole * im->meta.nchunks];
			const struct cordon_chunk *beneath = &im->sets[im->states[i].beneath * im->meta.nchunks];
			const struct cordon_chunk *file = &im->sets[im->states[i].file * im->meta.nchunks];
			uint64_t b = beneath[w / CORDON_CHUNK_WORDS].word[w % CORDON_CHUNK_WORDS];

			good &= !(whole[w / CORDON_CHUNK_WORDS].word[w % CORDON_CHUNK_WORDS] & ~b) &&
				!(file[w / CORDON_CHUNK_WORDS].word[w % CORDON_CHUNK_WORDS] & ~b);
		}
	return good;
}

/* No two sets of the pool are equal. */
static bool sets_are_interned(const struct image *im)
{
	size_t size = im->meta.nchunks * sizeof(*im->sets);

	for (size_t i = 0; i < im->nsets; i++)
		for (size_t k = i + 1; k < im->nsets; k++)
			if (!memcmp((char *)im->sets + i * size, (char *)im->sets + k * size, size))
				return false;
	return true;
}

/* ---- damage ----------------------------------------------------------------------------------- */

static int ask(const struct image *image, enum cordon_op op)
{
	static const uint32_t gids[] = { 7, 1000 };
	const struct image_subject s = { .uid = 1000, .gids = gids, .ngids = 2, .cgroup = "/system.slice/web.service",
					 .program = "/a/b", .program_dev = random_devs[0] };
	struct image_object o = { .op = op, .dev = random_devs[1], .path = "/a/x.key", .port = 443, .ipproto = 6,
				  .family = 2, .type = 1, .addr = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1 } };
	struct cordon_decision d = { .rule = 4711 };
	int err = image_evaluate(image, &s, &o, &d);

	return err && d.rule != 4711 ? 1 : err; /* a refusal leaves the answer alone */
}

static bool refuses(struct image *image, uint32_t *id, enum cordon_op op)
{
	uint32_t saved = *id;
	bool good;

	*id = 0x7fffffff;
	good = ask(image, op) == -ENODATA;
	*id = saved;
	return good && !ask(image, op);
}

static void check_damage(struct image *im)
{
	size_t nsets = im->nsets, nstates = im->nstates;

	tap_ok(refuses(im, &im->meta.permit, CORDON_OP_READ), "a damaged permit set");
	tap_ok(refuses(im, &im->meta.enforce, CORDON_OP_READ), "a damaged enforce set");
	tap_ok(refuses(im, &im->meta.op[CORDON_OP_READ], CORDON_OP_READ), "a damaged operation set");
	tap_ok(refuses(im, &im->meta.dflt[CORDON_DIM_GID], CORDON_OP_READ), "a damaged default");
	tap_ok(refuses(im, &im->meta.cgroup_start, CORDON_OP_READ), "a damaged start state");
	tap_ok(refuses(im, &im->roots[1].root.state, CORDON_OP_READ), "a damaged root");
	im->nsets = 1;
	tap_ok(ask(im, CORDON_OP_REACH) == -ENODATA, "sets cut off");
	im->nsets = nsets;
	im->nstates = 0;
	tap_ok(ask(im, CORDON_OP_READ) == -ENODATA, "no states");
	im->nstates = nstates;
	tap_ok(ask(im, CORDON_OP_COUNT) == -ENODATA, "an operation that does not exist");
}

int main(void)
{

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct image *a = compile(seed), *b = compile(seed);

		tap_ok(same(a, b), "seed %llu: the same policy, the same bytes", (unsigned long long)seed);
		tap_ok(set_is(a, CORDON_SET_ALL, ~UINT64_C(0)) && set_is(a, CORDON_SET_NONE, 0), "the fixed sets");
		tap_ok(ids_are_inside(a), "every id is inside its table");
		tap_ok(keys_are_clean(a), "keys are clean and single");
		tap_ok(whole_is_beneath(a), "what holds all below holds something, and so does what holds the place");
		tap_ok(sets_are_interned(a), "every set is there once");
		if (seed == 1)
			check_damage(a);
		image_free(a);
		image_free(b);
	}
	return tap_done();
}
