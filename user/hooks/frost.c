/*
 * frost.c: skills that stand still while the daemon is away (policy: when_away: freeze).
 * Whoever freezes must outlive the daemon, so it is a small process beside it: a child of the loader that
 * dies with nobody, and sees the heart that the kernel's programs see, in the same map. When it has not
 * beaten for as long as makes them refuse, the cgroups are frozen (cgroup.freeze); when it beats again they
 * are thawed. Groups come over a socket, each with its file. When the loader ends this goes on alone; the
 * next loader makes another one, with the same groups, and once the heart beats this one leaves. It leaves
 * too, having thawed all, when the pins are gone: then `interlock release` has let the skills go.
 */
#include "hooks/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "view.h"

#define LOOK_MS 200

struct word {
	uint64_t cgroup;
	uint64_t is_over;
};

/* ---- the process --------------------------------------------------------------- */

struct group {
	uint64_t cgroup;
	int fd;		/* cgroup.freeze */
};

struct frost {
	int line;
	const struct abi_meta *meta;
	char pin[INSTANCE_PATH_SIZE + 16];
	struct group groups[SESSIONS_MOST];
	size_t count;
	bool is_alone, is_frozen;
	uint64_t beaten;	/* when the heart was last seen to beat, or this began */
	uint64_t last;		/* beat that the loader left behind */
};

static void
set(const struct group *group, bool frozen)
{
	/* a group that has gone needs neither */
	(void)!pwrite(group->fd, frozen ? "1" : "0", 1, 0);
}

static void
drop(struct frost *frost, uint64_t cgroup)
{
	for (size_t i = 0; i < frost->count; i++) {
		struct group *group = &frost->groups[i];

		if (group->cgroup != cgroup)
			continue;
		if (frost->is_frozen)
			set(group, false);
		close(group->fd);
		*group = frost->groups[--frost->count];
		return;
	}
}

static void
add(struct frost *frost, uint64_t cgroup, int fd)
{
	struct group group = { cgroup, fd };

	drop(frost, cgroup);
	if (fd < 0 || frost->count == SESSIONS_MOST) {
		close_fd(&fd);
		return;
	}
	frost->groups[frost->count++] = group;
	if (frost->is_frozen)
		set(&group, true);
}

static void
hear(struct frost *frost)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct word word;
	struct iovec part = { &word, sizeof(word) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(frost->line, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int fd = -1;

	if (c)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		frost->is_alone = true;
		frost->last = __atomic_load_n(&frost->meta->beat, __ATOMIC_ACQUIRE);
		close_fd(&frost->line);
	} else if (n == (ssize_t)sizeof(word) && word.is_over) {
		drop(frost, word.cgroup);
	} else if (n == (ssize_t)sizeof(word)) {
		add(frost, word.cgroup, fd);
	}
}

/* Fresh enough for the programs in the kernel. */
static bool
is_fresh(uint64_t beat, uint64_t now)
{
	return beat && now - beat <= ABI_BEAT_MAX_NS;
}

static void
set_all(struct frost *frost, bool frozen)
{
	for (size_t i = 0; i < frost->count; i++)
		set(&frost->groups[i], frozen);
	frost->is_frozen = frozen;
}

/* False: it has nothing more to do. */
static bool
look(struct frost *frost)
{
	uint64_t beat = __atomic_load_n(&frost->meta->beat, __ATOMIC_ACQUIRE), now = clock_mono();
	bool succeeded = frost->is_alone && beat != frost->last && is_fresh(beat, now);	/* by another loader */
	bool released = frost->is_alone && access(frost->pin, F_OK) < 0 && errno == ENOENT;

	if (is_fresh(beat, now))
		frost->beaten = now;
	if (frost->is_frozen && (frost->beaten == now || released))
		set_all(frost, false);
	else if (!frost->is_frozen && now - frost->beaten > ABI_BEAT_MAX_NS)
		set_all(frost, true);
	return !(succeeded || released || (frost->is_alone && frost->count == 0));
}

static void __attribute__((noreturn))
stand_by(struct frost *frost)
{
	unsigned int line = (unsigned int)frost->line;

	prctl(PR_SET_NAME, "frost");
	setsid();	/* not for signals to the loader's group */
	if (syscall(SYS_close_range, 0U, line - 1, 0U) < 0 || syscall(SYS_close_range, line + 1, ~0U, 0U) < 0)
		_exit(1);
	do {
		struct pollfd wait = { .fd = frost->line, .events = POLLIN };

		if (poll(&wait, 1, LOOK_MS) > 0)
			hear(frost);
	} while (look(frost));
	_exit(0);
}

/* ---- the loader's end ------------------------------------------------------------ */

static int
begin(struct loader *loader)
{
	static struct frost frost;
	int pair[2], line;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	line = fcntl(pair[0], F_DUPFD_CLOEXEC, MSG_FD_PRIVATE);
	frost = (struct frost){ .line = pair[1], .meta = hooks_meta(loader->hooks), .beaten = clock_mono() };
	snprintf(frost.pin, sizeof(frost.pin), "%s/maps", loader->instance.pin_directory);
	pid = line < 0 ? -1 : fork();
	if (pid == 0)
		stand_by(&frost);
	close(pair[0]);
	close(pair[1]);
	if (pid < 0) {
		close_fd(&line);
		return -EAGAIN;
	}
	loader->frost = line;
	return 0;
}

static int
tell(const struct loader *loader, const struct word *word, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { (void *)word, sizeof(*word) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&message);
		*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
		    .cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(loader->frost, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int
hand_over(const struct session *s)
{
	struct word word = { .cgroup = s->cgroup_id };
	char path[LOADER_PATH + 16];
	int fd cleanup(close_fd) = -1;

	snprintf(path, sizeof(path), "%s/cgroup.freeze", s->cgroup);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : tell(s->loader, &word, fd);
}

static void
take_back(const struct session *s)
{
	struct word word = { .cgroup = s->cgroup_id, .is_over = 1 };

	(void)tell(s->loader, &word, -1);
}

void
frost_session(struct session *s, bool is_over)
{
	struct loader *loader = s->loader;
	const struct view_skill *skill = is_over ? NULL : right_skill(loader, s->skill);
	bool wanted = skill && skill->freezes;
	int r = 0;

	if (wanted == s->is_frosty)
		return;
	if (wanted && !loader->frost)
		r = begin(loader);
	if (r == 0 && wanted)
		r = hand_over(s);
	else if (r == 0)
		take_back(s);
	if (r < 0)
		log_error("%s will not be frozen while the daemon is away: %s", s->text, strerror(-r));
	else
		s->is_frosty = wanted;
}

void
frost_all(struct loader *loader)
{
	for (struct session *s = loader->sessions; s; s = s->next)
		frost_session(s, false);
}
