/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hoststore: host names as JSON (hoststore.h).
 */
#include "cli/hoststore.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fileio.h"
#include "cli/paths.h"
#include "policy/hostname.h"
#include "policy/value.h"

#define STORE_VERSION 1

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

void host_address_text(const uint8_t addr[16], char text[HOST_TEXT])
{
	bool v4 = memcmp(addr, mapped, sizeof(mapped)) == 0;

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr + 12 : addr, text, HOST_TEXT);
}

static json_t *host_json(const struct host *host, int64_t now)
{
	json_t *held = json_array(), *leaving = json_array(), *past = json_array();
	char text[HOST_TEXT];

	for (size_t i = 0; i < host->n; i++) {
		const struct host_address *address = &host->address[i];

		host_address_text(address->addr, text);
		if (address->until == HOSTS_HELD)
			json_array_append_new(held, json_string(text));
		else if (address->until == HOSTS_PAST)
			json_array_append_new(past, json_string(text));
		else
			json_array_append_new(leaving, json_pack("{s:s, s:I}", "address", text, "left",
								 (json_int_t)(address->until > now ? address->until - now : 0)));
	}
	return json_pack("{s:s, s:b, s:b, s:b, s:I, s:I, s:i, s:s, s:o, s:o, s:o}", "name", host->name, "keeps", (int)host->keeps,
			 "full", (int)host->full, "known", (int)host->known, "age",
			 (json_int_t)(host->known && now > host->answered ? now - host->answered : 0), "due",
			 (json_int_t)(host->due > now ? host->due - now : 0), "failures", (int)host->failures, "error", host->error, "held",
			 held, "leaving", leaving, "past", past);
}

json_t *hosts_to_json(const struct hosts *hosts, int64_t now)
{
	json_t *list = json_array();

	for (size_t i = 0; i < hosts->n; i++)
		if (json_array_append_new(list, host_json(&hosts->host[i], now)) < 0) {
			json_decref(list);
			return NULL;
		}
	return json_pack("{s:i, s:I, s:o}", "version", STORE_VERSION, "now", (json_int_t)now, "hosts", list);
}

/* ---- reading ---------------------------------------------------------------------------------- */

static int put_address(struct host *host, const char *text, int64_t until, int64_t now)
{
	struct value_net net;

	if (!text || value_net(text, &net) != VALUE_NET_OK || net.bits != 128)
		return -EBADMSG;
	return host_put(host, net.addr, until, now - 1) ? 0 : -ENOMEM;
}

static int read_addresses(const json_t *json, struct host *host, int64_t now, bool disk)
{
	const json_t *held = json_object_get(json, "held"), *leaving = json_object_get(json, "leaving"),
		     *past = json_object_get(json, "past"), *item;
	int err = json_is_array(held) && json_is_array(leaving) && json_is_array(past) ? 0 : -EBADMSG;
	size_t i;

	json_array_foreach(held, i, item)
		err = err ? err : put_address(host, json_string_value(item), HOSTS_HELD, now);
	json_array_foreach(past, i, item)
		err = err ? err : put_address(host, json_string_value(item), HOSTS_PAST, now);
	json_array_foreach(leaving, i, item) {
		int64_t left = json_integer_value(json_object_get(item, "left"));

		left = disk || left < 0 || left > HOSTS_TTL_MAX * 1000ll ? HOSTS_GRACE_MS : left;
		err = err ? err : put_address(host, json_string_value(json_object_get(item, "address")), now + left, now);
	}
	return err;
}

static int64_t milliseconds(const json_t *json, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(json, key));

	return value < 0 ? 0 : value > HOSTS_TTL_MAX * 100000ll ? HOSTS_TTL_MAX * 100000ll : value;
}

static int read_host(const json_t *json, int64_t now, bool disk, struct hosts *hosts)
{
	const char *name = json_string_value(json_object_get(json, "name")), *error = json_string_value(json_object_get(json, "error"));
	struct host *host;

	if (!name || hostname_fault(name) != HOSTNAME_OK || hosts_find(hosts, name))
		return -EBADMSG;
	host = hosts_add(hosts, name);
	if (!host)
		return -ENOMEM;
	host->keeps = json_is_true(json_object_get(json, "keeps"));
	host->known = json_is_true(json_object_get(json, "known"));
	host->answered = now - milliseconds(json, "age");
	if (!disk) {
		host->full = json_is_true(json_object_get(json, "full"));
		host->due = now + milliseconds(json, "due");
		host->failures = (unsigned)milliseconds(json, "failures");
		snprintf(host->error, sizeof(host->error), "%s", error ? error : "");
	}
	return read_addresses(json, host, now, disk);
}

int hosts_from_json(const json_t *json, int64_t now, bool disk, struct hosts *ret_hosts)
{
	const json_t *list = json_object_get(json, "hosts"), *item;
	struct hosts hosts = { 0 };
	int err = 0;
	size_t i;

	if (json_integer_value(json_object_get(json, "version")) != STORE_VERSION || !json_is_array(list))
		return -EBADMSG;
	/* From a process of this boot it has the same clock, to the millisecond. */
	if (!disk)
		now = json_integer_value(json_object_get(json, "now"));
	json_array_foreach(list, i, item)
		err = err ? err : read_host(item, now, disk, &hosts);
	if (err) {
		hosts_done(&hosts);
		return err;
	}
	*ret_hosts = hosts;
	return 0;
}

/* ---- on disk ---------------------------------------------------------------------------------- */

int hosts_save(const struct hosts *hosts, const char *folder, int64_t now, struct diag *diag)
{
	json_t *json = hosts_to_json(hosts, now);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int err = text ? fileio_replace(folder, PATH_HOSTS_NAME, text, strlen(text)) : -ENOMEM;

	free(text);
	json_decref(json);
	return err ? diag_fail(diag, err, DIAG_AT(.file = folder), "what the host names hold cannot be kept: %s", strerror(-err)) : 0;
}

int hosts_load(const char *folder, int64_t now, struct hosts *ret_hosts, struct diag *diag)
{
	json_error_t fault;
	char path[4096];
	json_t *json;
	int err;

	snprintf(path, sizeof(path), "%s/%s", folder, PATH_HOSTS_NAME);
	if (access(path, R_OK) < 0)
		return -errno;
	json = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);
	err = json ? hosts_from_json(json, now, true, ret_hosts) : -EBADMSG;
	json_decref(json);
	if (err)
		diag_add(diag, DIAG_WARNING, DIAG_AT(.file = path), "is damaged: the host names are asked for anew");
	return err;
}
