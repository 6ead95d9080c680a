/* The labelled corpus of made.py: recall and precision of every detector above its floor. */
#include "check.h"
#include "mask/made.h"

int
main(void)
{
	struct made_score scores[DETECT_PATTERN] = { 0 };

	if (!CHECK(made_run(1, 600, scores)))
		return check_end();
	made_print(scores);
	for (unsigned int d = 0; d < DETECT_PATTERN; d++) {
		CHECK_ROW(made_kinds[d].kind, scores[d].hit + scores[d].missed == 600);
		CHECK_ROW(made_kinds[d].kind, made_share(scores[d].hit, scores[d].missed) >= made_kinds[d].floor);
		CHECK_ROW(made_kinds[d].kind, made_share(scores[d].hit, scores[d].false_hits) >= made_kinds[d].floor);
	}
	return check_end();
}
