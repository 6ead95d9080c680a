/*
 * caller.c: who is on the other end of a connection.
 * The kernel says which process connected (SO_PEERCRED, and a descriptor of it
 * where SO_PEERPIDFD exists). Its login uid and cgroup are read from /proc,
 * between two looks at its start time, so that a number given to a new process
 * in between is noticed. Nothing the caller says about itself counts.
 * syscalls(broker): getsockopt poll openat read close
 */
#include "desk/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "view.h"

#define PEERPIDFD 77		/* SO_PEERPIDFD, Linux 6.5; older headers lack it */
#define NO_LOGIN UINT32_MAX
#define START_FIELD 22		/* proc(5): starttime */

/* The first bytes of a file of /proc/PID, NUL-terminated. Bytes read or -errno. */
static ssize_t
read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	cleanup(close_fd) int fd = -1;
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	if (n < 0)
		return -errno;
	if ((size_t)n == size - 1)
		return -EMSGSIZE;
	text[n] = 0;
	return n;
}

/* Clock ticks from boot to its start; 0: there is no such process. */
static uint64_t
started(pid_t pid)
{
	char text[2048], *p;

	if (read_proc(pid, "stat", text, sizeof(text)) <= 0)
		return 0;
	p = strrchr(text, ')');		/* the name may hold anything */
	for (int field = 2; p && field < START_FIELD; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p ? strtoull(p, NULL, 10) : 0;
}

int
caller_open(int fd, struct caller *out)
{
	struct caller caller = { .pidfd = -1, .login = NO_LOGIN };
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n))
		return -errno;
	if (cred.pid <= 0)
		return -ESRCH;	/* in a pid namespace we cannot see into */
	n = sizeof(caller.pidfd);
	if (getsockopt(fd, SOL_SOCKET, PEERPIDFD, &caller.pidfd, &n)) {
		if (errno != ENOPROTOOPT)
			return -errno;
		caller.pidfd = -1;
	}
	caller.pid = cred.pid;
	caller.uid = cred.uid;
	caller.started = started(cred.pid);
	*out = caller;
	return 0;
}

void
caller_close(struct caller *caller)
{
	close_fd(&caller->pidfd);
}

static bool
has_ended(const struct caller *caller)
{
	struct pollfd p = { .fd = caller->pidfd, .events = POLLIN };

	if (caller->pidfd >= 0 && poll(&p, 1, 0) != 0)
		return true;
	return caller->started == 0 || started(caller->pid) != caller->started;
}

/* Is `path` the group or below it? */
static bool
is_below(const char *path, const char *group)
{
	size_t n = strlen(group);

	return n && strncmp(path, group, n) == 0 && (path[n] == 0 || path[n] == '/');
}

/* Inside a skill, or nobody knows. */
static bool
is_inside(const struct desk *desk, const struct caller *caller)
{
	char text[8192], path[DESK_PATH], *line, *end;

	if (read_proc(caller->pid, "cgroup", text, sizeof(text)) <= 0)
		return true;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!line)
		return true;
	line = strchr(line, '/');
	end = line ? strchr(line, '\n') : NULL;
	if (!end)
		return true;
	*end = 0;
	if (strstr(line, "/.."))
		return true;	/* outside of our cgroup namespace */
	if (strcmp(line, "/") == 0)
		*line = 0;
	if (snprintf(path, sizeof(path), "%s%s", desk->cgroup_mount, line) >=
	    (int)sizeof(path))
		return true;
	if (is_below(path, desk->instance.skill_cgroup))
		return true;
	for (size_t i = 0; i < desk->session_count; i++) {
		if (is_below(path, desk->sessions[i].cgroup))
			return true;
	}
	return false;
}

static int
read_login(pid_t pid, uint32_t *login)
{
	char text[32];
	ssize_t n = read_proc(pid, "loginuid", text, sizeof(text));

	if (n == -ENOENT) {	/* a kernel without audit */
		*login = NO_LOGIN;
		return 0;
	}
	if (n <= 0)
		return n < 0 ? (int)n : -EIO;
	*login = (uint32_t)strtoul(text, NULL, 10);
	return 0;
}

bool
desk_is_among(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], name) == 0)
			return true;
	}
	return false;
}

bool
caller_is_another(const struct caller *caller)
{
	return caller->uid != 0 && caller->login != NO_LOGIN &&
	    caller->login != caller->uid;
}

/*
 * The person is who the kernel says the process runs as. The login uid decides
 * for root alone, so that sudo keeps it: where it is unset anyone may write any
 * number into it (audit_set_loginuid_perm()), so to believe it of others would be
 * to let them choose. Who runs as one and has logged in as another is nobody.
 */
static void
find_person(const struct view_broker *view, struct caller *caller)
{
	uint32_t uid = caller->uid == 0 && caller->login != NO_LOGIN ?
	    caller->login : caller->uid;

	caller->roles = caller->uid == 0 ? ROLE_ROOT : 0;
	caller->person_uid = uid;
	if (uid == 0) {
		strcpy(caller->person, "root");
		return;
	}
	snprintf(caller->person, sizeof(caller->person), "uid:%u", uid);
	if (caller_is_another(caller))
		return;
	for (size_t i = 0; view && i < view->person_count; i++) {
		const char *name = view->people[i].name;

		if (view->people[i].uid != uid || strlen(name) >= sizeof(caller->person))
			continue;
		strcpy(caller->person, name);
		caller->roles |= ROLE_PERSON;
		if (desk_is_among(name, view->admins, view->admin_count))
			caller->roles |= ROLE_ADMIN;
		if (desk_is_among(name, view->auditors, view->auditor_count))
			caller->roles |= ROLE_AUDITOR;
		return;
	}
}

const char *
caller_check(const struct desk *desk, struct caller *caller)
{
	uint32_t login = NO_LOGIN;

	if (has_ended(caller))
		return "the process that connected has ended";
	if (is_inside(desk, caller))
		return "a skill may not speak to the desk";
	if (read_login(caller->pid, &login))
		return "the login of the calling process cannot be read";
	if (has_ended(caller))
		return "the process that connected has ended";
	caller->login = login;
	find_person(desk->view, caller);
	return NULL;
}
