/*
 * search.c: is a text in the memory of a process?
 *   search PID… <TEXT
 * The text comes on standard input, so that it is on no command line, without a
 * last newline. Every readable region is read whole through /proc/PID/mem, also
 * across its pages. Prints "PID FOUND SEARCHED" a process: how often the text is
 * there, and how many KiB were read. Needs root. Exit: 0, or 2 when a process
 * could not be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (1u << 20)
#define TEXT_LIMIT 256

static uint8_t text[TEXT_LIMIT], chunk[CHUNK + TEXT_LIMIT];
static size_t length;

struct found {
	unsigned long times;
	uint64_t searched;
};

static void
search_chunk(struct found *found, size_t n)
{
	const uint8_t *p = chunk, *end = chunk + n;

	while ((p = memmem(p, (size_t)(end - p), text, length))) {
		found->times++;
		p++;
	}
}

/* Chunk after chunk, each with the end of the one before. */
static void
search_region(struct found *found, int memory, uint64_t from, uint64_t to)
{
	size_t kept = 0;

	while (from < to) {
		size_t wanted = to - from < CHUNK ? to - from : CHUNK;
		ssize_t n = pread(memory, chunk + kept, wanted, (off_t)from);

		if (n <= 0)
			return;		/* a device, or no longer there */
		search_chunk(found, kept + (size_t)n);
		found->searched += (uint64_t)n;
		from += (uint64_t)n;
		n += (ssize_t)kept;
		kept = (size_t)n < length - 1 ? (size_t)n : length - 1;
		memmove(chunk, chunk + n - kept, kept);
	}
}

static int
search_process(const char *pid)
{
	char path[64], line[512], rights[8];
	struct found found = { 0 };
	unsigned long from, to;
	FILE *maps;
	int memory;

	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "re");
	if (memory < 0 || !maps) {
		fprintf(stderr, "search: process %s: %s\n", pid, strerror(errno));
		return 2;
	}
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 &&
		    rights[0] == 'r')
			search_region(&found, memory, from, to);
	printf("%s %lu %lu\n", pid, found.times,
	    (unsigned long)(found.searched >> 10));
	fclose(maps);
	close(memory);
	return 0;
}

int
main(int argc, char **argv)
{
	int status = 0;

	length = fread(text, 1, sizeof(text), stdin);
	while (length && text[length - 1] == '\n')
		length--;
	if (length < 4 || argc < 2) {
		fprintf(stderr, "usage: search PID... <TEXT\n");
		return 2;
	}
	for (int i = 1; i < argc; i++)
		status |= search_process(argv[i]);
	return status;
}
