/*
 * scribe.c: number, send, keep, send again.
 * Entries not yet written stand in a list in the order of their numbers. The
 * recorder says how far it has written and how far it has synced; what is written
 * leaves the list unless somebody waits for synced. While its disk is full nothing is
 * handed over: who would not wait waits until it is written. After the recorder
 * restarted the whole list is sent again: it knows doubles by their numbers. It takes
 * them in order only, so where the queue has no room for the next, none is sent before
 * it, and that goes on when there is room.
 */
#include "entry/scribe.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "msg/post.h"
#include "out.h"
#include "who.h"

#define BOOT_SIZE 16
#define PROCESS_SIZE 24

struct page {
	struct page *after;
	uint64_t sequence;
	enum level level;
	scribe_fn fn;		/* NULL: nobody waits */
	void *arg;
	size_t bodies;		/* bytes of them in the message */
	size_t n;
	uint8_t message[];	/* the body of MSG_ENTRY */
};

struct scribe {
	struct post *post;
	char process[PROCESS_SIZE];
	uint8_t boot[BOOT_SIZE];
	uint64_t incarnation, sequence;
	uint32_t epoch;
	uint8_t policy[32];
	bool has_policy;
	bool is_full;		/* the recorder's disk: what is only handed may be lost */
	struct page *first, **last;
	struct page *unsent;	/* from here on the queue had no room; NULL: all are sent */
	size_t count;
	struct entry entry;	/* being written, and the bodies it names */
	struct span bodies[ENTRY_BLOBS];
	size_t body_count;
	size_t body_bytes;	/* in all pages */
	uint8_t room[ENTRY_LIMIT];
	struct out message;
};

static_assert(ENTRY_LIMIT + ENTRY_BLOBS * (ENTRY_BLOB_LIMIT + 4) + 32 <= MSG_BODY_MAX,
    "an entry and all it can name fit into one message");

static void send_rest(void *);

/* The boot id as 16 bytes; zero where the kernel does not tell. */
static void
read_boot(uint8_t boot[BOOT_SIZE])
{
	char text[64] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	unsigned int byte;
	size_t n = 0;

	memset(boot, 0, BOOT_SIZE);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0)
		for (const char *p = text; *p && n < BOOT_SIZE; p++)
			if (*p != '-' && sscanf(p, "%2x", &byte) == 1) {
				boot[n++] = (uint8_t)byte;
				p++;
			}
	close(fd);
}

int
scribe_new(struct scribe **out, struct post *post, const char *process)
{
	struct scribe *scribe = calloc(1, sizeof(*scribe));

	if (!scribe)
		return -ENOMEM;
	scribe->post = post;
	snprintf(scribe->process, sizeof(scribe->process), "%s", process);
	read_boot(scribe->boot);
	if (getrandom(&scribe->incarnation, sizeof(scribe->incarnation), 0) !=
	    sizeof(scribe->incarnation))
		scribe->incarnation = clock_wall();
	scribe->last = &scribe->first;
	scribe->message = out_new(MSG_BODY_MAX);
	post_on_room(post, SLOT_RECORDER, send_rest, scribe);
	*out = scribe;
	return 0;
}

void
scribe_policy(struct scribe *scribe, uint32_t epoch, const uint8_t digest[32])
{
	scribe->epoch = epoch;
	memcpy(scribe->policy, digest, sizeof(scribe->policy));
	scribe->has_policy = true;
}

struct entry *
scribe_begin(struct scribe *scribe, enum entry_kind kind)
{
	struct entry *entry = &scribe->entry;

	scribe->body_count = 0;
	entry_begin(entry, scribe->room, kind);	/* version and kind */
	entry_text(entry, KEY_PROCESS, span_text(scribe->process));
	entry_uint(entry, KEY_SEQUENCE, scribe->sequence + 1);
	entry_uint(entry, KEY_INCARNATION, scribe->incarnation);
	entry_uint(entry, KEY_WALL, clock_wall());
	entry_uint(entry, KEY_BOOT_TIME, clock_boot());
	entry_bytes(entry, KEY_BOOT, span_of(scribe->boot, BOOT_SIZE));
	if (scribe->has_policy) {
		entry_uint(entry, KEY_EPOCH, scribe->epoch);
		entry_bytes(entry, KEY_POLICY,
		    span_of(scribe->policy, sizeof(scribe->policy)));
	}
	return entry;
}

void
scribe_who(struct entry *entry, const struct who *who, const struct id *flow,
    const struct id *turn)
{
	const struct abi_origin *origin = &who->origin;

	entry_text(entry, KEY_SKILL, span_text(who->skill));
	entry_id(entry, KEY_SESSION, &who->session);
	if (flow)
		entry_id(entry, KEY_FLOW, flow);
	if (turn)
		entry_id(entry, KEY_TURN, turn);
	entry_text(entry, KEY_STARTER, span_text(who->starter));
	entry_uint(entry, KEY_CGROUP, origin->cgroup);
	entry_uint(entry, KEY_PID, origin->pid);
	entry_uint(entry, KEY_PID_START, origin->start);
	entry_uint(entry, KEY_UID, origin->uid);
	entry_text(entry, KEY_COMM,
	    span_of(origin->comm, strnlen(origin->comm, sizeof(origin->comm))));
	entry_uint(entry, KEY_NETNS, origin->netns);
	if (who->is_measured)
		entry_bytes(entry, KEY_SKILL_DIGEST,
		    span_of(who->digest, sizeof(who->digest)));
}

void
scribe_attach(struct scribe *scribe, enum entry_key key,
    const uint8_t digest[ENTRY_DIGEST_SIZE], struct span body)
{
	must(scribe->body_count < ENTRY_BLOBS);
	entry_bytes(&scribe->entry, key, span_of(digest, ENTRY_DIGEST_SIZE));
	if (body.n > ENTRY_BLOB_LIMIT)
		scribe->entry.failed = true;
	scribe->bodies[scribe->body_count++] = body;
}

/* The message of what was begun, which is whole now, as a page. NULL: no memory. */
static struct page *
make_page(struct scribe *scribe, struct span cbor, enum level level)
{
	struct out *message = &scribe->message;
	struct page *page = NULL;
	size_t bodies = 0;

	out_clear(message);
	out_u8(message, (uint8_t)level);
	out_be64(message, scribe->incarnation);
	out_be64(message, scribe->sequence + 1);
	out_block(message, cbor);
	for (size_t i = 0; i < scribe->body_count; i++) {
		out_block(message, scribe->bodies[i]);
		bodies += scribe->bodies[i].n;
	}
	if (!message->failed)
		page = malloc(sizeof(*page) + message->n);
	if (page) {
		*page = (struct page){
			.sequence = scribe->sequence + 1, .level = level,
			.bodies = bodies, .n = message->n,
		};
		memcpy(page->message, message->p, message->n);
	}
	if (bodies)	/* such room is not needed every day */
		out_free(message);
	return page;
}

static int
send_page(struct scribe *scribe, const struct page *page)
{
	return post_send(scribe->post, SLOT_RECORDER, MSG_ENTRY, 0,
	    span_of(page->message, page->n), -1);
}

/* There is room in the queue, or may be. */
static void
send_rest(void *arg)
{
	struct scribe *scribe = arg;

	while (scribe->unsent && send_page(scribe, scribe->unsent) == 0)
		scribe->unsent = scribe->unsent->after;
}

static void
answer(struct page *page)
{
	scribe_fn fn = page->fn;

	page->fn = NULL;
	if (fn)
		fn(page->arg, 0);
}

/* Is there room for what was begun? */
static bool
has_room(const struct scribe *scribe, bool can_wait)
{
	size_t bodies = 0;

	for (size_t i = 0; i < scribe->body_count; i++)
		bodies += scribe->bodies[i].n;
	return scribe->count < (can_wait ? SCRIBE_LIMIT : SCRIBE_MOST) &&
	    (!bodies || scribe->body_bytes + bodies <= SCRIBE_BODY_BYTES);
}

/* Send the page, behind those that come before it. Returns as scribe_send(). */
static int
send_in_turn(struct scribe *scribe, struct page *page, bool can_wait)
{
	int error;

	error = scribe->unsent ? -EAGAIN : send_page(scribe, page);
	if (error == -EAGAIN && !can_wait) {
		/* what has happened is entered, however late */
		if (!scribe->unsent)
			scribe->unsent = page;
		return 0;
	}
	return !error || error == -EMSGSIZE ? error : -EAGAIN;
}

int
scribe_send(struct scribe *scribe, enum level level, scribe_fn fn, void *arg,
    uint64_t *sequence)
{
	struct span cbor;
	struct page *page;
	int error = entry_end(&scribe->entry, &cbor);

	if (error)
		return error;
	if (!has_room(scribe, fn != NULL))
		return -EAGAIN;
	page = make_page(scribe, cbor, level);
	if (!page)
		return -EAGAIN;
	error = send_in_turn(scribe, page, fn != NULL);
	if (error) {
		free(page);
		return error;
	}
	scribe->sequence++;
	if (sequence)
		*sequence = page->sequence;
	*scribe->last = page;
	scribe->last = &page->after;
	scribe->count++;
	scribe->body_bytes += page->bodies;
	page->fn = fn;
	page->arg = arg;
	if (level == LEVEL_HANDED && !scribe->is_full && post_waiting(scribe->post, SLOT_RECORDER) == 0)
		answer(page);
	return 0;
}

void
scribe_forget(struct scribe *scribe, uint64_t sequence)
{
	for (struct page *page = scribe->first; page; page = page->after)
		if (page->sequence == sequence)
			page->fn = NULL;
}

/* Take pages that need no more keeping off the list, then call who waited:
 * a callback may send, and so change the list. */
static void
kept(struct scribe *scribe, enum level level, uint64_t upto)
{
	struct page **at = &scribe->first, *gone = NULL, **end = &gone;

	while (*at && (*at)->sequence <= upto) {
		struct page *page = *at;

		if (page->level > level) {
			at = &page->after;
			continue;
		}
		*at = page->after;
		if (scribe->unsent == page)
			scribe->unsent = page->after;
		page->after = NULL;
		*end = page;
		end = &page->after;
		scribe->count--;
		scribe->body_bytes -= page->bodies;
	}
	for (scribe->last = &scribe->first; *scribe->last;)
		scribe->last = &(*scribe->last)->after;
	while (gone) {
		struct page *page = gone;

		gone = page->after;
		answer(page);
		free(page);
	}
}

bool
scribe_hear(struct scribe *scribe, const struct msg_head *head, struct span body)
{
	uint64_t incarnation, upto;
	uint8_t level, is_full;

	if (head->type == MSG_PEER_UP) {
		scribe->unsent = scribe->first;
		send_rest(scribe);
		return true;
	}
	if (!take_u8(&body, &level) || !take_u8(&body, &is_full) || is_full > 1 || !take_be64(&body, &incarnation) ||
	    !take_be64(&body, &upto) || body.n || level > LEVEL_SYNCED)
		return false;
	scribe->is_full = is_full;
	if (incarnation == scribe->incarnation)
		kept(scribe, (enum level)level, upto);
	return true;
}

size_t
scribe_open(const struct scribe *scribe)
{
	return scribe->count;
}

void
scribe_free(struct scribe **s)
{
	struct scribe *scribe = take(s);

	if (!scribe)
		return;
	post_on_room(scribe->post, SLOT_RECORDER, NULL, NULL);
	while (scribe->first) {
		struct page *page = scribe->first;

		scribe->first = page->after;
		free(page);
	}
	out_free(&scribe->message);
	free(scribe);
}
