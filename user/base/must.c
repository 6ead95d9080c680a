/* must.c: a bug of ours was met; say where, and stop. */
#include "base/must.h"

#include <stdio.h>

void
must_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: this must hold: %s\n", file, line, what);
	abort();
}
