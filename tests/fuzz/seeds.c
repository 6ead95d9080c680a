/* seeds.c: writes the hand-written conversations as inputs of laws.c into folders: seeds PG HTTP1. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/wire/http1/talks.h"
#include "../unit/wire/pg/sessions.h"

#define STEPS_MAX 128
#define STEP_LONGEST 65535

static void
put_step(FILE *file, const struct step *step)
{
	size_t n = step->bytes.n < STEP_LONGEST ? step->bytes.n : STEP_LONGEST;

	fputc(step->side, file);
	fputc((int)(n >> 8), file);
	fputc((int)(n & 255), file);
	fwrite(step->bytes.p, 1, n, file);
}

static FILE *
begin(const char *folder, size_t i, int codec)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%02zu", folder, i);
	file = fopen(path, "w");
	if (!file) {
		perror(path);
		exit(1);
	}
	fputc(codec, file);
	fputc((int)(i % 16) + (codec == 2 && i % 3 == 1 ? 32 : 0), file);	/* some are hastened */
	fputc((int)i, file);
	return file;
}

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < COUNT(sessions); i++) {
		struct step steps[STEPS_MAX];
		struct out room = out_new(1 << 24);
		size_t n = session_steps(sessions[i].text, steps, STEPS_MAX, &room);
		FILE *file = begin(argv[1], i, 0);

		for (size_t k = 0; k < n; k++)
			put_step(file, &steps[k]);
		fclose(file);
		out_free(&room);
	}
	for (size_t i = 0; argc == 3 && i < COUNT(talks); i++) {
		FILE *file = begin(argv[2], i, 2);

		for (size_t k = 0; k < SAID_MOST && talks[i][k].bytes.n; k++)
			put_step(file, &(struct step){ .side = talks[i][k].side, .bytes = talks[i][k].bytes });
		fclose(file);
	}
	return argc != 3;
}
