/*
 * refusal.c: the one table of SQLSTATEs and sentences a skill may be told.
 * Class IL is ours (class codes beginning with I to Z are left to implementations,
 * ISO/IEC 9075-2 subclause 24.1). No rule, no real user name, no host.
 */
#include <assert.h>
#include <stdio.h>

#include "base/chance.h"
#include "base/clock.h"
#include "flow/flow.h"

static const struct {
	const char *sqlstate;
	const char *message;
	const char *hint;
} words[] = {
	[REFUSAL_POLICY] = { "ILP01", "refused by policy",
	    "This skill may not do that. Ask an operator about the id above." },
	[REFUSAL_HOLD_DENIED] = { "ILH01", "a person has refused this",
	    "Do not repeat it unchanged. Ask an operator about the id above." },
	[REFUSAL_HOLD_EXPIRED] = { "ILH02", "nobody approved this in time",
	    "It was not run. Try again when an approver can be reached." },
	[REFUSAL_RECORD] = { "ILR01", "this cannot be recorded now, so it was not run",
	    "Try again in a few seconds." },
	[REFUSAL_IDENTITY] = { "ILI01", "this skill is not the one that was accepted",
	    "Its files or its program have changed. Ask an operator to accept them." },
	[REFUSAL_STOPPED] = { "ILS01", "an operator has stopped this",
	    "Do not retry until you are told to." },
	[REFUSAL_PASSWORD] = { "28P01", "password authentication failed",
	    "The password that this skill was given is not the one an operator has set for it." },
	[REFUSAL_BINDING] = { "28000", "SCRAM channel binding check failed",
	    "The TLS connection does not end where this login was made for." },
	[REFUSAL_BACKEND] = { "ILB01", "the backend cannot be reached or trusted",
	    "Try again later. Ask an operator about the id above." },
	[REFUSAL_LIMIT] = { "ILL01", "larger than a limit",
	    "Ask for less at a time." },
	[REFUSAL_FORMAT] = { "ILF01", "an answer in this format is not given here",
	    "Ask with SELECT, or COPY in text format." },
	[REFUSAL_ENCODING] = { "ILF02", "text is understood here in UTF8 and with standard strings only",
	    "Connect with client_encoding UTF8 and standard_conforming_strings on." },
	[REFUSAL_PROTOCOL] = { "ILM01", "a message that is not understood, or larger than a limit",
	    "The connection ends. Sent again it would be refused again." },
	[REFUSAL_CANCELLED] = { "57014", "cancelled by the skill that asked it",
	    "It was not run, and nobody can approve it any more." },
	[REFUSAL_INTERNAL] = { "ILX01", "this cannot be served now",
	    "Try again in a few seconds." },
};
static_assert(COUNT(words) == REFUSALS, "words for each refusal");

struct id
flow_make_id(const struct worker *worker, enum id_kind kind)
{
	return id_make(kind, worker->slot, clock_wall() / MILLISECOND_NS, chance_take());
}

struct id
flow_refusal_id(const struct worker *worker)
{
	return flow_make_id(worker, ID_REFUSAL);
}

struct wire_no
flow_refusal(enum refusal what, const struct id *id, unsigned int minutes, char *room)
{
	char text[ID_TEXT_SIZE];
	int n, m;

	n = snprintf(room, REFUSAL_ROOM, "%s (%s)", words[what].message,
	    id_format(id, text));
	if (minutes)
		m = snprintf(room + n, (size_t)(REFUSAL_ROOM - n),
		    "Retry exactly this within %u minutes; an approval given meanwhile is used then.",
		    minutes);
	else
		m = snprintf(room + n, (size_t)(REFUSAL_ROOM - n), "%s", words[what].hint);
	return (struct wire_no){
		.sqlstate = words[what].sqlstate,
		.message = span_of(room, (size_t)n),
		.hint = span_of(room + n, (size_t)m),
	};
}
