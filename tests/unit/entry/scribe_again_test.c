/*
 * To a recorder that was started anew everything that is not kept is sent again,
 * the same bytes, in order, with the bodies that belong to it, and all of it, also
 * when it is more than the queue takes at once.
 */
#include "writer.h"

static void
sends_again(void)
{
	struct msg_head up = { .type = MSG_PEER_UP };
	uint8_t body[1] = { SLOT_RECORDER };

	begin(SILENT);
	for (unsigned int i = 0; i < 5; i++)
		CHECK(write_one(i % 2 ? LEVEL_WRITTEN : LEVEL_SYNCED, count_call, NULL) == 0);
	wanted = 5;
	CHECK(stand_until(all_seen));
	CHECK(kept(LEVEL_WRITTEN, incarnation(), 3));	/* takes off 2 */
	CHECK(called == 1 && scribe_open(scribe) == 4);
	kill_recorder();
	CHECK(write_one(LEVEL_WRITTEN, count_call, NULL) == 0);	/* waits in the channel */
	shared->manner = SAYS_SYNCED;
	start_recorder();
	CHECK(scribe_hear(scribe, &up, span_of(body, 1)));
	wanted = 6;
	CHECK(stand_until(was_called));
	CHECK(called == 6 && scribe_open(scribe) == 0);
	wanted = 5 + 1 + 5;
	CHECK(stand_until(all_seen));
	{
		static const uint64_t order[] = { 1, 2, 3, 4, 5, 6, 1, 3, 4, 5, 6 };

		for (size_t i = 0; i < COUNT(order); i++) {
			CHECK(shared->seen[i].is_right);
			CHECK(shared->seen[i].sequence == order[i]);
			CHECK(shared->seen[i].sum == shared->seen[order[i] - 1].sum);
			CHECK(shared->seen[i].incarnation == incarnation());
		}
	}
	end();
}

/* An entry with bodies of these lengths. */
static int
write_bodies(enum level level, size_t text, size_t values, uint32_t *right)
{
	static const uint8_t digest[ENTRY_DIGEST_SIZE] = { 1 };
	static uint8_t body[ENTRY_BLOB_LIMIT + 1];

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * i % 251);
	scribe_begin(scribe, ENTRY_ASK);
	scribe_attach(scribe, KEY_TEXT_BLOB, digest, span_of(body, text));
	scribe_attach(scribe, KEY_VALUES_BLOB, digest, span_of(body + 1, values));
	*right = sum(span_of(body, text)) * 7 + sum(span_of(body + 1, values));
	return scribe_send(scribe, level, count_call, &called, NULL);
}

/* Bodies go with their entry, the first time and again, and are bounded. */
static void
takes_bodies_along(void)
{
	struct msg_head up = { .type = MSG_PEER_UP };
	uint8_t slot[1] = { SLOT_RECORDER };
	uint32_t right[3], some;

	begin(SILENT);
	CHECK(write_bodies(LEVEL_HANDED, ENTRY_BLOB_LIMIT, ENTRY_BLOB_LIMIT, &right[0]) == 0);
	CHECK(called == 1);	/* a sealed memfd is in the queue: handed */
	CHECK(write_bodies(LEVEL_WRITTEN, 20000, 10, &right[1]) == 0);
	CHECK(write_one(LEVEL_WRITTEN, count_call, NULL) == 0);
	CHECK(write_bodies(LEVEL_SYNCED, 1, ENTRY_BLOB_LIMIT, &right[2]) == 0);
	CHECK(write_bodies(LEVEL_HANDED, ENTRY_BLOB_LIMIT + 1, 1, &some) == -EMSGSIZE);
	wanted = 4;
	CHECK(stand_until(all_seen));
	kill_recorder();
	start_recorder();
	CHECK(scribe_hear(scribe, &up, span_of(slot, 1)));
	wanted = 8;
	CHECK(stand_until(all_seen));
	for (unsigned int i = 0; i < 8; i++)
		CHECK(shared->seen[i].is_right && shared->seen[i].sequence == i % 4 + 1 &&
		    shared->seen[i].body_sum == (i % 4 == 2 ? 0 : right[i % 4 - (i % 4 == 3)]));

	/* 9 MiB and more are not kept yet: 6 more go, and not another 6 */
	CHECK(write_bodies(LEVEL_HANDED, ENTRY_BLOB_LIMIT, ENTRY_BLOB_LIMIT, &some) == 0);
	CHECK(write_bodies(LEVEL_HANDED, ENTRY_BLOB_LIMIT, ENTRY_BLOB_LIMIT, &some) == -EAGAIN);
	CHECK(write_one(LEVEL_HANDED, NULL, NULL) == 0);
	CHECK(kept(LEVEL_WRITTEN, incarnation(), 2));
	CHECK(write_bodies(LEVEL_HANDED, ENTRY_BLOB_LIMIT, ENTRY_BLOB_LIMIT, &some) == 0);
	CHECK(kept(LEVEL_SYNCED, incarnation(), 7) && scribe_open(scribe) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(write_bodies(LEVEL_HANDED, ENTRY_BLOB_LIMIT, ENTRY_BLOB_LIMIT, &some) == 0);
	end();
}

/* More is sent again than the queue takes at once: all of it goes, in order. */
static void
sends_all_again(void)
{
	static uint8_t much[ENTRY_TEXT_LIMIT];
	struct msg_head up = { .type = MSG_PEER_UP };
	uint8_t body[1] = { SLOT_RECORDER };
	unsigned int sent = 0;
	int error = 0;

	begin(SILENT);
	memset(much, 'x', sizeof(much));
	for (; sent < 300 || !error; sent += !error) {
		struct entry *entry = scribe_begin(scribe, ENTRY_ASK);

		entry_text(entry, KEY_TEXT, span_of(much, sizeof(much)));
		error = scribe_send(scribe, LEVEL_WRITTEN, count_call, NULL, NULL);
		if (sent != 299 || error)
			continue;
		wanted = 300;	/* these the recorder has read, and takes with it */
		CHECK(stand_until(all_seen));
		kill(recorder, SIGSTOP);
	}
	CHECK(error == -EAGAIN && sent > 1000);
	for (int i = 0; i < 10; i++, sent++)	/* what has happened already */
		CHECK(write_one(LEVEL_HANDED, NULL, NULL) == 0);
	kill_recorder();
	shared->manner = KEEPS_ORDER;
	start_recorder();
	CHECK(scribe_hear(scribe, &up, span_of(body, 1)));
	wanted = sent - 10;
	CHECK(stand_until(was_called));
	CHECK(stand_until(none_open));
	CHECK(called == sent - 10);
	end();
}

int
main(void)
{
	share();
	sends_again();
	takes_bodies_along();
	sends_all_again();
	return check_end();
}
