/* SPDX-License-Identifier: GPL-2.0-only */
/* Names and their addresses; see hosts.h. */
#include "policy/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cordon/abi.h>

#define RETRY_FIRST 5u /* seconds after a failure; doubled by each that follows */
#define RETRY_MOST  300u
#define RETRY_UNKNOWN 15u /* of a name that was never answered: a machine that boots has its network in a moment */

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
static const uint8_t vsock[16] = CORDON_VSOCK_ADDR;

static void host_done(struct host *host)
{
	free(host->name);
	free(host->address);
}

void hosts_done(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->n; i++)
		host_done(&hosts->host[i]);
	free(hosts->host);
	*hosts = (struct hosts){ 0 };
}

/* The place of a name: where it is, or where it would be. */
static size_t place_of(const struct hosts *hosts, const char *name, bool *ret_found)
{
	size_t low = 0, high = hosts->n;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(hosts->host[middle].name, name);

		if (!order) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct host *hosts_find(const struct hosts *hosts, const char *name)
{
	bool found;
	size_t at = place_of(hosts, name, &found);

	return found ? &hosts->host[at] : NULL;
}

struct host *hosts_add(struct hosts *hosts, const char *name)
{
	bool found;
	size_t at = place_of(hosts, name, &found);
	struct host *longer;
	char *copy;

	if (found)
		return &hosts->host[at];
	if (hosts->n >= HOSTS_MAX)
		return NULL;
	longer = reallocarray(hosts->host, hosts->n + 1, sizeof(*longer));
	if (longer)
		hosts->host = longer;
	copy = longer ? strdup(name) : NULL;
	if (!copy)
		return NULL;
	memmove(&longer[at + 1], &longer[at], (hosts->n - at) * sizeof(*longer));
	longer[at] = (struct host){ .name = copy, .due = INT64_MIN };
	hosts->n++;
	return &longer[at];
}

void hosts_remove(struct hosts *hosts, const char *name)
{
	bool found;
	size_t at = place_of(hosts, name, &found);

	if (!found)
		return;
	host_done(&hosts->host[at]);
	hosts->n--;
	memmove(&hosts->host[at], &hosts->host[at + 1], (hosts->n - at) * sizeof(*hosts->host));
}

/* ---- addresses -------------------------------------------------------------------------------- */

static unsigned family_of(const uint8_t addr[16])
{
	return memcmp(addr, mapped, sizeof(mapped)) != 0;
}

static size_t place_of_address(const struct host *host, const uint8_t addr[16], bool *ret_found)
{
	size_t low = 0, high = host->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(host->address[middle].addr, addr, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = low < host->n && memcmp(host->address[low].addr, addr, 16) == 0;
	return low;
}

static void drop_address(struct host *host, size_t at)
{
	host->n--;
	memmove(&host->address[at], &host->address[at + 1], (host->n - at) * sizeof(*host->address));
}

/* Room for one more: of those past, the one that was not seen for the longest time goes. */
static bool make_room(struct host *host)
{
	size_t oldest = host->n;

	if (host->n < HOSTS_ADDRESSES_MAX)
		return true;
	host->full = true;
	for (size_t i = 0; i < host->n; i++)
		if (host->address[i].until == HOSTS_PAST && (oldest == host->n || host->address[i].seen < host->address[oldest].seen))
			oldest = i;
	if (oldest == host->n)
		return false;
	drop_address(host, oldest);
	return true;
}

bool host_put(struct host *host, const uint8_t addr[16], int64_t until, int64_t seen)
{
	struct host_address *longer;
	bool found;
	size_t at = place_of_address(host, addr, &found);

	if (!found) {
		if (!make_room(host))
			return false;
		longer = reallocarray(host->address, host->n + 1, sizeof(*longer));
		if (!longer)
			return false;
		host->address = longer;
		at = place_of_address(host, addr, &found);
		memmove(&longer[at + 1], &longer[at], (host->n - at) * sizeof(*longer));
		host->n++;
	}
	host->address[at] = (struct host_address){ .until = until, .seen = seen };
	memcpy(host->address[at].addr, addr, 16);
	return true;
}

/* ---- answers ---------------------------------------------------------------------------------- */

static uint32_t clamp_ttl(uint32_t ttl)
{
	return ttl < HOSTS_TTL_MIN ? HOSTS_TTL_MIN : ttl > HOSTS_TTL_MAX ? HOSTS_TTL_MAX : ttl;
}

/* The TTL of an answer of one family, ms. */
static int64_t ttl_of(const struct host_answer *answer, unsigned family)
{
	return 1000 * (int64_t)(answer->outcome[family] == HOST_EMPTY ? HOSTS_TTL_EMPTY : clamp_ttl(answer->ttl[family]));
}

/* Nothing is known: ask again, later and later. */
static void note_failure(struct host *host, const struct host_answer *answer, int64_t now)
{
	unsigned most = host->known ? RETRY_MOST : RETRY_UNKNOWN, wait = RETRY_FIRST;

	for (unsigned i = 0; i < host->failures && wait < most; i++)
		wait *= 2;
	host->failures++;
	host->due = now + 1000 * (int64_t)(wait < most ? wait : most);
	snprintf(host->error, sizeof(host->error), "%s", answer->error ? answer->error : "no answer");
}

/* What an answer of its family has no more goes after a while. */
static void let_go(struct host *host, const struct host_answer *answer, int64_t now)
{
	for (size_t i = 0; i < host->n; i++) {
		struct host_address *address = &host->address[i];
		unsigned family = family_of(address->addr);
		int64_t grace = ttl_of(answer, family);

		if (answer->outcome[family] == HOST_FAILED || address->until != HOSTS_HELD || address->seen == now)
			continue;
		address->until = now + (grace > HOSTS_GRACE_MS ? grace : HOSTS_GRACE_MS);
	}
}

bool host_answer(struct host *host, const struct host_answer *answer, int64_t now)
{
	bool changed = false, found;
	int64_t ttl = INT64_MAX;

	if (answer->outcome[0] == HOST_FAILED && answer->outcome[1] == HOST_FAILED) {
		note_failure(host, answer, now);
		return false;
	}
	host->full = false;
	for (size_t i = 0; i < answer->n; i++) {
		size_t at = place_of_address(host, answer->addr[i], &found);
		bool held = found && host->address[at].until != HOSTS_PAST;

		/* Who runs a name's DNS does not say what a context of vsock may do. */
		if (memcmp(answer->addr[i], vsock, CORDON_VSOCK_BITS / 8) == 0)
			continue;
		changed |= host_put(host, answer->addr[i], HOSTS_HELD, now) && !held;
	}
	let_go(host, answer, now);
	for (unsigned family = 0; family < 2; family++)
		if (answer->outcome[family] == HOST_ANSWERED && ttl_of(answer, family) < ttl)
			ttl = ttl_of(answer, family);
	/* One family failed, and the other has nothing to say: that one is asked again before long. */
	if (ttl == INT64_MAX)
		ttl = 1000 * (int64_t)(answer->outcome[0] == answer->outcome[1] ? HOSTS_TTL_EMPTY : RETRY_FIRST);
	host->due = now + ttl;
	host->answered = now;
	host->known = true;
	host->failures = 0;
	host->error[0] = '\0';
	return changed;
}

bool hosts_expire(struct hosts *hosts, int64_t now)
{
	bool changed = false;

	for (size_t h = 0; h < hosts->n; h++) {
		struct host *host = &hosts->host[h];

		for (size_t i = host->n; i-- > 0;) {
			bool past = host->address[i].until == HOSTS_PAST;

			if (past ? host->keeps : host->address[i].until > now)
				continue;
			changed = true;
			if (host->keeps)
				host->address[i].until = HOSTS_PAST;
			else
				drop_address(host, i);
		}
	}
	return changed;
}

int64_t hosts_next(const struct hosts *hosts)
{
	int64_t next = INT64_MAX;

	for (size_t h = 0; h < hosts->n; h++) {
		const struct host *host = &hosts->host[h];

		if (host->due < next)
			next = host->due;
		for (size_t i = 0; i < host->n; i++)
			if (host->address[i].until != HOSTS_PAST && host->address[i].until < next)
				next = host->address[i].until;
	}
	return next;
}

const char *hosts_name_of(const struct hosts *hosts, const uint8_t addr[16])
{
	bool found = false;

	for (size_t i = 0; i < hosts->n; i++) {
		(void)place_of_address(&hosts->host[i], addr, &found);
		if (found)
			return hosts->host[i].name;
	}
	return NULL;
}

size_t host_held(const struct host *host)
{
	size_t n = 0;

	for (size_t i = 0; i < host->n; i++)
		n += host->address[i].until != HOSTS_PAST;
	return n;
}

/* ---- the names of a policy --------------------------------------------------------------------- */

static bool take_host(struct hosts *hosts, const struct host *from, bool exact)
{
	bool have = hosts_find(hosts, from->name) != NULL;
	struct host *host = hosts_add(hosts, from->name);

	if (!host)
		return false;
	host->keeps = from->keeps || (!exact && host->keeps);
	if (have && !(from->known && (!host->known || from->answered > host->answered)))
		return true;
	host->n = 0;
	for (size_t i = 0; i < from->n; i++)
		if (!host_put(host, from->address[i].addr, from->address[i].until, from->address[i].seen))
			return false;
	host->known = from->known;
	host->answered = from->answered;
	host->due = from->due;
	host->failures = from->failures;
	memcpy(host->error, from->error, sizeof(host->error));
	return true;
}

bool hosts_take(struct hosts *hosts, const struct hosts *other, bool exact)
{
	bool all = true;

	for (size_t i = hosts->n; exact && i-- > 0;)
		if (!hosts_find(other, hosts->host[i].name))
			hosts_remove(hosts, hosts->host[i].name);
	for (size_t i = 0; i < other->n; i++)
		all &= take_host(hosts, &other->host[i], exact);
	return all;
}
