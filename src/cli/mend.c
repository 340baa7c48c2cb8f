/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mend: what to do about a missing feature (mend.h). Where nothing but another kernel helps that is said.
 */
#include "cli/mend.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LSM_LIST "/sys/kernel/security/lsm"

/* The LSMs of this boot, in the form that the command line takes; "": not known. */
static const char *active_lsms(char list[256])
{
	FILE *file = fopen(LSM_LIST, "re");

	list[0] = '\0';
	if (!file)
		return list;
	if (!fgets(list, 256, file))
		list[0] = '\0';
	list[strcspn(list, "\n")] = '\0';
	fclose(file);
	/* The kernel adds this one by itself. */
	return strncmp(list, "capability,", strlen("capability,")) == 0 ? list + strlen("capability,") : list;
}

static void add_boot(struct buf *out, const char *words)
{
	buf_printf(out, "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&%s /' /etc/default/grub && update-grub && reboot", words);
}

static void add_lsm(struct buf *out, enum feature_state state)
{
	char list[256], words[300];
	const char *active = active_lsms(list);

	if (state == FEATURE_UNKNOWN || !*active) {
		buf_puts(out, "mount -t securityfs securityfs /sys/kernel/security, and ask again");
		return;
	}
	snprintf(words, sizeof(words), "lsm=%s,bpf", active);
	add_boot(out, words);
}

void mend_add(struct buf *out, const char *feature, enum feature_state state, const char *needs)
{
	static const struct {
		const char *feature, *line;
	} lines[] = {
		{ "jit", "sysctl -w net.core.bpf_jit_enable=1" },
		{ "bpffs", "mount -t bpf bpf /sys/fs/bpf" },
		{ "mount-table", "mount -t proc proc /proc" },
	};

	if (strcmp(feature, "bpf-lsm") == 0) {
		add_lsm(out, state);
		return;
	}
	if (state == FEATURE_UNKNOWN && geteuid() != 0) {
		buf_puts(out, "it cannot be known without root: sudo cordon doctor");
		return;
	}
	if (strcmp(feature, "lockdown") == 0) {
		add_boot(out, "lockdown=integrity");
		return;
	}
	if (strcmp(feature, "cgroup2") == 0) {
		add_boot(out, "systemd.unified_cgroup_hierarchy=1");
		return;
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strcmp(feature, lines[i].feature) == 0) {
			buf_puts(out, lines[i].line);
			return;
		}
	if (*needs)
		buf_printf(out, "a kernel from %s on, with BPF and BTF as Debian builds it: apt install linux-image-amd64 && reboot", needs);
	else
		buf_puts(out, "a later kernel, as Debian builds it: apt install linux-image-amd64 && reboot");
}
