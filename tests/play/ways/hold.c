/*
 * hold.c: what a process may hold before it becomes a skill, held or passed on; and
 * what root may do to the programs and maps, to see that it opens nothing.
 */
#include "ways.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../bpf/ring.h"

#define FILL_MOST (1u << 20)

static int
make_listener(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return listen(fd, 8) < 0 ? -1 : fd;
}

static int
make_connected(void)
{
	struct sockaddr_storage to;
	socklen_t size = address_of(&to, FAR4, FAR_PORT);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&to, size) < 0 ? -1 : fd;
}

static int
make_docker(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", in_folder("docker.sock"));
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? -1 : fd;
}

static int
make_ring(void)
{
	struct ring ring;

	return ring_open(&ring, IORING_SETUP_SQPOLL) < 0 ? -1 : ring.fd;
}

static int
make_socket(const char *kind)
{
	static const struct { const char *kind; int family, type, protocol; } kinds[] = {
		{ "unconnected", AF_INET, SOCK_STREAM, 0 },
		{ "packet", AF_PACKET, SOCK_RAW, 0 },
		{ "vsock", AF_VSOCK, SOCK_STREAM, 0 },
		{ "xdp", AF_XDP, SOCK_RAW, 0 },
		{ "raw", AF_INET, SOCK_RAW, IPPROTO_RAW },
		{ "ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
		{ "multipath", AF_INET, SOCK_STREAM, PROTOCOL_MULTIPATH },
		{ "lite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kind, kinds[i].kind) == 0)
			return socket(kinds[i].family, kinds[i].type, kinds[i].protocol);
	errno = EINVAL;
	return -1;
}

static int
make(const char *kind)
{
	int fd;

	if (strcmp(kind, "listener") == 0)
		fd = make_listener();
	else if (strcmp(kind, "connected") == 0)
		fd = make_connected();
	else if (strcmp(kind, "docker") == 0)
		fd = make_docker();
	else if (strcmp(kind, "ring") == 0)
		fd = make_ring();
	else
		fd = make_socket(kind);
	if (fd < 0)
		fprintf(stderr, "ways: no %s here: %s\n", kind, strerror(errno));
	return fd;
}

static int
join(const char *group)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, "0", 1) != 1 ? -1 : 0;
}

static int
stay(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	printf("ready\n");
	fflush(stdout);
	pause();
	return 0;
}

int
hold(const char *kind, const char *group)
{
	return make(kind) < 0 || join(group) < 0 ? 1 : stay();
}

int
pass(const char *kind, char **command)
{
	int fd = make(kind);

	if (fd < 0 || dup2(fd, 0) < 0)
		return 1;
	execvp(command[0], command);
	return 127;
}

/* bpf_set_retval(0); return 1: as if nobody had refused. */
int
undeny(const char *group)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_set_retval },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options,
	    .expected_attach_type = BPF_CGROUP_INET4_CONNECT);
	int where = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int program = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "allow_all", "GPL",
	    code, sizeof(code) / sizeof(*code), &options);

	if (program < 0 || bpf_link_create(program, where, BPF_CGROUP_INET4_CONNECT,
	    NULL) < 0) {
		fprintf(stderr, "ways: no program below: %s\n", strerror(errno));
		return 1;
	}
	return stay();
}

int
fill(const char *pin)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info), n = 0;
	int map = bpf_obj_get(pin);
	char *key, *value;

	if (map < 0 || bpf_obj_get_info_by_fd(map, &info, &size) < 0)
		return 1;
	key = calloc(1, info.key_size);
	value = calloc(1, info.value_size);
	memset(key, 0xee, info.key_size);
	for (; n < FILL_MOST; n++) {
		memcpy(key, &n, sizeof(n));
		if (bpf_map_update_elem(map, key, value, BPF_NOEXIST) < 0)
			break;
	}
	printf("%s\n", errno == E2BIG ? "full" : strerror(errno));
	fflush(stdout);
	(void)getchar();
	for (uint32_t i = 0; i < n; i++) {
		memcpy(key, &i, sizeof(i));
		bpf_map_delete_elem(map, key);
	}
	return 0;
}
