/* law.h: what must hold, whatever the input is. A broken law ends the process, so that libFuzzer keeps the input. */
#ifndef FUZZ_LAW_H
#define FUZZ_LAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "span.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static inline void
law(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "law broken: %s\n", what);
	abort();
}

#endif
