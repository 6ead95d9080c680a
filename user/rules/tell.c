/* tell.c: what the record and the log learn of policies: put in force, refused, or a cause for alarm. */
#include <stdio.h>

#include "base/log.h"
#include "entry/scribe.h"
#include "rules/serve_own.h"

static void
kept(void *arg, int status)
{
	(void)arg, (void)status;
}

static void
send_entry(struct serve *serve)
{
	uint64_t sequence;

	if (scribe_send(serve->scribe, LEVEL_SYNCED, kept, NULL, &sequence) < 0)
		log_error("an entry about policy could not be recorded");
}

void
tell_in_force(struct serve *serve, const char *person)
{
	struct entry *entry;

	scribe_policy(serve->scribe, serve->in_force->epoch,
	    serve->in_force->digest);
	log_info("policy epoch %u is in force%s", serve->in_force->epoch,
	    serve->is_last ? " (the last good one)" : "");
	entry = scribe_begin(serve->scribe, ENTRY_POLICY);
	if (!entry)
		return;
	entry_text(entry, KEY_REASON, serve->is_last ?
	    SPAN("put in force: the last good one") : SPAN("put in force"));
	entry_text(entry, KEY_PERSON, span_text(person));
	send_entry(serve);
}

void
tell_short(const char *why, const struct faults *faults, char *text, size_t size)
{
	const struct fault *first = faults ? fault_first(faults) : NULL;

	if (first)
		snprintf(text, size, "%s:%u:%u: %s", first->file, first->line,
		    first->column, first->text);
	else
		snprintf(text, size, "%s", why);
}

void
tell_refused(struct serve *serve, const char *person, const char *why,
    const struct faults *faults)
{
	struct entry *entry;
	char detail[640];

	for (size_t i = 0; faults && i < faults->count; i++) {
		const struct fault *fault = &faults->v[i];

		log_line(fault->is_warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR,
		    NULL, "%s:%u:%u: %s", fault->file, fault->line,
		    fault->column, fault->text);
	}
	log_error("policy refused: %s", why);
	entry = scribe_begin(serve->scribe, ENTRY_POLICY);
	if (!entry)
		return;
	tell_short(why, faults, detail, sizeof(detail));
	entry_text(entry, KEY_REASON, SPAN("refused"));
	entry_text(entry, KEY_PERSON, span_text(person));
	entry_text(entry, KEY_DETAIL, span_text(detail));
	entry_uint(entry, KEY_COUNT, faults ? faults->errors : 0);
	send_entry(serve);
}

void
tell_alarm(struct serve *serve, const char *why)
{
	struct entry *entry;

	log_error("%s", why);
	entry = scribe_begin(serve->scribe, ENTRY_ALARM);
	if (!entry)
		return;
	entry_text(entry, KEY_REASON, span_text(why));
	send_entry(serve);
}
