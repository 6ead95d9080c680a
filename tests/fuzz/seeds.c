/* seeds.c: writes the hand-written conversations as inputs of laws.c into a folder: seeds FOLDER. */
#include <stdio.h>
#include <stdlib.h>

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

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < COUNT(sessions); i++) {
		struct step steps[STEPS_MAX];
		struct out room = out_new(1 << 24);
		size_t n = session_steps(sessions[i].text, steps, STEPS_MAX, &room);
		char path[512];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%02zu", argv[1], i);
		file = fopen(path, "w");
		if (!file)
			return perror(path), 1;
		fputc(0, file);
		fputc((int)(i % 16), file);
		fputc((int)i, file);
		for (size_t k = 0; k < n; k++)
			put_step(file, &steps[k]);
		fclose(file);
		out_free(&room);
	}
	return argc != 2;
}
