// SPDX-License-Identifier: GPL-2.0-only
/* Operations through an io_uring, by the bare system calls. */
#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

struct ring {
	int fd;
	unsigned char *rings;
	struct io_uring_sqe *entries;
	struct io_uring_params params;
	unsigned done; /* operations so far */
};

static bool ring_open_flags(struct ring *ring, unsigned flags)
{
	memset(ring, 0, sizeof(*ring));
	ring->params.flags = flags;
	ring->fd = syscall(SYS_io_uring_setup, 2, &ring->params);
	if (ring->fd < 0 || !(ring->params.features & IORING_FEAT_SINGLE_MMAP))
		return false;
	ring->rings = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	return ring->rings != MAP_FAILED && (void *)ring->entries != MAP_FAILED;
}

static bool ring_open(struct ring *ring)
{
	return ring_open_flags(ring, 0);
}

/* Submit one entry and wait for its answer; one is under way at a time. */
static int ring_do(struct ring *ring, const struct io_uring_sqe *entry)
{
	unsigned *tail = (unsigned *)(ring->rings + ring->params.sq_off.tail);
	unsigned *array = (unsigned *)(ring->rings + ring->params.sq_off.array);
	struct io_uring_cqe *answers = (struct io_uring_cqe *)(ring->rings + ring->params.cq_off.cqes);

	unsigned at = ring->done & (ring->params.sq_entries - 1);

	ring->entries[at] = *entry;
	array[at] = at;
	__atomic_store_n(tail, ring->done + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP, NULL, 0) != 1)
		return -errno;
	__atomic_store_n((unsigned *)(ring->rings + ring->params.cq_off.head), ring->done + 1, __ATOMIC_RELEASE);
	return answers[ring->done++ & (ring->params.cq_entries - 1)].res;
}

int uring_openat(const char *path, int flags)
{
	struct ring ring;

	if (!ring_open(&ring))
		return -ENOSYS;
	return ring_do(&ring, &(struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .fd = -100 /* AT_FDCWD */,
						 .addr = (uintptr_t)path, .open_flags = flags });
}

int uring_send(int fd, const void *data, size_t size)
{
	struct ring ring;

	if (!ring_open(&ring))
		return -ENOSYS;
	return ring_do(&ring, &(struct io_uring_sqe){ .opcode = IORING_OP_SEND, .fd = fd, .addr = (uintptr_t)data, .len = size });
}

int uring_connect(int fd, const void *address, size_t size)
{
	struct ring ring;

	if (!ring_open(&ring))
		return -ENOSYS;
	return ring_do(&ring, &(struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)address,
						 .off = size });
}

int uring_openat_by_worker(const char *path, int flags)
{
	static struct ring ring;

	if (!ring.entries && !ring_open(&ring))
		return -ENOSYS;
	return ring_do(&ring, &(struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .fd = -100, .addr = (uintptr_t)path,
						      .open_flags = flags, .flags = IOSQE_ASYNC });
}

int uring_do(const struct io_uring_sqe *entry)
{
	struct ring ring;

	return ring_open(&ring) ? ring_do(&ring, entry) : -ENOSYS;
}

int uring_do_by_thread(const struct io_uring_sqe *entry)
{
	struct ring ring;

	return ring_open_flags(&ring, IORING_SETUP_SQPOLL) ? ring_do(&ring, entry) : -ENOSYS;
}

/* The descriptor itself is closed: only the ring holds the file. */
int uring_do_fixed(int fd, const struct io_uring_sqe *entry)
{
	struct io_uring_sqe fixed = *entry;
	struct ring ring;

	if (!ring_open(&ring) || syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, &fd, 1))
		return -ENOSYS;
	close(fd);
	fixed.fd = 0;
	fixed.flags |= IOSQE_FIXED_FILE;
	return ring_do(&ring, &fixed);
}

/* The file goes from one ring's table to another's: no descriptor of it is left, and the second ring never had one. */
int uring_do_passed(int fd, const struct io_uring_sqe *entry)
{
	struct io_uring_sqe pass = { .opcode = IORING_OP_MSG_RING, .addr = IORING_MSG_SEND_FD, .addr3 = 0, .file_index = 1,
				     .msg_ring_flags = IORING_MSG_RING_CQE_SKIP };
	struct io_uring_sqe fixed = *entry;
	struct ring from, to;
	int none = -1, got;

	if (!ring_open(&from) || !ring_open(&to) || syscall(SYS_io_uring_register, from.fd, IORING_REGISTER_FILES, &fd, 1) ||
	    syscall(SYS_io_uring_register, to.fd, IORING_REGISTER_FILES, &none, 1))
		return -ENOSYS;
	close(fd);
	pass.fd = to.fd;
	got = ring_do(&from, &pass);
	if (got < 0)
		return got == -EPERM ? -ENOSYS : got; /* the passing is no request that the guard judges */
	fixed.fd = 0;
	fixed.flags |= IOSQE_FIXED_FILE;
	return ring_do(&to, &fixed);
}

int uring_open_into_slot(const char *path)
{
	int none = -1;
	struct ring ring;

	if (!ring_open(&ring) || syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, &none, 1))
		return -ENOSYS;
	return ring_do(&ring, &(struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .fd = -100, .addr = (uintptr_t)path,
						      .open_flags = 0, .file_index = 1 });
}
