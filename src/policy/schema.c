/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys and words to a JSON Schema; see schema.h. */
#include "policy/schema.h"

#include <errno.h>

#include <cordon/abi.h>

#include "common/buf.h"
#include "policy/keys.h"
#include "policy/policy.h"
#include "policy/value.h"

/* How the value of a key is told. */
enum shape {
	SHAPE_JSON,        /* `text` as it is */
	SHAPE_WORDS,       /* one of `words`, or a number up to `most` when that is not 0 */
	SHAPE_TABLE,       /* a mapping with the keys of `table` */
	SHAPE_LIST,        /* a list of what is told by `text`, `words` or `table`, or of sets */
	SHAPE_ONE_OR_LIST, /* the same, or a single one */
	SHAPE_RULES,       /* a list of `table`, without sets */
};

struct type {
	const char *name; /* of its definition */
	enum shape shape;
	const char *text;
	const struct value_name *words;
	uint32_t most;
	const struct key_table *table;
};

/* All scalars of the language are text; a JSON reader makes numbers of some. */
#define WORD      "{\"type\":[\"string\",\"number\"],\"minLength\":1}"
#define SET_NAME  "^\\\\$[A-Za-z0-9_-]+$"
#define PATTERN(regex) "{\"type\":\"string\",\"pattern\":\"" regex "\"}"
#define IN_RANGE(most) "{\"type\":\"integer\",\"minimum\":0,\"maximum\":" most "}"

static const struct value_name modes[] = { { "enforce", 0 }, { "audit", 1 }, { NULL, 0 } };

static const struct type types[KEY_TYPES] = {
	[KEY_TEXT] = { .name = "text", .text = "{\"type\":[\"string\",\"number\",\"boolean\"]}" },
	[KEY_POLICY_NAME] = { .name = "policy-name", .text = "{\"type\":[\"string\",\"number\"],"
			      "\"pattern\":\"^[A-Za-z0-9._-]+$\",\"maxLength\":128}" },
	[KEY_RULE_NAME] = { .name = "rule-name", .text = "{\"type\":[\"string\",\"number\"],\"minLength\":1,\"maxLength\":255}" },
	[KEY_API] = { .name = "api-version", .text = "{\"const\":\"cordon/v1\"}" },
	[KEY_KIND] = { .name = "kind", .text = "{\"const\":\"Policy\"}" },
	[KEY_MODE] = { .name = "mode", .shape = SHAPE_WORDS, .words = modes },
	[KEY_METADATA] = { .name = "metadata", .shape = SHAPE_TABLE, .table = &keys_metadata },
	[KEY_SETS] = { .name = "sets", .text = "{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^[A-Za-z0-9_-]+$\"},"
		       "\"additionalProperties\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"not\":{\"anyOf\":["
		       "{\"type\":\"array\"},{\"type\":\"string\",\"pattern\":\"^\\\\$\"}]}}}}" },
	[KEY_RULES] = { .name = "rules", .shape = SHAPE_RULES, .table = &keys_rule },
	[KEY_OPERATIONS] = { .name = "operations", .shape = SHAPE_LIST, .words = value_operations },
	[KEY_WHO] = { .name = "who", .shape = SHAPE_TABLE, .table = &keys_who },
	[KEY_WHO_EXCEPT] = { .name = "who-except", .shape = SHAPE_TABLE, .table = &keys_who_except },
	[KEY_IDS] = { .name = "ids", .shape = SHAPE_LIST, .text = "{\"anyOf\":[{\"type\":\"string\",\"minLength\":1},"
		      IN_RANGE("4294967294") "]}" },
	[KEY_LOGINS] = { .name = "logins", .shape = SHAPE_LIST, .text = "{\"anyOf\":[{\"type\":\"string\",\"minLength\":1},"
			 IN_RANGE("4294967294") "]}" },
	[KEY_SESSIONS] = { .name = "sessions", .shape = SHAPE_LIST, .words = value_sessions },
	[KEY_UNITS] = { .name = "units", .shape = SHAPE_LIST, .text = PATTERN("^(/.*|[^/]+(\\\\.(service|slice|scope)|\\\\}))$") },
	[KEY_PATHS] = { .name = "paths", .shape = SHAPE_LIST, .text = PATTERN("^/") },
	[KEY_FILES] = { .name = "files", .shape = SHAPE_LIST, .text = PATTERN("^(/|unix:@.)") },
	[KEY_EXCEPT] = { .name = "except", .shape = SHAPE_TABLE, .table = &keys_except },
	[KEY_DESTINATIONS] = { .name = "destinations", .shape = SHAPE_LIST, .table = &keys_destination },
	[KEY_SOCKETS] = { .name = "sockets", .shape = SHAPE_LIST, .table = &keys_socket },
	[KEY_NETS] = { .name = "nets", .shape = SHAPE_ONE_OR_LIST, .text = PATTERN("^(any|[0-9A-Fa-f:.]+(/[0-9]+)?)$") },
	[KEY_PORTS] = { .name = "ports", .shape = SHAPE_ONE_OR_LIST, .text = "{\"anyOf\":["
			PATTERN("^[0-9]+(-[0-9]*)?$") "," IN_RANGE("4294967294") "]}" },
	[KEY_PROTOCOLS] = { .name = "protocols", .shape = SHAPE_ONE_OR_LIST, .words = value_protocols, .most = 65535 },
	[KEY_CIDS] = { .name = "cids", .shape = SHAPE_ONE_OR_LIST, .text = "{\"anyOf\":["
		       PATTERN("^(any|host|local|hypervisor|[0-9]+)$") "," IN_RANGE("4294967294") "]}" },
	[KEY_HOSTS] = { .name = "hosts", .shape = SHAPE_ONE_OR_LIST,
			.text = PATTERN("^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?[.]?$") },
	[KEY_PROTOCOL] = { .name = "protocol", .shape = SHAPE_WORDS, .words = value_protocols, .most = 65535 },
	[KEY_SOCKET_FAMILY] = { .name = "socket-family", .shape = SHAPE_WORDS, .words = value_socket_families, .most = 65535 },
	[KEY_SOCKET_TYPE] = { .name = "socket-type", .shape = SHAPE_WORDS, .words = value_socket_types, .most = 15 },
	[KEY_CAPABILITIES] = { .name = "capabilities", .shape = SHAPE_LIST, .words = value_capabilities, .most = 63 },
	[KEY_KERNEL_OPERATIONS] = { .name = "kernel-operations", .shape = SHAPE_LIST, .words = value_kernel_operations },
};

/* ---- values ------------------------------------------------------------------------------------ */

static void add_words(struct buf *out, const struct type *type)
{
	bool capabilities = type->words == value_capabilities;

	buf_puts(out, type->most ? "{\"anyOf\":[{\"enum\":[" : "{\"enum\":[");
	for (const struct value_name *word = type->words; word->name; word++) {
		buf_puts(out, word == type->words ? "" : ",");
		buf_json(out, word->name);
	}
	buf_puts(out, type->most ? "]}" : "]");
	if (type->most)
		buf_printf(out, "," IN_RANGE("%u") "," PATTERN("^[0-9]+$"), type->most);
	if (capabilities) /* in any case, with the prefix */
		buf_puts(out, "," PATTERN("^([Cc][Aa][Pp]_)?[A-Za-z_]*[A-Z][A-Za-z_]*$") "," PATTERN("^cap_[a-z_]+$"));
	buf_puts(out, type->most ? "]}" : "}");
}

static void add_table(struct buf *out, const struct key_table *table)
{
	bool first = true;

	buf_puts(out, "{\"type\":\"object\",\"additionalProperties\":false,\"minProperties\":1,\"properties\":{");
	for (size_t i = 0; i < table->n; i++) {
		buf_puts(out, i ? ",\n    " : "\n    ");
		buf_json(out, table->key[i].name);
		buf_puts(out, ":{\"description\":");
		buf_json(out, table->key[i].about);
		/* draft-07 minds nothing that stands beside $ref: the reference gets a place of its own */
		buf_printf(out, ",\"allOf\":[{\"$ref\":\"#/definitions/%s\"}]}", types[table->key[i].type].name);
	}
	buf_puts(out, "}");
	for (size_t i = 0; i < table->n; i++) {
		if (!table->key[i].required)
			continue;
		buf_puts(out, first ? ",\"required\":[" : ",");
		buf_json(out, table->key[i].name);
		first = false;
	}
	buf_puts(out, first ? "" : "]");
}

/* "This key, in the rule or in its `except`, makes sense only with one of these operations." */
static void add_condition(struct buf *out, const char *key, uint32_t ops)
{
	static const char *const verbs[] = { "permit", "forbid" };

	buf_printf(out, ",\n    {\"if\":{\"anyOf\":[{\"required\":[\"%s\"]},{\"required\":[\"except\"],\"properties\":"
			"{\"except\":{\"type\":\"object\",\"required\":[\"%s\"]}}}]},\"then\":{\"anyOf\":[", key, key);
	for (size_t i = 0; i < 2; i++) {
		bool first = true;

		buf_printf(out, "%s{\"required\":[\"%s\"],\"properties\":{\"%s\":{\"contains\":{\"anyOf\":[{\"enum\":[",
			   i ? "," : "", verbs[i], verbs[i]);
		for (const struct value_name *op = value_operations; op->name; op++)
			if (ops >> op->value & 1) {
				buf_printf(out, "%s\"%s\"", first ? "" : ",", op->name);
				first = false;
			}
		buf_puts(out, "]}," PATTERN("^\\\\$") "]}}}}");
	}
	buf_puts(out, "]}}");
}

/* What a rule's keys mean for each other. */
static void add_rule_conditions(struct buf *out)
{
	buf_puts(out, ",\"allOf\":[\n    {\"oneOf\":[{\"required\":[\"permit\"]},{\"required\":[\"forbid\"]}]}");
	add_condition(out, "files", CORDON_OPS_FILE);
	add_condition(out, "to", 1u << CORDON_OP_REACH);
	add_condition(out, "at", 1u << CORDON_OP_BIND);
	add_condition(out, "from", 1u << CORDON_OP_ACCEPT);
	add_condition(out, "sockets", 1u << CORDON_OP_SOCKET);
	add_condition(out, "capabilities", 1u << CORDON_OP_CAPABILITY);
	add_condition(out, "operations", 1u << CORDON_OP_KERNEL);
	buf_puts(out, "]");
}

static void add_one(struct buf *out, const struct type *type)
{
	if (type->words) {
		add_words(out, type);
	} else if (type->table) {
		add_table(out, type->table);
		if (type->table == &keys_rule)
			add_rule_conditions(out);
		if (type->table == &keys_destination)
			buf_puts(out, ",\"oneOf\":[{\"required\":[\"net\"]},{\"required\":[\"host\"]},{\"required\":[\"vsock\"],"
				      "\"not\":{\"required\":[\"protocol\"]}}]");
		buf_puts(out, "}");
	} else {
		buf_puts(out, type->text);
	}
}

static void add_list(struct buf *out, const struct type *type)
{
	buf_printf(out, "{\"type\":\"array\",\"minItems\":1,\"maxItems\":%u%s,\"items\":{\"anyOf\":["
			"{\"$ref\":\"#/definitions/set\"},", POLICY_ITEMS_MAX,
		   type->words == value_operations ? ",\"uniqueItems\":true" : "");
	add_one(out, type);
	buf_puts(out, "]}}");
}

static void add_type(struct buf *out, const struct type *type)
{
	switch (type->shape) {
	case SHAPE_LIST:
		add_list(out, type);
		break;
	case SHAPE_ONE_OR_LIST:
		buf_puts(out, "{\"anyOf\":[{\"$ref\":\"#/definitions/set\"},");
		add_one(out, type);
		buf_puts(out, ",");
		add_list(out, type);
		buf_puts(out, "]}");
		break;
	case SHAPE_RULES:
		buf_printf(out, "{\"type\":\"array\",\"maxItems\":%u,\"items\":", CORDON_RULES_MAX);
		add_one(out, type);
		buf_puts(out, "}");
		break;
	default:
		add_one(out, type);
	}
}

/* ---- the document ------------------------------------------------------------------------------- */

int policy_schema_write(FILE *out)
{
	static const struct type whole = { .table = &keys_document };
	struct buf text = BUF_INIT;
	int err;

	buf_puts(&text, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"title\":\"A policy of cordon\","
			"\"description\":\"Who may do what; see docs/policy.md.\",\n  \"definitions\":{\n");
	buf_puts(&text, "  \"set\":{\"description\":\"the items of a set\",\"type\":\"string\",\"pattern\":\"" SET_NAME "\"}");
	for (size_t i = 0; i < KEY_TYPES; i++) {
		buf_printf(&text, ",\n  \"%s\":", types[i].name);
		add_type(&text, &types[i]);
	}
	buf_puts(&text, "},\n  \"allOf\":[");
	add_type(&text, &whole);
	buf_puts(&text, "]}\n");
	err = text.failed ? -ENOMEM : fputs(buf_str(&text), out) < 0 || fflush(out) ? -EIO : 0;
	buf_done(&text);
	return err;
}
