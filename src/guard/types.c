/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types: copy the types that have a name in the object, with what they hold (types.h).
 */
#include "guard/types.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEXT_MAX 128
#define DEPTH_MAX 64 /* types within types; the kernel's are some ten deep */

struct name {
	char text[TEXT_MAX];
};

struct copy {
	const struct btf *from;
	struct btf *to;
	struct name *names; /* sorted */
	size_t n;
	int *made;	/* by the id in `from`: the id in `to`, 0 = none yet */
	int nothing;	/* the pointer to void that stands for all pointers */
};

int types_begin(struct types *types)
{
	types->fd = memfd_create("types", MFD_CLOEXEC);
	if (types->fd < 0)
		return -errno;
	snprintf(types->path, sizeof(types->path), "/proc/self/fd/%d", types->fd);
	return 0;
}

void types_done(struct types *types)
{
	if (types->fd >= 0)
		close(types->fd);
	types->fd = -1;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* Has libbpf a reason to look for a type of this kind by its name? */
static bool has_name(const struct btf *btf, const struct btf_type *type)
{
	return (btf_is_composite(type) || btf_is_any_enum(type) || btf_is_typedef(type)) &&
	       *btf__name_by_offset(btf, type->name_off);
}

/* "task_struct___old" is looked for as "task_struct". False: no name of the kernel is that long. */
static bool essential(const char *name, struct name *ret)
{
	const char *flavor = strstr(name, "___");
	size_t len = flavor && flavor > name ? (size_t)(flavor - name) : strlen(name);

	if (len >= sizeof(ret->text))
		return false;
	memcpy(ret->text, name, len);
	ret->text[len] = '\0';
	return true;
}

static int collect_names(const struct btf *object, struct copy *c)
{
	unsigned types = btf__type_cnt(object);

	c->names = calloc(types, sizeof(*c->names));
	if (!c->names)
		return -ENOMEM;
	for (unsigned id = 1; id < types; id++) {
		const struct btf_type *type = btf__type_by_id(object, id);

		if (has_name(object, type) && essential(btf__name_by_offset(object, type->name_off), &c->names[c->n]))
			c->n++;
	}
	qsort(c->names, c->n, sizeof(*c->names), by_text);
	return 0;
}

static int copy_type(struct copy *c, unsigned id, unsigned depth);

static int copy_members(struct copy *c, const struct btf_type *type, unsigned depth)
{
	const struct btf_member *members = btf_members(type);
	unsigned n = btf_vlen(type);
	int *held = calloc(n ? n : 1, sizeof(*held)), made = held ? 0 : -ENOMEM;
	const char *name = btf__name_by_offset(c->from, type->name_off);

	for (unsigned i = 0; made >= 0 && i < n; i++)
		made = held[i] = copy_type(c, members[i].type, depth + 1);
	if (made >= 0)
		made = btf_is_struct(type) ? btf__add_struct(c->to, name, type->size) : btf__add_union(c->to, name, type->size);
	for (unsigned i = 0; made >= 0 && i < n; i++) {
		int err = btf__add_field(c->to, btf__name_by_offset(c->from, members[i].name_off), held[i],
					 btf_member_bit_offset(type, i), btf_member_bitfield_size(type, i));

		if (err)
			made = err;
	}
	free(held);
	return made;
}

static int copy_enum(struct copy *c, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(c->from, type->name_off);
	bool wide = btf_is_enum64(type);
	int made = wide ? btf__add_enum64(c->to, name, type->size, btf_kflag(type)) : btf__add_enum(c->to, name, type->size);

	for (unsigned i = 0; made >= 0 && i < btf_vlen(type); i++) {
		const char *value = btf__name_by_offset(c->from, wide ? btf_enum64(type)[i].name_off : btf_enum(type)[i].name_off);
		int err = wide ? btf__add_enum64_value(c->to, value, btf_enum64_value(&btf_enum64(type)[i])) :
				 btf__add_enum_value(c->to, value, btf_enum(type)[i].val);

		if (err)
			made = err;
	}
	return made;
}

static int copy_array(struct copy *c, const struct btf_type *type, unsigned depth)
{
	const struct btf_array *array = btf_array(type);
	int index = copy_type(c, array->index_type, depth + 1), held = copy_type(c, array->type, depth + 1);

	return index < 0 ? index : held < 0 ? held : btf__add_array(c->to, index, held, (int)array->nelems);
}

static int copy_plain(struct copy *c, const struct btf_type *type, unsigned depth)
{
	const char *name = btf__name_by_offset(c->from, type->name_off);
	int held;

	if (btf_is_int(type))
		return btf__add_int(c->to, name, type->size, btf_int_encoding(type));
	if (btf_is_float(type))
		return btf__add_float(c->to, name, type->size);
	if (btf_is_fwd(type))
		return btf__add_fwd(c->to, name, btf_kflag(type) ? BTF_FWD_UNION : BTF_FWD_STRUCT);
	held = copy_type(c, type->type, depth + 1);
	if (held < 0 || !btf_is_typedef(type))
		return held; /* const, volatile and the like: nothing that a place in a structure depends on */
	return btf__add_typedef(c->to, name, held);
}

/* The type's id in the copy, made when it is not there; 0 is void, as there. */
static int copy_type(struct copy *c, unsigned id, unsigned depth)
{
	const struct btf_type *type = btf__type_by_id(c->from, id);
	int made;

	if (!id || c->made[id])
		return id ? c->made[id] : 0;
	if (!type || depth > DEPTH_MAX)
		return -EINVAL;
	if (btf_is_ptr(type) || btf_is_func_proto(type))
		made = c->nothing;
	else if (btf_is_composite(type))
		made = copy_members(c, type, depth);
	else if (btf_is_any_enum(type))
		made = copy_enum(c, type);
	else if (btf_is_array(type))
		made = copy_array(c, type, depth);
	else
		made = copy_plain(c, type, depth);
	if (made >= 0)
		c->made[id] = made;
	return made;
}

static int copy_named(struct copy *c)
{
	unsigned types = btf__type_cnt(c->from);
	bool first[256] = { false }; /* what a name that is wanted begins with */
	int made = 0;

	for (size_t i = 0; i < c->n; i++)
		first[(unsigned char)c->names[i].text[0]] = true;
	for (unsigned id = 1; made >= 0 && id < types; id++) {
		const struct btf_type *type = btf__type_by_id(c->from, id);
		struct name name;
		const char *text;

		if (!has_name(c->from, type))
			continue;
		text = btf__name_by_offset(c->from, type->name_off);
		if (first[(unsigned char)*text] && essential(text, &name) &&
		    bsearch(&name, c->names, c->n, sizeof(name), by_text))
			made = copy_type(c, id, 0);
	}
	return made < 0 ? made : 0;
}

static int write_file(const char *path, const void *data, size_t size)
{
	FILE *out = fopen(path, "we");
	bool good;

	if (!out)
		return -errno;
	errno = EIO; /* where stdio gives no reason */
	good = fwrite(data, size, 1, out) == 1;
	good = fclose(out) == 0 && good;
	return good ? 0 : -errno;
}

int types_write(const struct types *types, const struct bpf_object *object, const struct btf *kernel)
{
	struct copy c = { .from = kernel, .to = btf__new_empty() };
	const void *data;
	unsigned size;
	int err;

	c.made = calloc(btf__type_cnt(kernel), sizeof(*c.made));
	err = c.made && c.to ? collect_names(bpf_object__btf(object), &c) : -ENOMEM;
	if (!err) {
		c.nothing = btf__add_ptr(c.to, 0);
		err = c.nothing < 0 ? c.nothing : copy_named(&c);
	}
	if (!err) {
		data = btf__raw_data(c.to, &size);
		err = data ? write_file(types->path, data, size) : -ENOMEM;
	}
	free(c.names);
	free(c.made);
	btf__free(c.to);
	return err;
}
