/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables: image -> inner maps (tables.h).
 */
#include "guard/tables.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What map types without batch operations answer (include/linux/errno.h; not in the C library). */
#define KERNEL_ENOTSUPP 524

const struct table tables[TABLE_COUNT] = {
	[TABLE_META] = { "meta_of", BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4, sizeof(struct cordon_meta) },
	[TABLE_SETS] = { "sets_of", BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4, sizeof(struct cordon_chunk) },
	[TABLE_VALUES] = { "values_of", BPF_MAP_TYPE_HASH, 0, sizeof(struct cordon_value_key), 4 },
	[TABLE_PREFIXES] = { "prefixes_of", BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC,
			     sizeof(struct cordon_prefix_key), 4 },
	[TABLE_NAMES] = { "names_of", BPF_MAP_TYPE_HASH, 0, sizeof(struct cordon_name_key), 4 },
	[TABLE_STATES] = { "states_of", BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4, sizeof(struct cordon_node) },
	[TABLE_BYTES] = { "bytes_of", BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4, 4 },
	[TABLE_ROOTS] = { "roots_of", BPF_MAP_TYPE_HASH, 0, 4, sizeof(struct cordon_root) },
};

void table_rows_done(struct table_rows *rows)
{
	free(rows->memory);
	*rows = (struct table_rows){ 0 };
}

/* Split an array of {key, value} structs of `stride` bytes into two arrays. The value follows the key. */
static int split_rows(const void *items, size_t n, size_t stride, enum table_id id, struct table_rows *ret_rows)
{
	size_t key = tables[id].key_size, value = tables[id].value_size;
	unsigned char *memory, *values;

	memory = calloc(n ? n : 1, key + value);
	if (!memory)
		return -ENOMEM;
	values = memory + n * key;
	for (size_t i = 0; i < n; i++) {
		const unsigned char *item = (const unsigned char *)items + i * stride;

		memcpy(memory + i * key, item, key);
		memcpy(values + i * value, item + key, value);
	}
	*ret_rows = (struct table_rows){ .keys = memory, .values = values, .n = n, .memory = memory };
	return 0;
}

_Static_assert(offsetof(struct image_value, set) == sizeof(struct cordon_value_key), "value follows key");
_Static_assert(offsetof(struct image_prefix, set) == sizeof(struct cordon_prefix_key), "value follows key");
_Static_assert(offsetof(struct image_name, next) == sizeof(struct cordon_name_key), "value follows key");
_Static_assert(offsetof(struct image_root, root) == sizeof(uint32_t), "value follows key");

static int meta_rows(const struct image *image, uint64_t generation, struct table_rows *ret_rows)
{
	struct cordon_meta *meta = malloc(sizeof(*meta));

	if (!meta)
		return -ENOMEM;
	*meta = image->meta;
	meta->generation = generation;
	*ret_rows = (struct table_rows){ .values = meta, .n = 1, .memory = meta };
	return 0;
}

static int plain_rows(const void *values, size_t n, struct table_rows *ret_rows)
{
	*ret_rows = (struct table_rows){ .values = values, .n = n };
	return 0;
}

int table_rows_of(const struct image *image, enum table_id id, uint64_t generation, struct table_rows *ret_rows)
{
	switch (id) {
	case TABLE_META:
		return meta_rows(image, generation, ret_rows);
	case TABLE_SETS:
		return plain_rows(image->sets, image->nsets * image->meta.nchunks, ret_rows);
	case TABLE_VALUES:
		return split_rows(image->values, image->nvalues, sizeof(*image->values), id, ret_rows);
	case TABLE_PREFIXES:
		return split_rows(image->prefixes, image->nprefixes, sizeof(*image->prefixes), id, ret_rows);
	case TABLE_NAMES:
		return split_rows(image->names, image->nnames, sizeof(*image->names), id, ret_rows);
	case TABLE_STATES:
		return plain_rows(image->states, image->nstates, ret_rows);
	case TABLE_BYTES:
		return plain_rows(image->bytes, image->nbytes, ret_rows);
	case TABLE_ROOTS:
		return split_rows(image->roots, image->nroots, sizeof(*image->roots), id, ret_rows);
	case TABLE_COUNT:
		break;
	}
	return -EINVAL;
}

/*
 * From 6.14 on a trie takes its nodes from a small store that is refilled by interrupt: "no memory" may pass. Ask again
 * for up to a quarter of a second.
 */
static int update_patiently(int fd, const void *key, const void *value)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int attempt = 0; attempt < 250; attempt++) {
		if (bpf_map_update_elem(fd, key, value, BPF_ANY) == 0)
			return 0;
		if (errno != ENOMEM)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return -ENOMEM;
}

static int fill_singly(int fd, enum table_id id, const unsigned char *keys, const struct table_rows *rows)
{
	const struct table *table = &tables[id];

	int err = 0;

	for (size_t i = 0; !err && i < rows->n; i++)
		err = update_patiently(fd, keys + i * table->key_size,
				       (const unsigned char *)rows->values + i * table->value_size);
	return err;
}

static int fill(int fd, enum table_id id, const unsigned char *keys, const struct table_rows *rows)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t n = rows->n;

	if (bpf_map_update_batch(fd, keys, rows->values, &n, &opts) == 0)
		return n == rows->n ? 0 : -EIO;
	if (errno != KERNEL_ENOTSUPP && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOMEM)
		return -errno;
	return fill_singly(fd, id, keys, rows);
}

/* Arrays are keyed by row number. */
static uint32_t *row_numbers(size_t n)
{
	uint32_t *keys = calloc(n ? n : 1, sizeof(*keys));

	for (size_t i = 0; keys && i < n; i++)
		keys[i] = i;
	return keys;
}

int table_create(enum table_id id, const struct table_rows *rows, int *ret_fd, struct diag *diag)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = tables[id].flags);
	const struct table *table = &tables[id];
	uint32_t *numbers = NULL;
	int fd, err = 0;

	if (rows->n > UINT32_MAX)
		return diag_fail(diag, -E2BIG, NULL, "table %s: %zu rows are too many", table->outer, rows->n);
	fd = bpf_map_create(table->type, table->outer, table->key_size, table->value_size, rows->n ? rows->n : 1, &opts);
	if (fd < 0)
		return diag_fail(diag, -errno, NULL, "table %s: cannot be made with %zu rows: %s", table->outer, rows->n,
				 strerror(errno));
	if (!rows->keys) {
		numbers = row_numbers(rows->n);
		err = numbers ? 0 : -ENOMEM;
	}
	if (!err && rows->n)
		err = fill(fd, id, rows->keys ? rows->keys : (const void *)numbers, rows);
	free(numbers);
	if (err) {
		close(fd);
		return diag_fail(diag, err, NULL, "table %s: cannot be filled with %zu rows: %s", table->outer, rows->n,
				 strerror(-err));
	}
	*ret_fd = fd;
	return 0;
}
