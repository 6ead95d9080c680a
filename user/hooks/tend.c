/*
 * tend.c: the first process of a skill.
 * Every skill has a pid namespace of its own, so that other processes, those of
 * its own uid too, are neither in its /proc nor to be signalled. The first
 * process of such a namespace is special: the kernel keeps signals from it that
 * it does not handle, gives it all orphans, and ends the namespace with it. So
 * it is not the command but this: it has given up the same rights, cannot be
 * looked into, tells the loader how the command ended, and stays for as long as
 * anything of the skill lives.
 * The dead command keeps its number until the loader has let go of the other
 * end: until then the loader may signal it, and must not meet another process.
 */
#include "launch.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct ending {
	int code, status;	/* as in siginfo_t */
};

static void
tell(int end, const siginfo_t *gone)
{
	struct ending ending = { gone->si_code, gone->si_status };
	char none;

	send(end, &ending, sizeof(ending), MSG_NOSIGNAL);
	while (recv(end, &none, 1, 0) < 0 && errno == EINTR)
		;
}

void
launch_tend(const struct launch *l, pid_t command, int end)
{
	const char *what;
	siginfo_t gone;

	prctl(PR_SET_NAME, "skill-first");
	setsid();	/* not for signals to the loader's group */
	if (launch_keep(&end, 1) < 0 || launch_shed(l, &what) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0) < 0 || launch_fence(l) < 0)
		_exit(126);	/* and with it the command */
	for (;;) {
		gone.si_pid = 0;
		if (waitid(P_ALL, 0, &gone, WEXITED | WNOWAIT) < 0) {
			if (errno == EINTR)
				continue;
			_exit(0);	/* nobody is left */
		}
		if (gone.si_pid == command)
			tell(end, &gone);
		waitid(P_PID, (id_t)gone.si_pid, &gone, WEXITED);
	}
}

int
launch_end(const struct launched *l, siginfo_t *gone)
{
	struct ending ending;
	ssize_t n = recv(l->end, &ending, sizeof(ending), MSG_DONTWAIT);

	if (n < 0 && errno != ECONNRESET)
		return -errno;
	if (n != sizeof(ending))	/* the first process was killed, so all are */
		ending = (struct ending){ CLD_KILLED, SIGKILL };
	memset(gone, 0, sizeof(*gone));
	gone->si_pid = l->pid;
	gone->si_code = ending.code;
	gone->si_status = ending.status;
	return 0;
}
