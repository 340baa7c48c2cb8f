/* SPDX-License-Identifier: GPL-2.0-only */
/* Host names; see hostname.h. */
#include "policy/hostname.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define LABEL_MAX 63u

static const struct {
	const char *what, *mend;
} faults[] = {
	[HOSTNAME_OK] = { "'%s'", "" },
	[HOSTNAME_EMPTY] = { "'%s' is no host name", "write a full name, as in www.example.org" },
	[HOSTNAME_WILDCARD] = { "'%s': a host name has no wildcards, for nobody can list the names below another",
				"list the names, or the networks they are in (net)" },
	[HOSTNAME_ADDRESS] = { "'%s' is an address, no host name", "write 'net' instead of 'host'" },
	[HOSTNAME_LETTERS] = { "'%s': a host name has letters a to z, digits, '-', '_' and dots",
			       "write a full name as DNS has it, as in www.example.org; one with other letters begins with xn--" },
	[HOSTNAME_LABEL] = { "'%s': between the dots of a host name stand 1 to 63 characters, no '-' first or last",
			     "write a full name, as in www.example.org" },
	[HOSTNAME_LONG] = { "the host name '%s' is longer than 253 characters", "DNS has no such names" },
};

const char *hostname_what(enum hostname_fault fault)
{
	return faults[fault].what;
}

const char *hostname_mend(enum hostname_fault fault)
{
	return faults[fault].mend;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* One part; *at is moved behind it. */
static bool good_label(const char *name, size_t length, size_t *at, bool *ret_number)
{
	size_t start = *at;

	*ret_number = true;
	for (; *at < length && name[*at] != '.'; ++*at)
		*ret_number = *ret_number && isdigit((unsigned char)name[*at]);
	return *at > start && *at - start <= LABEL_MAX && name[start] != '-' && name[*at - 1] != '-';
}

enum hostname_fault hostname_fault(const char *name)
{
	size_t length = strlen(name), at = 0;
	bool number = false;

	if (length && name[length - 1] == '.')
		length--;
	if (!length)
		return HOSTNAME_EMPTY;
	if (strchr(name, '*'))
		return HOSTNAME_WILDCARD;
	if (strchr(name, ':') || strchr(name, '/'))
		return HOSTNAME_ADDRESS;
	for (size_t i = 0; i < length; i++)
		if (!is_letter(name[i]) && name[i] != '.')
			return HOSTNAME_LETTERS;
	for (at = 0; at <= length; at++)
		if (!good_label(name, length, &at, &number))
			return HOSTNAME_LABEL;
	/* 10.0.0.1 and its kind: programs read that as an address. */
	if (number)
		return HOSTNAME_ADDRESS;
	return length > HOSTNAME_MAX ? HOSTNAME_LONG : HOSTNAME_OK;
}

const char *hostname_plain(struct arena *arena, const char *name)
{
	char *plain = arena_strdup(arena, name);
	size_t length = plain ? strlen(plain) : 0;

	if (length && plain[length - 1] == '.')
		plain[--length] = '\0';
	for (size_t i = 0; i < length; i++)
		plain[i] = (char)tolower((unsigned char)plain[i]);
	return plain;
}
