/*
 * check.h: the few words a test needs.
 * CHECK counts and says where it failed; check_end() prints "N passed, M failed"
 * and gives the exit status. on_cliff() lays bytes against an unreadable page,
 * so that a reader who goes one byte too far crashes.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "span.h"

static int check_passed, check_failed;

__attribute__((unused)) static int
check_one(int right, const char *what, const char *row, const char *file, int line)
{
	if (right) {
		check_passed++;
		return 1;
	}
	check_failed++;
	fprintf(stderr, "%s:%d: failed: %s%s%s\n", file, line,
	    row ? row : "", row ? ": " : "", what);
	return 0;
}

#define CHECK(x) check_one(!!(x), #x, NULL, __FILE__, __LINE__)
#define CHECK_ROW(name, x) check_one(!!(x), #x, (name), __FILE__, __LINE__)

__attribute__((unused)) static int
check_end(void)
{
	printf("%d passed, %d failed\n", check_passed, check_failed);
	return check_failed || !check_passed;
}

/* A copy whose last byte is the last readable one. Never freed: tests are short. */
__attribute__((unused)) static struct span
on_cliff(struct span in)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (in.n + page) / page * page + page;
	uint8_t *p = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + size, page, PROT_NONE))
		abort();
	if (in.n)
		memcpy(p + size - in.n, in.p, in.n);
	return span_of(p + size - in.n, in.n);
}

#endif
