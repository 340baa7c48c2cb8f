/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Destinations: addresses and ports as prefixes of one LPM trie. Every entry holds what its shorter prefixes hold,
 * because a look-up sees the longest only. An address is inside exactly those networks that hold the longest entry which
 * holds it, so an entry's set is the atoms whose networks hold the whole entry.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/tables.h"

static int add_prefix(struct compiler *c, uint32_t trie, const uint8_t *data, unsigned bits, uint32_t set)
{
	struct cordon_prefix_key *key;
	struct image_prefix *prefixes;

	if (c->image->nprefixes >= TABLES_PREFIXES_MAX)
		return tables_fail(c, -E2BIG, NULL, "the policy names more networks and ports than the table takes");
	prefixes = grow_array(c->image->prefixes, c->image->nprefixes, &c->prefixes_cap, sizeof(*prefixes));
	if (!prefixes)
		return -ENOMEM;
	c->image->prefixes = prefixes;
	prefixes[c->image->nprefixes] = (struct image_prefix){ .key = { .prefixlen = 32 + bits, .trie = trie },
							       .set = set };
	key = &prefixes[c->image->nprefixes++].key;
	memcpy(key->data, data, trie == CORDON_TRIE_ADDR ? 16 : trie == CORDON_TRIE_PORT ? 2 : 4);
	return 0;
}

/* ---- addresses ------------------------------------------------------------------------------- */

struct net {
	uint8_t addr[16];
	unsigned bits;
};

static bool holds(const uint8_t *addr, unsigned bits, const struct net *net)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return bits <= net->bits && !memcmp(addr, net->addr, whole) &&
	       (!rest || !((addr[whole] ^ net->addr[whole]) >> (8 - rest)));
}

static int by_place(const void *a, const void *b)
{
	const struct net *x = a, *y = b;
	int order = memcmp(x->addr, y->addr, sizeof(x->addr));

	return order ? order : x->bits < y->bits ? -1 : x->bits > y->bits;
}

/* Every network that an atom names, in order, each once; *ret_nets is malloc'ed. */
static int collect_nets(const struct compiler *c, struct net **ret_nets, size_t *ret_n)
{
	struct net *nets = NULL;
	size_t n = 0, cap = 0, kept = 0;

	for (size_t bit = 0; bit < c->atoms.n; bit++) {
		const struct atom_nets *list = &c->atoms.item[bit].nets;

		for (size_t i = 0; i < list->nin + list->nout; i++) {
			const struct policy_destination *d = i < list->nin ? list->in[i] : list->out[i - list->nin];
			struct net *more = grow_array(nets, n, &cap, sizeof(*nets));

			if (!more) {
				free(nets);
				return -ENOMEM;
			}
			nets = more;
			memcpy(nets[n].addr, d->addr, sizeof(d->addr));
			nets[n++].bits = d->bits;
		}
	}
	if (n)
		qsort(nets, n, sizeof(*nets), by_place);
	for (size_t i = 0; i < n; i++)
		if (!kept || by_place(&nets[kept - 1], &nets[i]))
			nets[kept++] = nets[i];
	*ret_nets = nets;
	*ret_n = kept;
	return 0;
}

/*
 * Marks the atoms' networks on the sets of the entries: sorted by place, the entries inside a network stand directly
 * behind it.
 */
static void mark_nets(uint64_t *sets, size_t nwords, const struct net *nets, size_t nnets,
		      const struct policy_destination **list, size_t n, size_t bit, bool in)
{
	for (size_t i = 0; i < n; i++) {
		struct net self = { .bits = list[i]->bits };
		const struct net *found;

		memcpy(self.addr, list[i]->addr, sizeof(self.addr));
		found = bsearch(&self, nets, nnets, sizeof(*nets), by_place);
		for (size_t at = found ? (size_t)(found - nets) : nnets;
		     at < nnets && holds(self.addr, self.bits, &nets[at]); at++)
			(in ? set_add : set_remove)(sets + at * nwords, bit);
	}
}

static int addresses(struct compiler *c)
{
	size_t nwords = c->pool.nwords, nnets = 0;
	struct net *nets = NULL;
	uint64_t *dflt = setpool_scratch(&c->pool), *sets = NULL;
	int err = dflt ? collect_nets(c, &nets, &nnets) : -ENOMEM;

	if (!err && nnets > TABLES_PREFIXES_MAX)
		err = tables_fail(c, -E2BIG, NULL, "the policy names more networks than the table takes");
	if (!err && !(sets = calloc(nnets + 1, nwords * sizeof(*sets))))
		err = -ENOMEM;
	for (size_t bit = 0; !err && bit < c->atoms.n; bit++) {
		const struct atom_nets *list = &c->atoms.item[bit].nets;

		if (!list->nin && !list->none)
			set_add(dflt, bit);
		for (size_t i = 0; !list->nin && !list->none && i < nnets; i++)
			set_add(sets + i * nwords, bit);
		mark_nets(sets, nwords, nets, nnets, list->in, list->nin, bit, true);
		mark_nets(sets, nwords, nets, nnets, list->out, list->nout, bit, false);
	}
	if (!err)
		c->image->meta.addr_dflt = setpool_intern(&c->pool, dflt);
	for (size_t i = 0; !err && i < nnets; i++)
		err = add_prefix(c, CORDON_TRIE_ADDR, nets[i].addr, nets[i].bits,
				 setpool_intern(&c->pool, sets + i * nwords));
	free(nets);
	free(dflt);
	free(sets);
	return err;
}

/* ---- ports ----------------------------------------------------------------------------------- */

static int add_bounds(struct numbers *bounds, const struct policy_ranges *ranges)
{
	int err = 0;

	for (size_t i = 0; !err && i < ranges->n; i++) {
		err = numbers_append(bounds, ranges->item[i].first);
		if (!err)
			err = numbers_append(bounds, ranges->item[i].last + 1);
	}
	return err;
}

/* One of the two tries: ports of IP, ports of vsock. */
struct port_trie {
	uint32_t trie;
	unsigned bits;
};

/* Whether an atom's ports are looked up in the trie at all: its protocols may keep it from matching there. */
static bool is_about(const struct port_trie *t, const struct atom *atom)
{
	const struct policy_ranges *protocols = &atom->ipprotos.in;
	bool vsock = ranges_have(protocols, CORDON_IPPROTO_VSOCK);

	return !protocols->n || (t->trie == CORDON_TRIE_PORT32 ? vsock : !vsock || protocols->n > 1);
}

/* The interval [first, end) as prefixes. */
static int add_interval(struct compiler *c, const struct port_trie *t, uint64_t first, uint64_t end, uint32_t set)
{
	int err = 0;

	while (!err && first < end) {
		unsigned free_bits = 0;
		uint8_t data[4];

		while (free_bits < t->bits && !(first & (UINT64_C(1) << free_bits)) &&
		       first + (UINT64_C(2) << free_bits) <= end)
			free_bits++;
		for (unsigned byte = 0; byte < t->bits / 8; byte++)
			data[byte] = (uint8_t)(first >> (t->bits - 8 - 8 * byte));
		err = add_prefix(c, t->trie, data, t->bits - free_bits, set);
		first += UINT64_C(1) << free_bits;
	}
	return err;
}

static int one_interval(struct compiler *c, const struct port_trie *t, uint32_t first, uint64_t end, uint64_t *scratch)
{
	uint32_t set;

	memset(scratch, 0, c->pool.nwords * sizeof(*scratch));
	for (size_t bit = 0; bit < c->atoms.n; bit++) {
		const struct atom_ranges *ports = &c->atoms.item[bit].ports;

		/* An atom that is not about these ports is as in the default: sets stay equal. */
		if (is_about(t, &c->atoms.item[bit]) ? (!ports->in.n || ranges_have(&ports->in, first)) &&
							       !ranges_have(&ports->out, first) :
						       !ports->in.n)
			set_add(scratch, bit);
	}
	set = setpool_intern(&c->pool, scratch);
	return set == c->image->meta.port_dflt ? 0 : add_interval(c, t, first, end, set);
}

static int ports(struct compiler *c, const struct port_trie *t)
{
	struct numbers bounds = { 0 };
	uint64_t *scratch = setpool_scratch(&c->pool);
	uint64_t most = UINT64_C(1) << t->bits;
	int err = scratch ? 0 : -ENOMEM;

	for (size_t bit = 0; !err && bit < c->atoms.n; bit++) {
		const struct atom_ranges *list = &c->atoms.item[bit].ports;

		if (!is_about(t, &c->atoms.item[bit]))
			continue;
		err = add_bounds(&bounds, &list->in);
		if (!err)
			err = add_bounds(&bounds, &list->out);
	}
	numbers_sort(&bounds);
	for (size_t i = 0; !err && i + 1 < bounds.n && bounds.item[i] < most; i++)
		err = one_interval(c, t, bounds.item[i], bounds.item[i + 1] < most ? bounds.item[i + 1] : most, scratch);
	numbers_done(&bounds);
	free(scratch);
	return err;
}

/* The set of a port that nobody names, whatever it is a port of. */
static int default_port(struct compiler *c)
{
	uint64_t *scratch = setpool_scratch(&c->pool);

	if (!scratch)
		return -ENOMEM;
	for (size_t bit = 0; bit < c->atoms.n; bit++)
		if (!c->atoms.item[bit].ports.in.n)
			set_add(scratch, bit);
	c->image->meta.port_dflt = setpool_intern(&c->pool, scratch);
	free(scratch);
	return 0;
}

/* ---- the unknown destination ------------------------------------------------------------------ */

static int unknown(struct compiler *c)
{
	uint64_t *scratch = setpool_scratch(&c->pool);

	if (!scratch)
		return -ENOMEM;
	for (size_t bit = 0; bit < c->atoms.n; bit++) {
		const struct atom *atom = &c->atoms.item[bit];

		if (!atom->rule->permit || atom->kind != ATOM_NET || (!atom->list->n && !atom->except->n))
			set_add(scratch, bit);
	}
	c->image->meta.addr_unknown = setpool_intern(&c->pool, scratch);
	free(scratch);
	return 0;
}

int tables_prefixes(struct compiler *c)
{
	int err = addresses(c);

	if (!err)
		err = default_port(c);
	if (!err)
		err = ports(c, &(struct port_trie){ CORDON_TRIE_PORT, 16 });
	if (!err)
		err = ports(c, &(struct port_trie){ CORDON_TRIE_PORT32, 32 });
	if (!err)
		err = unknown(c);
	return err;
}
