/*
 * writer.h: a writer and its recorder, which is a child behind a real channel and
 * notes in shared memory what it was sent.
 */
#ifndef ENTRY_WRITER_H
#define ENTRY_WRITER_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../stand.h"
#include "entry/scribe.h"

#define SEEN_MOST 20000
#define WRITER "worker/0"

enum recorder_manner { SILENT, SAYS_WRITTEN, SAYS_SYNCED, KEEPS_ORDER };

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

__attribute__((unused)) static int ends[2];		/* the writer's, the recorder's */
__attribute__((unused)) static pid_t recorder;
__attribute__((unused)) static struct scribe *scribe;
__attribute__((unused)) static unsigned int called, wanted;
__attribute__((unused)) static void *called_with;

/* ---- the recorder ------------------------------------------------------ */

__attribute__((unused)) static uint32_t
sum(struct span in)
{
	uint32_t s = 0;

	for (size_t i = 0; i < in.n; i++)
		s = s * 31 + in.p[i];
	return s;
}

__attribute__((unused)) static void
say_kept(unsigned int to, uint8_t level, const struct seen *seen)
{
	struct out body = out_new(18);

	out_u8(&body, level);
	out_u8(&body, 0);
	out_be64(&body, seen->incarnation);
	out_be64(&body, seen->sequence);
	post_send(post, to, MSG_KEPT, 0, out_view(&body), -1);
	out_free(&body);
}

__attribute__((unused)) static bool
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
	if (shared->manner == KEEPS_ORDER) {	/* as the real one: the next, or nothing */
		static struct seen last;

		if (seen->sequence == last.sequence + 1)
			last = *seen;
		if (last.sequence)
			say_kept(from, LEVEL_WRITTEN, &last);
	} else if (shared->manner != SILENT)
		say_kept(from, shared->manner == SAYS_SYNCED ? LEVEL_SYNCED : LEVEL_WRITTEN,
		    seen);
	shared->count++;
	return true;
}

__attribute__((unused)) static void
start_recorder(void)
{
	recorder = fork();
	if (recorder)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	stand_as(SLOT_RECORDER, SLOT_WORKER, ends[1], record);
	_exit(loop_run(loop));
}

__attribute__((unused)) static void
kill_recorder(void)
{
	kill(recorder, SIGKILL);
	waitpid(recorder, NULL, 0);
}

/* ---- the writer --------------------------------------------------------- */

__attribute__((unused)) static bool
hear(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	(void)arg, (void)fd;
	return from == SLOT_RECORDER && head->type == MSG_KEPT &&
	    scribe_hear(scribe, head, body);
}

__attribute__((unused)) static void
count_call(void *arg, int status)
{
	called++;
	called_with = arg;
	CHECK(status == 0);
}

__attribute__((unused)) static int
write_one(enum level level, scribe_fn fn, uint64_t *sequence)
{
	struct entry *entry = scribe_begin(scribe, ENTRY_ALARM);

	entry_text(entry, KEY_DETAIL, SPAN("a detail"));
	return scribe_send(scribe, level, fn, &called, sequence);
}

static bool disk_is_full;	/* says the recorder */

/* MSG_KEPT as if it had come. */
__attribute__((unused)) static bool
kept(uint8_t level, uint64_t incarnation, uint64_t upto)
{
	struct msg_head head = { .type = MSG_KEPT };
	struct out body = out_new(32);
	bool right;

	out_u8(&body, level);
	out_u8(&body, disk_is_full);
	out_be64(&body, incarnation);
	out_be64(&body, upto);
	right = scribe_hear(scribe, &head, on_cliff(out_view(&body)));
	out_free(&body);
	return right;
}

__attribute__((unused)) static bool
all_seen(void)
{
	return shared->count >= wanted;
}

__attribute__((unused)) static bool
was_called(void)
{
	return called >= wanted;
}

__attribute__((unused)) static bool
none_open(void)
{
	return scribe_open(scribe) == 0;
}

__attribute__((unused)) static uint64_t
incarnation(void)
{
	return shared->seen[0].incarnation;
}

/* A fresh writer with a fresh recorder. */
__attribute__((unused)) static void
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

__attribute__((unused)) static void
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

__attribute__((unused)) static void
share(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		_exit(9);
}

#endif
