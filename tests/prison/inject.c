/*
 * inject.c: make a running process execute one system call, as if it had been
 * taken over by whoever it talks to.
 *   inject PID CALL [ARGUMENT…]
 * CALL is a name or a number. An argument is a number, `text=WORDS` or `bytes=HEX`; the last two are laid on
 * the process' stack, below what it uses, and their address is passed; `stack`
 * is the address of 512 bytes there for what the call writes, and `list=WORDS`
 * that of an array of one string and NULL. Prints what came of it, in a line:
 *   -> 5                 the call succeeded
 *   -> -EACCES           it was refused
 *   -> killed SIGSYS     the process did not survive it
 * The process is stopped with ptrace, its registers and the code it stands at are
 * kept, the call's instruction is put there and run, and all is put back; it
 * notices nothing but an interrupted wait. Needs root. Exit: 0 when the call was
 * made, whatever it said, else 2.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"

#define ROOM 4096	/* of the stack below the process' own */
#define PATIENCE 5	/* seconds for the call to come back */
#define CALL(name) { #name, SYS_ ## name }

static const struct {
	const char *name;
	long number;
} calls[] = {
	CALL(accept4), CALL(bind), CALL(bpf), CALL(capset), CALL(chroot),
	CALL(clone), CALL(clone3), CALL(close), CALL(connect), CALL(dup),
	CALL(execve), CALL(execveat), CALL(fchmodat), CALL(fchownat), CALL(fcntl),
	CALL(ftruncate), CALL(getuid), CALL(init_module), CALL(io_uring_setup),
	CALL(keyctl), CALL(kill), CALL(linkat), CALL(listen), CALL(lseek),
	CALL(memfd_create), CALL(mkdirat), CALL(mount), CALL(open_by_handle_at),
	CALL(openat), CALL(openat2), CALL(perf_event_open), CALL(pidfd_getfd),
	CALL(pidfd_open), CALL(prctl), CALL(pread64), CALL(process_vm_readv),
	CALL(ptrace), CALL(pwrite64), CALL(read), CALL(reboot), CALL(renameat2),
	CALL(sendto), CALL(setgroups), CALL(setns), CALL(setresuid),
	CALL(setrlimit), CALL(setsockopt), CALL(setuid), CALL(shutdown),
	CALL(socket), CALL(socketpair), CALL(symlinkat), CALL(tgkill), CALL(truncate),
	CALL(unlinkat), CALL(unshare), CALL(userfaultfd), CALL(write),
};

struct prisoner {
	pid_t pid;
	int memory;			/* /proc/PID/mem */
	struct user_regs_struct kept;
	uint8_t code[sizeof(machine_code)];
	uint8_t room[ROOM];		/* what is laid on its stack */
	uint64_t base;			/* where `room` goes */
	size_t used;
};

static void __attribute__((noreturn, format(printf, 1, 2)))
give_up(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("inject: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
	exit(2);
}

static void
too_late(int number)
{
	(void)number;	/* waitpid() comes back with EINTR */
}

/* ---- arguments -------------------------------------------------------- */

static long
call_number(const char *name)
{
	char *end;
	long number = strtol(name, &end, 0);

	if (end != name && !*end)
		return number;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	give_up("%s is not in its table", name);
}

/* Lay `n` bytes down; their address in the prisoner. */
static uint64_t
lay(struct prisoner *p, const void *bytes, size_t n)
{
	uint64_t at = p->base + p->used;

	if (n > sizeof(p->room) - p->used)
		give_up("the arguments are too long");
	if (bytes)
		memcpy(p->room + p->used, bytes, n);
	p->used += (n + 15) & ~(size_t)15;
	return at;
}

static uint64_t
lay_bytes(struct prisoner *p, const char *hex)
{
	uint8_t bytes[512];
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		char pair[3] = { hex[0], hex[1], 0 };

		if (n == sizeof(bytes) || !isxdigit((unsigned char)pair[0]) ||
		    !isxdigit((unsigned char)pair[1]))
			give_up("not hexadecimal: %s", hex);
		bytes[n++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return lay(p, bytes, n);
}

static uint64_t
lay_list(struct prisoner *p, const char *word)
{
	uint64_t pointers[2] = { lay(p, word, strlen(word) + 1), 0 };

	return lay(p, pointers, sizeof(pointers));
}

static uint64_t
argument(struct prisoner *p, const char *text)
{
	char *end;
	unsigned long long number;

	if (strncmp(text, "text=", 5) == 0)
		return lay(p, text + 5, strlen(text + 5) + 1);
	if (strncmp(text, "bytes=", 6) == 0)
		return lay_bytes(p, text + 6);
	if (strncmp(text, "list=", 5) == 0)
		return lay_list(p, text + 5);
	if (strcmp(text, "stack") == 0)
		return lay(p, NULL, 512);
	number = strtoull(text, &end, 0);
	if (end == text || *end)
		give_up("not an argument: %s", text);
	return number;
}

/* ---- the prisoner ----------------------------------------------------- */

static void
keep(struct prisoner *p)
{
	char path[64];
	struct iovec all = { &p->kept, sizeof(p->kept) };

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)p->pid);
	p->memory = open(path, O_RDWR | O_CLOEXEC);
	if (p->memory < 0)
		give_up("%s: %s", path, strerror(errno));
	if (ptrace(PTRACE_GETREGSET, p->pid, 1, &all) < 0)
		give_up("its registers: %s", strerror(errno));
	if (pread(p->memory, p->code, sizeof(p->code),
	    (off_t)machine_at(&p->kept)) != sizeof(p->code))
		give_up("its code: %s", strerror(errno));
	p->base = (machine_stack(&p->kept) - MACHINE_RED_ZONE - ROOM) & ~15ULL;
}

static void
seize(struct prisoner *p)
{
	int status;

	if (ptrace(PTRACE_SEIZE, p->pid, 0, 0) < 0)
		give_up("process %d: %s", (int)p->pid, strerror(errno));
	if (ptrace(PTRACE_INTERRUPT, p->pid, 0, 0) < 0 ||
	    waitpid(p->pid, &status, __WALL) != p->pid || !WIFSTOPPED(status))
		give_up("process %d does not stop", (int)p->pid);
	keep(p);
}

static void
set_registers(struct prisoner *p, struct user_regs_struct *to)
{
	struct iovec all = { to, sizeof(*to) };

	if (ptrace(PTRACE_SETREGSET, p->pid, 1, &all) < 0)
		give_up("its registers: %s", strerror(errno));
}

/* Put all back, and let it run. */
static void
restore(struct prisoner *p)
{
	if (pwrite(p->memory, p->code, sizeof(p->code),
	    (off_t)machine_at(&p->kept)) != sizeof(p->code))
		give_up("its code could not be put back");
	set_registers(p, &p->kept);
	ptrace(PTRACE_DETACH, p->pid, 0, 0);
}

static void
say(long result)
{
	const char *name = result < 0 && result > -4096 ?
	    strerrorname_np((int)-result) : NULL;

	if (name)
		printf("-> -%s\n", name);
	else
		printf("-> %ld\n", result);
}

/* The call is made; the process stands at the breakpoint, or is no more. */
static void
hear(struct prisoner *p)
{
	struct user_regs_struct now;
	struct iovec all = { &now, sizeof(now) };
	int status = 0;

	alarm(PATIENCE);
	if (waitpid(p->pid, &status, __WALL) != p->pid) {
		ptrace(PTRACE_INTERRUPT, p->pid, 0, 0);
		waitpid(p->pid, &status, __WALL);
		printf("-> did not come back\n");
	} else if (WIFSIGNALED(status)) {
		printf("-> killed SIG%s\n", sigabbrev_np(WTERMSIG(status)));
	} else if (WIFEXITED(status)) {
		printf("-> ended %d\n", WEXITSTATUS(status));
	} else if (WSTOPSIG(status) != SIGTRAP) {
		printf("-> stopped SIG%s\n", sigabbrev_np(WSTOPSIG(status)));
	} else if (ptrace(PTRACE_GETREGSET, p->pid, 1, &all) == 0) {
		say(machine_result(&now));
	}
	if (WIFSTOPPED(status))
		restore(p);
}

static void
make_call(struct prisoner *p, int count, char **words)
{
	struct user_regs_struct registers = p->kept;
	uint64_t arguments[6] = { 0 };

	for (int i = 1; i < count && i <= 6; i++)
		arguments[i - 1] = argument(p, words[i]);
	machine_set(&registers, call_number(words[0]), arguments);
	if (p->used && pwrite(p->memory, p->room, p->used, (off_t)p->base) !=
	    (ssize_t)p->used)
		give_up("its stack: %s", strerror(errno));
	set_registers(p, &registers);
	if (pwrite(p->memory, machine_code, sizeof(machine_code),
	    (off_t)machine_at(&p->kept)) != sizeof(machine_code))
		give_up("its code: %s", strerror(errno));
	if (ptrace(PTRACE_CONT, p->pid, 0, 0) < 0)
		give_up("it does not go on: %s", strerror(errno));
}

int
main(int argc, char **argv)
{
	static struct prisoner prisoner;
	struct sigaction action = { .sa_handler = too_late };

	if (argc < 3)
		give_up("usage: inject PID CALL [ARGUMENT…]");
	if (!machine_known)
		give_up("not written for this machine's registers");
	call_number(argv[2]);
	prisoner.pid = atoi(argv[1]);
	sigaction(SIGALRM, &action, NULL);
	seize(&prisoner);
	make_call(&prisoner, argc - 2, argv + 2);
	hear(&prisoner);
	return 0;
}
