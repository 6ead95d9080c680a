/*
 * machine.h: system calls by the tables that are not this machine's own.
 * On x86_64 those of i386 and x32; elsewhere none is known, and nothing is tried.
 */
#ifndef WAYS_MACHINE_H
#define WAYS_MACHINE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__

#define X32_BIT 0x40000000L
#define I386_SOCKETCALL 102

static const bool machine_known = true;

/* The arguments lie below 4 GiB. A result, or -errno. */
static inline long
i386_socketcall(long call, const uint32_t *arguments)
{
	long result = I386_SOCKETCALL;

	__asm__ volatile("int $0x80" : "+a"(result) :
	    "b"(call), "c"((long)(uintptr_t)arguments) :
	    "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static inline long
x32_socket(long family, long type)
{
	return syscall(X32_BIT | SYS_socket, family, type, 0L);
}

#else

static const bool machine_known = false;

static inline long
i386_socketcall(long call, const uint32_t *arguments)
{
	(void)call;
	(void)arguments;
	return -ENOSYS;
}

static inline long
x32_socket(long family, long type)
{
	(void)family;
	(void)type;
	return -1;
}

#endif

#endif
