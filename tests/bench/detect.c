/*
 * detect.c (bench): recall and precision of every detector on the labelled corpus of
 * tests/unit/mask/made.py, another seed than the unit test's.
 *   bench detect: 4000 texts a kind
 *     card         recall 1.000 of 2000  precision 0.999  (false hits 2 of 2000)
 */
#include "../unit/mask/made.h"

int
main(void)
{
	struct made_score scores[DETECT_PATTERN] = { 0 };

	if (!made_run(20261127, 2000, scores)) {
		fprintf(stderr, "bench detect: " MADE_COMMAND " gave no corpus\n");
		return 1;
	}
	printf("bench detect: 4000 texts a kind, half of them with one\n");
	made_print(scores);
	return 0;
}
