// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk by its character devices: commands that it is given as they are, past its block device. Each way reads the first block, which
 * begins with x. See red.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bsg.h>
#include <linux/io_uring.h>
#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "red.h"

#define BLOCK	      512
#define PAGE	      4096
#define NVME_READ     2
#define NVME_IDENTIFY 6

static unsigned char data[PAGE] __attribute__((aligned(PAGE)));

static int begins(void) { return data[0] == 'x' ? 0 : BROKEN; }

/* DEVICE: READ(10) by SG_IO, of the third version of its header or, by bsg, of the fourth. */
static int t_sg_io(char **a)
{
	unsigned char read10[10] = { 0x28, [8] = 1 }, sense[32];
	struct sg_io_hdr old = { .interface_id = 'S', .dxfer_direction = SG_DXFER_FROM_DEV, .cmd_len = sizeof(read10), .cmdp = read10,
				 .dxfer_len = BLOCK, .dxferp = data, .sbp = sense, .mx_sb_len = sizeof(sense), .timeout = 10000 };
	struct sg_io_v4 new = { .guard = 'Q', .request_len = sizeof(read10), .request = (uintptr_t)read10, .din_xfer_len = BLOCK,
				.din_xferp = (uintptr_t)data, .response = (uintptr_t)sense, .max_response_len = sizeof(sense), .timeout = 10000 };
	int fd = open(a[0], O_RDWR);

	if (fd < 0 || ioctl(fd, SG_IO, strstr(a[0], "bsg") ? (void *)&new : (void *)&old))
		return errno;
	return begins();
}

/* DEVICE: what the controller is. */
static int t_nvme_admin(char **a)
{
	struct nvme_passthru_cmd command = { .opcode = NVME_IDENTIFY, .addr = (uintptr_t)data, .data_len = PAGE, .cdw10 = 1 };
	int fd = open(a[0], O_RDWR);

	if (fd < 0 || ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command))
		return errno;
	return data[0] || data[1] ? 0 : BROKEN;
}

/* DEVICE: its first block, by this command. */
static int nvme_read(char **a, unsigned long number, const void *command)
{
	int fd = open(a[0], O_RDWR);

	if (fd < 0 || ioctl(fd, number, command))
		return errno;
	return begins();
}

static int t_nvme_io(char **a)
{
	struct nvme_passthru_cmd command = { .opcode = NVME_READ, .nsid = 1, .addr = (uintptr_t)data, .data_len = BLOCK };

	return nvme_read(a, NVME_IOCTL_IO_CMD, &command);
}

static int t_nvme_io64(char **a)
{
	struct nvme_passthru_cmd64 command = { .opcode = NVME_READ, .nsid = 1, .addr = (uintptr_t)data, .data_len = BLOCK };

	return nvme_read(a, NVME_IOCTL_IO64_CMD, &command);
}

static int t_nvme_submit(char **a)
{
	struct nvme_user_io command = { .opcode = NVME_READ, .addr = (uintptr_t)data };

	return nvme_read(a, NVME_IOCTL_SUBMIT_IO, &command);
}

/* DEVICE: by io_uring. */
static int t_nvme_ring(char **a)
{
	unsigned char entry[128] = { 0 };
	struct io_uring_sqe *sqe = (void *)entry;
	struct nvme_uring_cmd *command = (void *)(entry + offsetof(struct io_uring_sqe, cmd));
	int err;

	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = open(a[0], O_RDWR);
	sqe->cmd_op = NVME_URING_CMD_IO;
	*command = (struct nvme_uring_cmd){ .opcode = NVME_READ, .nsid = 1, .addr = (uintptr_t)data, .data_len = BLOCK };
	if (sqe->fd < 0)
		return errno;
	err = red_by_ring(entry, sizeof(entry));
	return err ? err : begins();
}

const struct red_try red_disks[] = {
	{ "sg-io", t_sg_io },
	{ "nvme-admin", t_nvme_admin },
	{ "nvme-io", t_nvme_io },
	{ "nvme-io64", t_nvme_io64 },
	{ "nvme-submit", t_nvme_submit },
	{ "nvme-ring", t_nvme_ring },
	{ NULL, NULL },
};
