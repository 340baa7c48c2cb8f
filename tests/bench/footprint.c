/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What BPF maps and programs take of the kernel's memory, as the kernel accounts it (`memlock` in fdinfo):
 * `footprint CONFIGURATION` prints "resource,CONFIGURATION,maps|programs,BYTES,bytes".
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
	return 0;
}
