/* Dialogues: found by worker and flow, bounded, the oldest makes room. */
#include "vault/dialogue.h"

#include "check.h"

static struct id
flow(uint32_t i)
{
	return (struct id){ .kind = ID_FLOW, .slot = 8, .chance = i, .time = 1000 };
}

int
main(void)
{
	struct dialogues *all = NULL;
	struct id id, first = flow(0), second = flow(1);
	struct dialogue *row;

	CHECK(dialogues_new(&all) == 0);
	CHECK(!dialogue_find(all, 8, &first));
	row = dialogue_begin(all, 8, &first);
	row->target[0] = 'a';
	row->scram.stage = SCRAM_PROVED;
	CHECK(dialogue_find(all, 8, &first) == row);
	CHECK(!dialogue_find(all, 9, &first));	/* another worker's flow of that name */
	/* begun again: fresh, in the same place */
	CHECK(dialogue_begin(all, 8, &first) == row);
	CHECK(!*row->target && row->scram.stage == SCRAM_NEW);
	dialogue_end(row);
	CHECK(!dialogue_find(all, 8, &first));
	dialogue_end(NULL);

	for (uint32_t i = 0; i < DIALOGUE_LIMIT; i++) {
		id = flow(i);
		dialogue_begin(all, 8 + i % 2, &id);
	}
	CHECK(dialogue_find(all, 8, &first));
	id = flow(DIALOGUE_LIMIT);
	dialogue_begin(all, 8, &id);
	CHECK(dialogue_find(all, 8, &id));
	CHECK(!dialogue_find(all, 8, &first));	/* the oldest made room */
	CHECK(dialogue_find(all, 9, &second));
	dialogues_forget(all, 9);
	CHECK(!dialogue_find(all, 9, &second));
	CHECK(dialogue_find(all, 8, &id));
	dialogues_clear(all);
	CHECK(!dialogue_find(all, 8, &id));
	dialogues_free(&all);
	CHECK(!all);
	return check_end();
}
