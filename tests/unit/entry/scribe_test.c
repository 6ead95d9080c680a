/*
 * A writer and its recorder, a child behind a real channel. Entries are numbered
 * without a gap, kept until they are written, called back once and at the right
 * level, and sent again, the same bytes, to a recorder that was started anew.
 */
#include "entry/scribe.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../stand.h"

#define SEEN_MOST 20000
#define WRITER "worker/0"

enum recorder_manner { SILENT, SAYS_WRITTEN, SAYS_SYNCED };

struct seen {
	uint64_t incarnation, sequence;
	uint32_t sum, body_sum;
	uint8_t level;
	bool is_right;
};

/* What both processes see. */
static struct shared {
	volatile enum recorder_manner manner;
	volatile unsigned int count;
	struct seen seen[SEEN_MOST];
} *shared;

static int ends[2];		/* the writer's, the recorder's */
static pid_t recorder;
static struct scribe *scribe;
static unsigned int called, wanted;
static void *called_with;

/* ---- the recorder ------------------------------------------------------ */

static uint32_t
sum(struct span in)
{
	uint32_t s = 0;

	for (size_t i = 0; i < in.n; i++)
		s = s * 31 + in.p[i];
	return s;
}

static void
say_kept(unsigned int to, uint8_t level, const struct seen *seen)
{
	struct out body = out_new(17);

	out_u8(&body, level);
	out_be64(&body, seen->incarnation);
	out_be64(&body, seen->sequence);
	post_send(post, to, MSG_KEPT, 0, out_view(&body), -1);
	out_free(&body);
}

static bool
record(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	struct seen *seen = &shared->seen[shared->count];
	uint64_t own = 0, run = 0;
	struct span cbor, process, rest;

	(void)arg, (void)fd;
	if (head->type != MSG_ENTRY || shared->count == SEEN_MOST)
		_exit(8);
	seen->is_right = take_u8(&body, &seen->level) &&
	    take_be64(&body, &seen->incarnation) && take_be64(&body, &seen->sequence) &&
	    take_block(&body, &cbor) && entry_is_valid(cbor) &&
	    entry_get_uint(cbor, KEY_SEQUENCE, &own) && own == seen->sequence &&
	    entry_get_uint(cbor, KEY_INCARNATION, &run) && run == seen->incarnation &&
	    entry_get_text(cbor, KEY_PROCESS, &process) && span_is(process, WRITER);
	seen->sum = sum(cbor);
	seen->body_sum = 0;
	while (take_block(&body, &rest))
		seen->body_sum = seen->body_sum * 7 + sum(rest);
	seen->is_right &= body.n == 0;
	if (shared->manner != SILENT)
		say_kept(from, shared->manner == SAYS_SYNCED ? LEVEL_SYNCED : LEVEL_WRITTEN,
		    seen);
	shared->count++;
	return true;
}

static void
start_recorder(void)
{
	recorder = fork();
	if (recorder)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	stand_as(SLOT_RECORDER, SLOT_WORKER, ends[1], record);
	_exit(loop_run(loop));
}

static void
kill_recorder(void)
{
	kill(recorder, SIGKILL);
	waitpid(recorder, NULL, 0);
}

/* ---- the writer --------------------------------------------------------- */

static bool
hear(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	(void)arg, (void)fd;
	return from == SLOT_RECORDER && head->type == MSG_KEPT &&
	    scribe_hear(scribe, head, body);
}

static void
count_call(void *arg, int status)
{
	called++;
	called_with = arg;
	CHECK(status == 0);
}

static int
write_one(enum level level, scribe_fn fn, uint64_t *sequence)
{
	struct entry *entry = scribe_begin(scribe, ENTRY_ALARM);

	entry_text(entry, KEY_DETAIL, SPAN("a detail"));
	return scribe_send(scribe, level, fn, &called, sequence);
}

/* MSG_KEPT as if it had come. */
static bool
kept(uint8_t level, uint64_t incarnation, uint64_t upto)
{
	struct msg_head head = { .type = MSG_KEPT };
	struct out body = out_new(32);
	bool right;

	out_u8(&body, level);
	out_be64(&body, incarnation);
	out_be64(&body, upto);
	right = scribe_hear(scribe, &head, on_cliff(out_view(&body)));
	out_free(&body);
	return right;
}

static bool
all_seen(void)
{
	return shared->count >= wanted;
}

static bool
was_called(void)
{
	return called >= wanted;
}

static uint64_t
incarnation(void)
{
	return shared->seen[0].incarnation;
}

/* A fresh writer with a fresh recorder. */
static void
begin(enum recorder_manner manner)
{
	memset(shared, 0, sizeof(*shared));
	shared->manner = manner;
	called = wanted = 0;
	called_with = NULL;
	stand_channel(ends);
	start_recorder();
	stand_as(SLOT_WORKER, SLOT_RECORDER, ends[0], hear);
	CHECK(scribe_new(&scribe, post, WRITER) == 0);
}

static void
end(void)
{
	kill_recorder();
	scribe_free(&scribe);
	post_free(&post);
	loop_free(&loop);
	close(ends[0]);
	close(ends[1]);
	CHECK(!scribe);
}

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
		for (unsigned int key = KEY_TEXT; key < KEY_TEXT + 5; key++) {
			static uint8_t much[ENTRY_TEXT_LIMIT];

			memset(much, 'x', sizeof(much));
			entry_bytes(entry, (enum entry_key)key, span_of(much, sizeof(much)));
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
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	numbers();
	levels();
	round_trip();
	sends_again();
	forgets();
	is_bounded();
	takes_bodies_along();
	wrong_bodies();
	from_inside();
	waits_for_room();
	nobody_there();
	return check_end();
}
