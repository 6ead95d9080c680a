/* verdict.h: what decide/ says of an action. Text is borrowed from the rules that judged. */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdint.h>

#include "span.h"

enum verdict_kind { VERDICT_DENY, VERDICT_HOLD, VERDICT_ALLOW };	/* zero is deny */

/* What a held request of HTTP hears while people think. Where rules differ, the first of these. */
enum hold_answer {
	ANSWER_WAIT,		/* nothing: it waits */
	ANSWER_EVENTS,		/* 200, and events that say that it waits: of MCP, where its client listens to them */
	ANSWER_RETRY,		/* 403 at once: it is to be asked again, exactly as it is */
	ANSWER_RETRY_202,	/* the same with 202 */
	HOLD_ANSWERS
};

struct verdict {
	enum verdict_kind kind;
	uint32_t rule;		/* index in the worker's view; UINT32_MAX: no rule spoke */
	struct span where;	/* "policy.yaml:41 duty support-reads rule 2", for the ledger and people */
	struct span why;	/* one plain sentence, for the ledger and people, never for a skill */
	uint64_t masks;		/* bit i: mask i of the view applies to the answer */
	uint64_t row_limit;	/* 0: none */
	/* for holds */
	uint32_t approvers;	/* index of the approver group in the view */
	uint32_t need;		/* distinct people */
	uint32_t expires_s;	/* seconds from now until the hold is denied */
	uint32_t retry_s;	/* 0: withdrawn when the client leaves; else an identical retry within
				 * this many seconds uses the approval */
	enum hold_answer answer;	/* not WAIT: retry_s is not 0 */
};

const char *verdict_name(enum verdict_kind);

#endif
