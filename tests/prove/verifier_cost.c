// SPDX-License-Identifier: GPL-2.0-only
/*
 * verifier_cost: what the running kernel's verifier did with the program of each object: instructions it went through, path by path, and
 * whether it took the program. One line each: NAME yes|no INSTRUCTIONS. For the growth table (tests/prove/bench --kernel), in the VM only.
 */
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>

static char log_text[1 << 16];

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void judge(const char *path)
{
	struct bpf_object *obj = bpf_object__open(path);
	struct bpf_program *prog = obj ? bpf_object__next_program(obj, NULL) : NULL;
	const char *said, *name = strrchr(path, '/');
	unsigned long n = 0;
	int err;

	if (!prog) {
		printf("%s unreadable\n", path);
		bpf_object__close(obj);
		return;
	}
	*log_text = '\0';
	bpf_program__set_log_level(prog, 4); /* statistics only */
	bpf_program__set_log_buf(prog, log_text, sizeof(log_text));
	err = bpf_object__load(obj);
	said = strstr(log_text, "rocessed ");
	if (said)
		sscanf(said, "rocessed %lu insn", &n);
	printf("%s %s %lu\n", name ? name + 1 : path, err ? "no" : "yes", n);
	fflush(stdout);
	bpf_object__close(obj);
}

int main(int argc, char **argv)
{
	libbpf_set_print(quiet);
	for (int i = 1; i < argc; i++)
		judge(argv[i]);
	return 0;
}
