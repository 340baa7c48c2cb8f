/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What fork+exec runs: exits at once, with no C library, so that the cost measured is the kernel's and not that of a
 * program starting up.
 */
#include <sys/syscall.h>

__attribute__((noreturn, used)) void _start(void);

void _start(void)
{
	for (;;)
		__asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(0) : "rcx", "r11", "memory");
}
