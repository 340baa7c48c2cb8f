/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys of the policy language; see keys.h. */
#include "policy/keys.h"

#define TABLE(keys) { keys, sizeof(keys) / sizeof((keys)[0]) }

_Static_assert((int)RULE_KEYS <= (int)KEY_TABLE_MAX && (int)WHO_KEYS <= (int)KEY_TABLE_MAX, "a table of keys is too long");

static const struct key document[DOCUMENT_KEYS] = {
	[DOCUMENT_API] = { "apiVersion", true, KEY_API, "the language: cordon/v1" },
	[DOCUMENT_KIND] = { "kind", true, KEY_KIND, "what the file is: Policy" },
	[DOCUMENT_METADATA] = { "metadata", true, KEY_METADATA, "the policy's name" },
	[DOCUMENT_MODE] = { "mode", false, KEY_MODE, "of the rules that name none; enforce when absent" },
	[DOCUMENT_SETS] = { "sets", false, KEY_SETS, "named lists; $name stands for the items in any list" },
	[DOCUMENT_RULES] = { "rules", true, KEY_RULES, "the rules; their order means nothing" },
};
const struct key_table keys_document = TABLE(document);

static const struct key metadata[METADATA_KEYS] = {
	[METADATA_NAME] = { "name", true, KEY_POLICY_NAME, "tells policies apart, in events and answers" },
	[METADATA_DESCRIPTION] = { "description", false, KEY_TEXT, "for people" },
};
const struct key_table keys_metadata = TABLE(metadata);

static const struct key rule[RULE_KEYS] = {
	[RULE_NAME] = { "rule", true, KEY_RULE_NAME, "its name, unique in the file; events carry it" },
	[RULE_MODE] = { "mode", false, KEY_MODE, "enforce or audit; the file's when absent" },
	[RULE_WHO] = { "who", false, KEY_WHO, "the subjects; everybody when absent" },
	[RULE_PERMIT] = { "permit", false, KEY_OPERATIONS, "allow these; closes them for all that no permit lists" },
	[RULE_FORBID] = { "forbid", false, KEY_OPERATIONS, "refuse these, whatever is permitted" },
	[RULE_FILES] = { "files", false, KEY_FILES,
			 "for read, write, append, exec, create, delete, attributes, connect; all when absent" },
	[RULE_TO] = { "to", false, KEY_DESTINATIONS, "for reach: the destinations; all when absent" },
	[RULE_AT] = { "at", false, KEY_DESTINATIONS, "for bind: the addresses of this machine; all when absent" },
	[RULE_FROM] = { "from", false, KEY_DESTINATIONS, "for accept: the peers; all when absent" },
	[RULE_SOCKETS] = { "sockets", false, KEY_SOCKETS, "for socket: the kinds of socket; all when absent" },
	[RULE_CAPABILITIES] = { "capabilities", false, KEY_CAPABILITIES, "for use: names as in capability.7; all when absent" },
	[RULE_OPERATIONS] = { "operations", false, KEY_KERNEL_OPERATIONS, "for operate: on the kernel; all when absent" },
	[RULE_EXCEPT] = { "except", false, KEY_EXCEPT, "objects the rule is not about" },
};
const struct key_table keys_rule = TABLE(rule);

static const struct key except[EXCEPT_KEYS] = {
	[EXCEPT_FILES] = { "files", false, KEY_FILES, "files the rule is not about" },
	[EXCEPT_TO] = { "to", false, KEY_DESTINATIONS, "destinations the rule is not about" },
	[EXCEPT_AT] = { "at", false, KEY_DESTINATIONS, "addresses to bind that the rule is not about" },
	[EXCEPT_FROM] = { "from", false, KEY_DESTINATIONS, "peers the rule is not about" },
};
const struct key_table keys_except = TABLE(except);

static const struct key who[WHO_KEYS] = {
	[WHO_USERS] = { "users", false, KEY_IDS, "the effective user" },
	[WHO_REAL_USERS] = { "real-users", false, KEY_IDS, "the real user" },
	[WHO_LOGIN] = { "login", false, KEY_LOGINS, "who logged in, whatever su and sudo did since; unset: nobody" },
	[WHO_SESSION] = { "session", false, KEY_SESSIONS, "how: ssh, console, service, other" },
	[WHO_GROUPS] = { "groups", false, KEY_IDS, "the effective group or a supplementary one" },
	[WHO_SERVICES] = { "services", false, KEY_UNITS, "a systemd unit or a path of the cgroup hierarchy" },
	[WHO_PROGRAMS] = { "programs", false, KEY_PATHS, "the executable file, by its place" },
	[WHO_ANCESTORS] = { "ancestors", false, KEY_PATHS, "the program, or one that it was started from" },
	[WHO_EXCEPT] = { "except", false, KEY_WHO_EXCEPT, "a subject that any of these holds is not meant" },
};
const struct key_table keys_who = TABLE(who);
const struct key_table keys_who_except = { who, WHO_EXCEPT };

static const struct key destination[DESTINATION_KEYS] = {
	[DESTINATION_NET] = { "net", false, KEY_NETS, "any, an address or a network" },
	[DESTINATION_VSOCK] = { "vsock", false, KEY_CIDS, "instead of net: any, host, local or a context id" },
	[DESTINATION_HOST] = { "host", false, KEY_HOSTS, "instead of net: names, which hold the addresses DNS has for them" },
	[DESTINATION_PORTS] = { "ports", false, KEY_PORTS, "numbers and ranges; all when absent" },
	[DESTINATION_PROTOCOL] = { "protocol", false, KEY_PROTOCOLS, "of IP; all when absent" },
};
const struct key_table keys_destination = TABLE(destination);

static const struct key sock[SOCKET_KEYS] = {
	[SOCKET_FAMILY] = { "family", true, KEY_SOCKET_FAMILY, "unix, inet, inet6, ... or a number" },
	[SOCKET_TYPE] = { "type", false, KEY_SOCKET_TYPE, "stream, dgram, ... or a number; all when absent" },
	[SOCKET_PROTOCOL] = { "protocol", false, KEY_PROTOCOL, "a name of IP's, or a number; all when absent" },
};
const struct key_table keys_socket = TABLE(sock);
