/*
 * tamper.c: what a root that is not ours can do to our programs and maps, for scenarios.
 *   tamper replace PIN           the link pinned there runs a program that lets everything pass
 *   tamper follow CGROUP         such a program is attached there beside ours, until standard input ends
 *   tamper fill PIN              the map pinned there is filled up with rows of nobody's; prints how many
 *   tamper empty PIN             … and they are taken out again
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "span.h"

#define KEY_MOST 128
#define VALUE_MOST 256

static int
let_pass(void)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_load_opts options = { .sz = sizeof(options),
		.expected_attach_type = BPF_CGROUP_INET4_CONNECT };

	return bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "stranger", "GPL", pass, COUNT(pass), &options);
}

static int
replace(const char *pin)
{
	int link = bpf_obj_get(pin), program = let_pass();

	return link < 0 || program < 0 || bpf_link_update(link, program, NULL) ? -errno : 0;
}

static int
follow(const char *path)
{
	int cgroup = open(path, O_RDONLY | O_CLOEXEC), program = let_pass();
	int link = cgroup < 0 || program < 0 ? -1 : bpf_link_create(program, cgroup, BPF_CGROUP_INET4_CONNECT, NULL);
	char c;

	if (link < 0)
		return -errno;
	puts("there");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

/* Rows whose keys begin with this are ours to take out. */
static void
key_of(uint8_t key[KEY_MOST], uint32_t n)
{
	memset(key, 0xa5, KEY_MOST);
	memcpy(key, &n, sizeof(n));
}

static int
fill(const char *pin, int is_out)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info), n = 0;
	uint8_t key[KEY_MOST], value[VALUE_MOST] = { 0 };
	int map = bpf_obj_get(pin);

	if (map < 0 || bpf_obj_get_info_by_fd(map, &info, &size))
		return -errno;
	if (info.key_size > KEY_MOST || info.value_size > VALUE_MOST)
		return -E2BIG;
	for (uint32_t i = 0; i < info.max_entries; i++) {
		key_of(key, i);
		if (is_out ? !bpf_map_delete_elem(map, key) : !bpf_map_update_elem(map, key, value, BPF_ANY))
			n++;
	}
	printf("%u\n", n);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *what = argc == 3 ? argv[1] : "";
	int error = -EINVAL;

	if (strcmp(what, "replace") == 0)
		error = replace(argv[2]);
	else if (strcmp(what, "follow") == 0)
		error = follow(argv[2]);
	else if (strcmp(what, "fill") == 0 || strcmp(what, "empty") == 0)
		error = fill(argv[2], what[0] == 'e');
	if (error)
		fprintf(stderr, "tamper: %s: %s\n", what, strerror(-error));
	return error ? 1 : 0;
}
