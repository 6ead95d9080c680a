/* rights.c: system calls that go round the hooks, undo them, or borrow a stranger. */
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../bpf/ring.h"
#include "machine.h"

#define STRANGER_FD 9	/* see near.c */

/* ---- io_uring ------------------------------------------------------------- */

/* Socket and connect by the ring, and then what every socket does. */
static int
dial_by_ring(unsigned int setup)
{
	struct io_uring_sqe make = { .opcode = RING_OP_SOCKET, .fd = AF_INET,
		.off = SOCK_STREAM };
	struct io_uring_sqe entry = { .opcode = IORING_OP_CONNECT,
		.flags = IOSQE_ASYNC };
	struct sockaddr_storage to;
	struct ring ring;
	int result = ring_open(&ring, setup);

	if (result < 0)
		return -result;
	entry.fd = ring_do(&ring, &make);
	if (entry.fd < 0)
		return -entry.fd;
	entry.off = address_of(&to, FAR4, FAR_PORT);
	entry.addr = (uint64_t)(uintptr_t)&to;
	result = ring_do(&ring, &entry);
	return result < 0 ? -result : say_on(entry.fd);
}

int
try_ring(void)
{
	return dial_by_ring(0);
}

int
try_polled_ring(void)
{
	return dial_by_ring(IORING_SETUP_SQPOLL);
}

/* ---- programs ---------------------------------------------------------------- */

/* Make one, reach for one that is there. */
int
try_bpf(void)
{
	union bpf_attr make = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
		.value_size = 4, .max_entries = 1 };
	union bpf_attr next = { 0 };

	if (syscall(SYS_bpf, BPF_MAP_CREATE, &make, sizeof(make)) >= 0 ||
	    syscall(SYS_bpf, BPF_LINK_GET_NEXT_ID, &next, sizeof(next)) >= 0)
		return MADE;
	return errno;
}

/* Root puts a program below ours that says yes to everything. */
int
try_undeny(void)
{
	int result;

	ask("undeny", 0);
	result = dial(FAR4, FAR_PORT);
	ask("deny", 0);
	return result;
}

/* ---- other tables of system calls ----------------------------------------------- */

int
try_x32(void)
{
	if (!machine_known)
		return NOT_TRIED;
	return x32_socket(AF_INET, SOCK_STREAM) < 0 ? errno : MADE;
}

/* Numbers of socketcall(2): 1 socket, 3 connect, 9 send. */
int
try_i386(void)
{
	struct low {
		uint32_t arguments[4];
		struct sockaddr_storage to;
		char byte;
	} *low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | 0x40 /* MAP_32BIT */, -1, 0);
	uint32_t base = (uint32_t)(uintptr_t)low;
	socklen_t size = address_of(&low->to, FAR4, FAR_PORT);
	long fd, result;

	if (!machine_known)
		return NOT_TRIED;
	memcpy(low->arguments, (uint32_t[]){ AF_INET, SOCK_STREAM, 0 }, 12);
	fd = i386_socketcall(1, low->arguments);
	if (fd < 0)
		return (int)-fd;
	memcpy(low->arguments, (uint32_t[]){ (uint32_t)fd,
		base + (uint32_t)offsetof(struct low, to), size }, 12);
	result = i386_socketcall(3, low->arguments);
	if (result < 0)
		return (int)-result;
	return say_on((int)fd);
}

/* ---- a stranger of the same uid ------------------------------------------------------ */

int
try_stranger(void)
{
	FILE *f = fopen(in_folder("stranger"), "re");
	int pid = 0, pidfd, fd;

	if (!f || fscanf(f, "%d", &pid) != 1)
		return NOT_TRIED;
	fclose(f);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return errno;
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, STRANGER_FD, 0);
	return fd < 0 ? errno : say_on(fd);
}

/* ---- other namespaces ------------------------------------------------------------------ */

static int
enter_own_network(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return errno;
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? errno : 0;
}

int
try_unshare(void)
{
	int result = enter_own_network();

	return result ? result : dial(FAR4, FAR_PORT);
}

/* Refused until the daemon has a door there too. */
int
try_unshare_target(void)
{
	int result = enter_own_network();

	for (int i = 0; i < 40 && result == 0; i++) {
		result = dial_target("127.0.0.1");
		if (result == ECONNREFUSED) {
			result = 0;
			usleep(50000);
		}
	}
	return result;
}

int
try_setns(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return setns(fd, CLONE_NEWNET) < 0 ? errno : MADE;
}
