/* hold_entry.c: what the record says of holds and of those who decide on them. */
#include "desk/desk.h"

#include <string.h>

#include "base/log.h"
#include "entry/scribe.h"

/* Keys up to those of the hold itself, in rising order. */
static struct entry *
begin(const struct held *held, enum entry_kind kind)
{
	const struct hold *hold = &held->hold;
	struct entry *entry = scribe_begin(held->desk->scribe, kind);

	entry_text(entry, KEY_SKILL, hold->skill);
	entry_id(entry, KEY_SESSION, &hold->session);
	entry_id(entry, KEY_FLOW, &hold->flow);
	entry_id(entry, KEY_TURN, &hold->turn);
	entry_text(entry, KEY_STARTER, hold->starter);
	entry_text(entry, KEY_TARGET, hold->target);
	entry_text(entry, KEY_ROLE, hold->role);
	entry_text(entry, KEY_DATABASE, hold->database);
	return entry;
}

static void
put_people(struct entry *entry, const struct held *held)
{
	if (held->approval_count == 0)
		return;
	entry_array(entry, KEY_PEOPLE, held->approval_count);
	for (size_t i = 0; i < held->approval_count; i++)
		entry_item_text(entry, span_text(held->approvals[i].person));
}

int
hold_enter(struct held *held, hold_entry_fn fn, void *arg, uint64_t *sequence)
{
	const struct hold *hold = &held->hold;
	struct entry *entry = begin(held, ENTRY_HOLD);

	entry_text(entry, KEY_RULE, hold->rule);
	entry_text(entry, KEY_WHY, hold->why);
	entry_id(entry, KEY_HOLD, &hold->id);
	entry_bytes(entry, KEY_DIGEST, span_of(hold->digest, sizeof(hold->digest)));
	entry_uint(entry, KEY_NEED, hold_need(held));
	entry_uint(entry, KEY_EXPIRES, held->expires_wall);
	entry_text(entry, KEY_NAME, span_text(held->group));
	return scribe_send(held->desk->scribe, LEVEL_SYNCED, fn, arg, sequence);
}

int
hold_enter_decision(struct held *held, const char *decision, const char *person,
    const char *reason, hold_entry_fn fn, void *arg)
{
	const struct hold *hold = &held->hold;
	struct entry *entry = begin(held, ENTRY_DECISION);

	entry_text(entry, KEY_REASON, span_text(reason));
	entry_id(entry, KEY_HOLD, &hold->id);
	entry_bytes(entry, KEY_DIGEST, span_of(hold->digest, sizeof(hold->digest)));
	entry_text(entry, KEY_PERSON, span_text(person));
	entry_text(entry, KEY_DECISION, span_text(decision));
	if (person)
		entry_text(entry, KEY_SIGNED, SPAN("unsigned, same host"));
	entry_uint(entry, KEY_NEED, hold_need(held));
	put_people(entry, held);
	return scribe_send(held->desk->scribe, LEVEL_SYNCED, fn, arg, NULL);
}
