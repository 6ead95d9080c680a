/* daemon.h: the daemon of an instance as a process, for verbs that root gives without its control socket. */
#ifndef CLI_DAEMON_H
#define CLI_DAEMON_H

#include <stdint.h>
#include <sys/types.h>

struct instance;

#define DAEMON_NO_LOGIN UINT32_MAX

/* The warden that serves the instance; 0: none does; -1: one of a version that does not say which. */
pid_t daemon_pid(const struct instance *);
/* The person behind sudo, as the kernel remembers the login. */
uint32_t daemon_login_uid(void);

#endif
