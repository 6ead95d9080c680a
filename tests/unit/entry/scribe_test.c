/*
 * Entries are numbered without a gap, kept until they are written, called back once
 * and at the right level, and bounded.
 */
#include "writer.h"

/* ---- what is tested ------------------------------------------------------ */

static void
numbers(void)
{
	static const uint8_t digest[32] = { 1 };
	uint64_t sequence = 0;

	begin(SILENT);
	for (unsigned int i = 1; i <= 3; i++) {
		CHECK(write_one(LEVEL_HANDED, count_call, &sequence) == 0);
		CHECK(sequence == i && called == i);	/* in the queue: at once */
	}
	CHECK(called_with == &called);
	scribe_policy(scribe, 7, digest);
	CHECK(write_one(LEVEL_WRITTEN, NULL, NULL) == 0);
	wanted = 4;
	CHECK(stand_until(all_seen));
	for (unsigned int i = 0; i < 4; i++) {
		CHECK(shared->seen[i].is_right);
		CHECK(shared->seen[i].sequence == i + 1);
		CHECK(shared->seen[i].incarnation == incarnation());
		CHECK(shared->seen[i].level == (i < 3 ? LEVEL_HANDED : LEVEL_WRITTEN));
	}
	CHECK(scribe_open(scribe) == 4);

	/* what is no entry takes no number */
	{
		struct entry *entry = scribe_begin(scribe, ENTRY_ALARM);

		entry_text(entry, KEY_DETAIL, SPAN("x"));
		entry_text(entry, KEY_NAME, SPAN("x"));
		CHECK(scribe_send(scribe, LEVEL_WRITTEN, count_call, NULL, NULL) == -EINVAL);
		entry = scribe_begin(scribe, ENTRY_ALARM);
		for (size_t i = 0; i < 5; i++) {
			static const enum entry_key keys[] = { KEY_SKILL_DIGEST, KEY_TEXT_DIGEST,
				KEY_ANSWER_DIGEST, KEY_DIGEST, KEY_TEXT_BLOB };
			static uint8_t much[ENTRY_TEXT_LIMIT];

			memset(much, 'x', sizeof(much));
			entry_bytes(entry, keys[i], span_of(much, sizeof(much)));
		}
		CHECK(scribe_send(scribe, LEVEL_WRITTEN, count_call, NULL, NULL) == -EMSGSIZE);
	}
	CHECK(called == 3 && scribe_open(scribe) == 4);
	CHECK(write_one(LEVEL_HANDED, NULL, &sequence) == 0 && sequence == 5);
	end();
}

static void
levels(void)
{
	uint64_t s[6];

	begin(SILENT);
	CHECK(write_one(LEVEL_HANDED, NULL, &s[0]) == 0);
	CHECK(write_one(LEVEL_WRITTEN, count_call, &s[1]) == 0);
	CHECK(write_one(LEVEL_SYNCED, count_call, &s[2]) == 0);
	CHECK(write_one(LEVEL_WRITTEN, count_call, &s[3]) == 0);
	CHECK(write_one(LEVEL_SYNCED, count_call, &s[4]) == 0);
	CHECK(write_one(LEVEL_WRITTEN, count_call, &s[5]) == 0);
	wanted = 6;
	CHECK(stand_until(all_seen));
	CHECK(called == 0 && scribe_open(scribe) == 6);
	CHECK(kept(LEVEL_WRITTEN, incarnation() + 1, s[5]));	/* another run's */
	CHECK(called == 0 && scribe_open(scribe) == 6);
	CHECK(kept(LEVEL_WRITTEN, incarnation(), s[0]));
	CHECK(called == 0 && scribe_open(scribe) == 5);
	CHECK(kept(LEVEL_WRITTEN, incarnation(), s[3]));	/* all up to there */
	CHECK(called == 2 && scribe_open(scribe) == 3);
	CHECK(kept(LEVEL_WRITTEN, incarnation(), s[3]));	/* said twice */
	CHECK(called == 2 && scribe_open(scribe) == 3);
	CHECK(kept(LEVEL_SYNCED, incarnation(), s[2]));
	CHECK(called == 3 && scribe_open(scribe) == 2);
	CHECK(kept(LEVEL_SYNCED, incarnation(), s[5]));		/* synced is written too */
	CHECK(called == 5 && scribe_open(scribe) == 0);
	CHECK(kept(LEVEL_SYNCED, incarnation(), UINT64_MAX));
	CHECK(called == 5);

	/* the list is whole after its end was taken off */
	CHECK(write_one(LEVEL_SYNCED, count_call, &s[0]) == 0);
	CHECK(write_one(LEVEL_WRITTEN, count_call, &s[1]) == 0);
	CHECK(kept(LEVEL_WRITTEN, incarnation(), s[1]));
	CHECK(called == 6 && scribe_open(scribe) == 1);
	CHECK(write_one(LEVEL_WRITTEN, count_call, &s[2]) == 0 && s[2] == s[1] + 1);
	CHECK(scribe_open(scribe) == 2);
	CHECK(kept(LEVEL_SYNCED, incarnation(), s[2]));
	CHECK(called == 8 && scribe_open(scribe) == 0);
	end();
}

/* The same through the channel, by a recorder that answers. */
static void
round_trip(void)
{
	begin(SAYS_WRITTEN);
	CHECK(write_one(LEVEL_WRITTEN, count_call, NULL) == 0);
	CHECK(write_one(LEVEL_SYNCED, count_call, NULL) == 0);
	CHECK(called == 0);
	wanted = 1;
	CHECK(stand_until(was_called));
	wanted = 2;
	CHECK(stand_until(all_seen));
	CHECK(called == 1 && scribe_open(scribe) == 1);
	shared->manner = SAYS_SYNCED;
	CHECK(write_one(LEVEL_SYNCED, count_call, NULL) == 0);
	wanted = 3;
	CHECK(stand_until(was_called));
	CHECK(scribe_open(scribe) == 0);
	end();
}

static void
forgets(void)
{
	uint64_t s[2];

	begin(SILENT);
	CHECK(write_one(LEVEL_WRITTEN, count_call, &s[0]) == 0);
	CHECK(write_one(LEVEL_WRITTEN, count_call, &s[1]) == 0);
	scribe_forget(scribe, s[0]);
	scribe_forget(scribe, 99);
	CHECK(scribe_open(scribe) == 2);	/* the entry itself stays */
	wanted = 2;
	CHECK(stand_until(all_seen));
	CHECK(kept(LEVEL_WRITTEN, incarnation(), s[1]));
	CHECK(called == 1 && scribe_open(scribe) == 0);
	end();
}

static void
is_bounded(void)
{
	uint64_t sequence = 0;
	int error = 0;

	begin(SILENT);
	for (unsigned int i = 0; i < SCRIBE_LIMIT && !error; i++)
		error = write_one(LEVEL_WRITTEN, NULL, &sequence);
	CHECK(error == 0 && sequence == SCRIBE_LIMIT);
	CHECK(write_one(LEVEL_HANDED, count_call, &sequence) == -EAGAIN);
	CHECK(called == 0 && sequence == SCRIBE_LIMIT);
	CHECK(scribe_open(scribe) == SCRIBE_LIMIT);
	wanted = SCRIBE_LIMIT;
	CHECK(stand_until(all_seen));
	CHECK(kept(LEVEL_WRITTEN, incarnation(), 1));
	CHECK(write_one(LEVEL_HANDED, count_call, &sequence) == 0);
	CHECK(called == 1 && sequence == SCRIBE_LIMIT + 1);
	CHECK(write_one(LEVEL_HANDED, count_call, &sequence) == -EAGAIN);
	end();
}

static void
wrong_bodies(void)
{
	struct msg_head head = { .type = MSG_KEPT };
	struct out body = out_new(32);

	begin(SILENT);
	CHECK(write_one(LEVEL_WRITTEN, count_call, NULL) == 0);
	wanted = 1;
	CHECK(stand_until(all_seen));
	out_u8(&body, LEVEL_SYNCED);
	out_u8(&body, 0);
	out_be64(&body, incarnation());
	out_be64(&body, 1);
	for (size_t n = 0; n < body.n; n++)
		CHECK(!scribe_hear(scribe, &head, on_cliff(span_head(out_view(&body), n))));
	out_u8(&body, 0);
	CHECK(!scribe_hear(scribe, &head, on_cliff(out_view(&body))));
	CHECK(!kept(LEVEL_SYNCED + 1, incarnation(), 1));
	CHECK(!kept(255, incarnation(), 1));
	CHECK(called == 0 && scribe_open(scribe) == 1);
	out_free(&body);
	end();
}

/* ---- callbacks that do something ------------------------------------------ */

static unsigned int depth;

static void
send_more(void *arg, int status)
{
	uint64_t before = *(uint64_t *)arg, sequence = 0;

	called++;
	CHECK(status == 0);
	if (depth++ == 4)
		return;
	CHECK(scribe_begin(scribe, ENTRY_ALARM) != NULL);
	CHECK(scribe_send(scribe, depth % 2 ? LEVEL_WRITTEN : LEVEL_HANDED, send_more,
	    arg, &sequence) == 0);
	CHECK(sequence > before);
}

static void
from_inside(void)
{
	static uint64_t first;

	begin(SAYS_WRITTEN);
	depth = 0;
	scribe_begin(scribe, ENTRY_ALARM);
	CHECK(scribe_send(scribe, LEVEL_WRITTEN, send_more, &first, NULL) == 0);
	scribe_begin(scribe, ENTRY_ALARM);
	CHECK(scribe_send(scribe, LEVEL_WRITTEN, count_call, &called, NULL) == 0);
	wanted = 6;
	CHECK(stand_until(was_called));
	CHECK(depth == 5 && called == 6);
	wanted = 6;
	CHECK(stand_until(all_seen));
	for (unsigned int i = 0; i < shared->count; i++)
		CHECK(shared->seen[i].is_right && shared->seen[i].sequence == i + 1);
	end();
}

/* ---- a channel that is full, or is not there --------------------------------- */

static void
waits_for_room(void)
{
	static uint8_t much[ENTRY_TEXT_LIMIT];
	unsigned int sent = 0;

	begin(SAYS_WRITTEN);
	memset(much, 'x', sizeof(much));
	kill(recorder, SIGSTOP);
	while (called == sent && sent < 4000) {
		struct entry *entry = scribe_begin(scribe, ENTRY_ASK);

		entry_text(entry, KEY_TEXT, span_of(much, sizeof(much)));
		CHECK(scribe_send(scribe, LEVEL_HANDED, count_call, NULL, NULL) == 0);
		sent++;
	}
	/* the last is not in the recorder's queue yet, so it is not handed */
	CHECK(called == sent - 1 && post_waiting(post, SLOT_RECORDER) > 0);
	kill(recorder, SIGCONT);
	wanted = sent;
	CHECK(stand_until(was_called));
	CHECK(called == sent);
	end();
}

static void
nobody_there(void)
{
	uint64_t sequence = 77;

	called = 0;
	stand_as(SLOT_WORKER, SLOT_RECORDER, -1, hear);
	CHECK(scribe_new(&scribe, post, WRITER) == 0);
	CHECK(write_one(LEVEL_HANDED, count_call, &sequence) == -EAGAIN);
	CHECK(called == 0 && sequence == 77 && scribe_open(scribe) == 0);
	scribe_free(&scribe);
	scribe_free(&scribe);
	post_free(&post);
	loop_free(&loop);
}

int
main(void)
{
	share();
	numbers();
	levels();
	round_trip();
	forgets();
	is_bounded();
	wrong_bodies();
	from_inside();
	waits_for_room();
	nobody_there();
	return check_end();
}
