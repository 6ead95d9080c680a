/*
 * laws_test.c: the laws without libFuzzer.
 * Replays the corpus of tests/fuzz, and a fixed number of changed copies of each
 * input (bytes flipped, cut, doubled, by a generator that is always the same).
 */
#include "check.h"

#include <dirent.h>

#include "../../fuzz/laws.c"

static const char *const folders[] = { "tests/fuzz/corpus/pg", "tests/fuzz/corpus/http1" };
#define LARGEST (1 << 17)
#define CHANGED 60

static uint32_t chance = 1;

static uint32_t
any(uint32_t below)
{
	chance = chance * 1664525u + 1013904223u;
	return below ? (chance >> 8) % below : 0;
}

static size_t
change(uint8_t *p, size_t n)
{
	for (uint32_t times = 1 + any(4); times > 0 && n > 3; times--) {
		uint32_t at = any((uint32_t)n), size = any(32);

		if (size > n - at)
			size = (uint32_t)n - at;
		switch (any(4)) {
		case 0:
			p[at] = (uint8_t)any(256);
			break;
		case 1:
			p[at] ^= (uint8_t)(1u << any(8));
			break;
		case 2:
			memmove(p + at, p + at + size, n - at - size);
			n -= size;
			break;
		default:
			if (n + size > LARGEST)
				break;
			memmove(p + at + size, p + at, n - at);
			n += size;
		}
	}
	return n;
}

static void
replay(const char *folder, const char *name)
{
	static uint8_t was[LARGEST], now[LARGEST];
	char path[512];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	if (!CHECK_ROW(name, file != NULL))
		return;
	n = fread(was, 1, sizeof(was), file);
	fclose(file);
	for (uint8_t option = 0; option < 16; option++) {
		was[1] = option;
		LLVMFuzzerTestOneInput(was, n);
	}
	for (int i = 0; n < 8192 && i < CHANGED; i++) {
		memcpy(now, was, n);
		now[1] = (uint8_t)i;
		LLVMFuzzerTestOneInput(now, change(now, n));
	}
	CHECK_ROW(name, n > 3);
}

static void
replay_all(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	if (!CHECK_ROW(path, folder != NULL))
		return;
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			replay(path, entry->d_name);
	closedir(folder);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(folders); i++)
		replay_all(folders[i]);
	return check_end();
}
