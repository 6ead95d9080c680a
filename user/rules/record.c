/* record.c: the section `ledger`: where signed checkpoints go besides, and how often. */
#include "rules/work.h"

#define EVERY_DEFAULT_MS 1000
#define EVERY_MOST_MS 3600000

#define AT(name) offsetof(struct draft_ledger, name)
static const struct key ledger_keys[] = {
	{ "checkpoints", SHAPE_MAP, AT(checkpoints), true, 0, 0, NULL },
};
static const struct key checkpoint_keys[] = {
	{ "directory", SHAPE_TEXT, AT(directory), false, 0, 0, NULL },
	{ "syslog", SHAPE_BOOL, AT(is_syslog), false, 0, 0, NULL },
	{ "every", SHAPE_DURATION, AT(every_ms), false, 50, EVERY_MOST_MS, NULL },
};

void
checkpoints_read(struct work *work, const struct node *section)
{
	struct draft_ledger *ledger = &work->ledger;

	if (ledger->checkpoints) {
		fault_add(work->faults, section->place, "ledger: found a second "
		    "time, first in %s:%u; expected it once",
		    ledger->checkpoints->place.file,
		    ledger->checkpoints->place.line);
		return;
	}
	if (!schema_read(work->faults, section, "ledger", ledger_keys,
	    COUNT(ledger_keys), ledger) || !ledger->checkpoints)
		return;
	(void)schema_read(work->faults, ledger->checkpoints,
	    "ledger: checkpoints", checkpoint_keys, COUNT(checkpoint_keys),
	    ledger);
	if (ledger->directory && ledger->directory->text[0] != '/')
		fault_add(work->faults, ledger->directory->place, "ledger: "
		    "checkpoints: directory: found \"%.80s\", expected a path "
		    "that begins with /", ledger->directory->text);
}

void
checkpoints_build(struct work *work)
{
	const struct draft_ledger *ledger = &work->ledger;

	work->rules->recorder = (struct view_recorder){
		.checkpoint_directory = work_scalar(ledger->directory),
		.checkpoint_syslog = ledger->is_syslog,
		.checkpoint_every_ms = ledger->every_ms ?
		    (uint32_t)ledger->every_ms : EVERY_DEFAULT_MS,
	};
}
