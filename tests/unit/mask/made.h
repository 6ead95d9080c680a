/*
 * made.h: how well each detector does on the corpus of made.py: of the texts that have its
 * kind, how many it finds (recall); of those it finds something in, how many have it
 * (precision). The floors are those the project promises.
 */
#ifndef MADE_H
#define MADE_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "mask/mask.h"

#define MADE_COMMAND "/usr/bin/python3 tests/unit/mask/made.py"

struct made_score {
	unsigned int hit, missed, quiet, false_hits;
};

/* Words of policy, in the order of enum view_detector; `floor` for both, in thousandths. */
static const struct {
	const char *kind;
	unsigned int floor;
} made_kinds[] = {
	[DETECT_CARD] = { "card", 990 }, [DETECT_SSN] = { "ssn", 950 }, [DETECT_EMAIL] = { "email", 950 },
	[DETECT_PHONE] = { "phone", 950 }, [DETECT_IBAN] = { "iban", 990 }, [DETECT_IP] = { "ip", 950 },
	[DETECT_JWT] = { "jwt", 950 }, [DETECT_PRIVATE_KEY] = { "private-key", 950 }, [DETECT_AWS] = { "aws", 950 },
	[DETECT_GITHUB] = { "github", 950 }, [DETECT_SLACK] = { "slack", 950 }, [DETECT_TOKEN] = { "token", 950 },
	[DETECT_NATIONAL_ID] = { "national-id", 990 }, [DETECT_VAT] = { "vat", 990 }, [DETECT_BIC] = { "bic", 950 },
	[DETECT_CRYPTO] = { "crypto", 990 },
};
_Static_assert(COUNT(made_kinds) == DETECT_PATTERN, "a row per detector");

/* Thousandths; of nothing, all. */
static inline unsigned int
made_share(unsigned int part, unsigned int rest)
{
	return part + rest ? part * 1000u / (part + rest) : 1000;
}

static void
made_judge(struct made_score *score, enum view_detector detector, struct span text, bool expected)
{
	size_t at, n;
	bool found = mask_detect(detector, text, &at, &n);

	if (expected)
		found ? score->hit++ : score->missed++;
	else
		found ? score->false_hits++ : score->quiet++;
}

/* Score `count` texts with each kind and as many without. False: there is no corpus. */
static bool
made_run(unsigned int seed, unsigned int count, struct made_score scores[DETECT_PATTERN])
{
	char command[128], *line = NULL;
	size_t room = 0, lines = 0;
	FILE *in;

	snprintf(command, sizeof(command), MADE_COMMAND " %u %u", seed, count);
	in = popen(command, "r");
	while (in && getline(&line, &room, in) > 0) {
		json_t *row = json_loads(line, 0, NULL);
		const char *kind = json_string_value(json_object_get(row, "kind"));
		const char *text = json_string_value(json_object_get(row, "text"));

		for (unsigned int d = 0; kind && text && d < DETECT_PATTERN; d++)
			if (!strcmp(kind, made_kinds[d].kind)) {
				made_judge(&scores[d], d, span_text(text), json_integer_value(json_object_get(row, "label")));
				lines++;
			}
		json_decref(row);
	}
	free(line);
	return in && pclose(in) == 0 && lines == 2u * count * DETECT_PATTERN;
}

static void
made_print(const struct made_score scores[DETECT_PATTERN])
{
	for (unsigned int d = 0; d < DETECT_PATTERN; d++) {
		const struct made_score *s = &scores[d];

		printf("  %-12s recall %.3f of %u  precision %.3f  (false hits %u of %u)\n", made_kinds[d].kind,
		    made_share(s->hit, s->missed) / 1000.0, s->hit + s->missed, made_share(s->hit, s->false_hits) / 1000.0,
		    s->false_hits, s->false_hits + s->quiet);
	}
}

#endif
