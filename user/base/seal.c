/*
 * seal.c: memory files, written once and sealed.
 * Where the kernel knows how, they are made so that they can never be executed:
 * some hosts allow no others (sysctl vm.memfd_noexec), and add that seal by
 * themselves to what does not ask.
 * syscalls: memfd_create write fcntl
 */
#include "base/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/must.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define NOEXEC_SEAL 0x0008u	/* MFD_NOEXEC_SEAL, Linux 6.3 */

static int
make(const char *name)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(name, flags | NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd < 0 ? -errno : fd;
}

int
seal_new(const char *name, struct span in)
{
	cleanup(close_fd) int fd = make(name);

	if (fd < 0)
		return fd;
	for (size_t done = 0; done < in.n;) {
		ssize_t n = write(fd, in.p + done, in.n - done);

		if (n <= 0)
			return -EIO;
		done += (size_t)n;
	}
	if (fcntl(fd, F_ADD_SEALS, SEALS))
		return -errno;
	return take_fd(&fd);
}

bool
seal_is_whole(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & SEALS) == SEALS;
}
