/*
 * machine.h: the registers of a stopped process, for one system call in it.
 * A call is made by code written over the code at which the process stands: the
 * call's instruction, then a breakpoint, so that the process stops right after
 * and a child made by the call stops at once. Written for x86_64; on another
 * machine `machine_known` is false and nothing can be tried.
 */
#ifndef PRISON_MACHINE_H
#define PRISON_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/user.h>

#ifdef __x86_64__

static const bool machine_known = true;
static const uint8_t machine_code[] = { 0x0f, 0x05, 0xcc };	/* syscall; int3 */
#define MACHINE_RED_ZONE 128

static inline uint64_t
machine_at(const struct user_regs_struct *r)
{
	return r->rip;
}

static inline uint64_t
machine_stack(const struct user_regs_struct *r)
{
	return r->rsp;
}

static inline long
machine_result(const struct user_regs_struct *r)
{
	return (long)r->rax;
}

/* orig_rax of -1: the call that was interrupted is not begun again meanwhile. */
static inline void
machine_set(struct user_regs_struct *r, long call, const uint64_t argument[6])
{
	r->orig_rax = ~0ULL;
	r->rax = (unsigned long long)call;
	r->rdi = argument[0];
	r->rsi = argument[1];
	r->rdx = argument[2];
	r->r10 = argument[3];
	r->r8 = argument[4];
	r->r9 = argument[5];
}

#else

static const bool machine_known = false;
static const uint8_t machine_code[] = { 0 };
#define MACHINE_RED_ZONE 0

static inline uint64_t
machine_at(const struct user_regs_struct *r)
{
	(void)r;
	return 0;
}

static inline uint64_t
machine_stack(const struct user_regs_struct *r)
{
	(void)r;
	return 0;
}

static inline long
machine_result(const struct user_regs_struct *r)
{
	(void)r;
	return -1;
}

static inline void
machine_set(struct user_regs_struct *r, long call, const uint64_t argument[6])
{
	(void)r;
	(void)call;
	(void)argument;
}

#endif

#endif
