/*
 * refusal.c: the one table of SQLSTATEs, statuses of HTTP and gRPC, and sentences a skill may be told.
 * Class IL is ours (class codes beginning with I to Z are left to implementations,
 * ISO/IEC 9075-2 subclause 24.1). No rule, no real user name, no host.
 */
#include <assert.h>
#include <stdio.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/must.h"
#include "flow/flow.h"

static const struct {
	const char *sqlstate;
	unsigned int status;	/* of HTTP: RFC 9110 section 15 */
	unsigned int rpc;	/* of gRPC */
	const char *message;
	const char *hint;
} words[] = {
	[REFUSAL_POLICY] = { "ILP01", 403, 7, "refused by policy",
	    "This skill may not do that. Ask an operator about the id above." },
	[REFUSAL_HOLD_DENIED] = { "ILH01", 403, 7, "a person has refused this",
	    "Do not repeat it unchanged. Ask an operator about the id above." },
	[REFUSAL_HOLD_EXPIRED] = { "ILH02", 403, 7, "nobody approved this in time",
	    "It was not run. Try again when an approver can be reached." },
	[REFUSAL_HOLD_WAITS] = { "ILH03", 403, 14, "this waits for a person's approval",
	    "It was not run. Ask exactly the same again later: once it is approved that is run, one time." },
	[REFUSAL_RECORD] = { "ILR01", 503, 14, "this cannot be recorded now, so it was not run",
	    "Try again in a few seconds." },
	[REFUSAL_IDENTITY] = { "ILI01", 403, 7, "this skill is not the one that was accepted",
	    "Its files or its program have changed. Ask an operator to accept them." },
	[REFUSAL_STOPPED] = { "ILS01", 403, 7, "an operator has stopped this",
	    "Do not retry until you are told to." },
	[REFUSAL_PASSWORD] = { "28P01", 401, 16, "password authentication failed",
	    "The password that this skill was given is not the one an operator has set for it." },
	[REFUSAL_BINDING] = { "28000", 401, 16, "SCRAM channel binding check failed",
	    "The TLS connection does not end where this login was made for." },
	[REFUSAL_BACKEND] = { "ILB01", 502, 14, "the backend cannot be reached or trusted",
	    "Try again later. Ask an operator about the id above." },
	[REFUSAL_CREDENTIAL] = { "ILC01", 403, 7, "this cannot be sent with the credential that is put in",
	    "Ask for it in another form: in one piece, or with its digest." },
	[REFUSAL_TOKEN] = { "ILC02", 503, 14, "no credential can be had for the backend now",
	    "It was not sent. Try again in a minute. Ask an operator about the id above." },
	[REFUSAL_LIMIT] = { "ILL01", 413, 8, "larger than a limit",
	    "Ask for less at a time." },
	[REFUSAL_FORMAT] = { "ILF01", 502, 13, "an answer in this format is not given here",
	    "Ask for it in a form that can be read: in SQL, with SELECT or COPY in text format." },
	[REFUSAL_ENCODING] = { "ILF02", 415, 3, "text is understood here in UTF8 and with standard strings only",
	    "Connect with client_encoding UTF8 and standard_conforming_strings on." },
	[REFUSAL_PROTOCOL] = { "ILM01", 400, 13, "a message that is not understood, or larger than a limit",
	    "The connection ends. Sent again it would be refused again." },
	[REFUSAL_CANCELLED] = { "57014", 403, 1, "cancelled by the skill that asked it",
	    "It was not run, and nobody can approve it any more." },
	[REFUSAL_INTERNAL] = { "ILX01", 503, 14, "this cannot be served now",
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

#define RETRY_AFTER_S 10
#define ACCEPTED 202

struct wire_no
flow_refusal_held(const struct id *refusal, const struct id *hold, enum hold_answer answer, char *room)
{
	struct wire_no no = flow_refusal(REFUSAL_HOLD_WAITS, refusal, 0, room);
	char *text = room + REFUSAL_ROOM - ID_TEXT_SIZE;

	must((const char *)no.id.p + no.id.n + 1 <= text);
	no.hold = span_text(id_format(hold, text));
	no.retry_after_s = RETRY_AFTER_S;
	if (answer == ANSWER_RETRY_202)
		no.status = ACCEPTED;
	return no;
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
	must(n + m + 1 + ID_TEXT_SIZE <= REFUSAL_ROOM);
	strcpy(room + n + m + 1, text);
	return (struct wire_no){
		.sqlstate = words[what].sqlstate,
		.status = words[what].status,
		.rpc = words[what].rpc,
		.id = span_of(room + n + m + 1, strlen(text)),
		.message = span_of(room, (size_t)n),
		.hint = span_of(room + n, (size_t)m),
	};
}
