/*
 * replay.c: a fuzz target without libFuzzer: replay FILE...
 * Each file is tried as it is, in every one of its first beginnings, and in a fixed
 * number of changed copies, by a generator that is always the same. A broken law
 * aborts, a fault is the sanitizers'; who comes to the end has passed.
 */
#include "law.h"

#include <string.h>

#define LARGEST (1 << 17)
#define BEGINNINGS 400
#define CHANGED 200

static uint32_t chance = 1;

static uint32_t
any(uint32_t below)
{
	chance = chance * 1664525u + 1013904223u;
	return below ? (chance >> 8) % below : 0;
}

/* An exact copy on the heap, so that ASan sees a byte too far. */
static void
try(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void
change(uint8_t *p, size_t n)
{
	static const uint8_t likely[] = { 0, 1, 0x7f, 0x80, 0xff, '\'', '"', '(', ' ' };

	for (uint32_t times = 1 + any(4); times > 0 && n; times--) {
		uint8_t *at = &p[any((uint32_t)n)];

		*at = any(2) ? likely[any(COUNT(likely))] : (uint8_t)(*at ^ 1u << any(8));
	}
}

static bool
replay(const char *path)
{
	static uint8_t was[LARGEST], now[LARGEST];
	FILE *file = fopen(path, "r");
	size_t n;

	if (!file)
		return false;
	n = fread(was, 1, sizeof(was), file);
	fclose(file);
	fprintf(stderr, "%s\n", path);
	try(was, n);
	for (size_t i = 0; i < n && i < BEGINNINGS; i++)
		try(was, i);
	for (int i = 0; n < 8192 && i < CHANGED; i++) {
		memcpy(now, was, n);
		change(now, n);
		try(now, n);
	}
	return true;
}

int
main(int argc, char **argv)
{
	int passed = 0;

	for (int i = 1; i < argc; i++)
		passed += replay(argv[i]);
	printf("%d passed, %d failed\n", passed, argc - 1 - passed);
	return passed != argc - 1 || argc < 2;
}
