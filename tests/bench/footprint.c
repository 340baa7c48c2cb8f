/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What BPF maps and programs take of the kernel's memory, as the kernel accounts it (`memlock` in fdinfo):
 * `footprint CONFIGURATION` prints "resource,CONFIGURATION,maps|programs,BYTES,bytes". And how many of the guard's slots of sockets are in
 * use: whether what is measured is a machine that is up for a while.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned long long memlock(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[256];
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	while (fgets(line, sizeof(line), stream))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	fclose(stream);
	return bytes;
}

/* The sum over all of one kind; ids end with ENOENT. */
static unsigned long long sum(int (*next)(__u32, __u32 *), int (*open)(__u32), unsigned *ret_count)
{
	unsigned long long bytes = 0;

	*ret_count = 0;
	for (__u32 id = 0; !next(id, &id);) {
		int fd = open(id);

		if (fd < 0)
			continue; /* gone meanwhile */
		bytes += memlock(fd);
		*ret_count += 1;
		close(fd);
	}
	return bytes;
}

/* Those that say whose they are (bpf/maps.h, struct slot). */
static void slots(const char *configuration)
{
	for (__u32 id = 0; !bpf_map_get_next_id(id, &id);) {
		struct bpf_map_info info = { 0 };
		__u32 size = sizeof(info), used = 0;
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && !strcmp(info.name, "slots") && info.value_size <= 1024) {
			unsigned long long value[1024 / sizeof(unsigned long long)];

			for (__u32 at = 0; at < info.max_entries; at++)
				used += !bpf_map_lookup_elem(fd, &at, value) && value[0];
			printf("resource,%s,slots of sockets in use,%u,of %u\n", configuration, used, info.max_entries);
		}
		close(fd);
	}
}

int main(int argc, char **argv)
{
	unsigned long long bytes;
	unsigned count;

	if (argc != 2) {
		fprintf(stderr, "usage: footprint CONFIGURATION\n");
		return 2;
	}
	bytes = sum(bpf_map_get_next_id, bpf_map_get_fd_by_id, &count);
	printf("resource,%s,memory of %u maps,%llu,bytes\n", argv[1], count, bytes);
	bytes = sum(bpf_prog_get_next_id, bpf_prog_get_fd_by_id, &count);
	printf("resource,%s,memory of %u programs,%llu,bytes\n", argv[1], count, bytes);
	slots(argv[1]);
	return 0;
}
