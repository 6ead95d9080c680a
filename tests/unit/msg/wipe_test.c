/*
 * A message leaves nothing behind: neither in a packet that waited, sent or dropped,
 * nor where it was received, nor in a buffer that grew. Every block that is freed is
 * looked at just before.
 */
#include <stdlib.h>

#include "msg/post_own.h"
#include "../stand.h"

/* Of AddressSanitizer's allocator; their header is not packaged everywhere. */
size_t __sanitizer_get_allocated_size(const volatile void *);
int __sanitizer_install_malloc_and_free_hooks(
    void (*made)(const volatile void *, size_t), void (*freed)(const volatile void *));

#define MARK "pencil, which nobody may find"

static unsigned int found, blocks;
static unsigned int heard;

static void
look(const volatile void *block)
{
	size_t n = __sanitizer_get_allocated_size(block);

	blocks++;
	found += memmem((const void *)(uintptr_t)block, n, MARK, sizeof(MARK) - 1) != NULL;
}

static void
made(const volatile void *block, size_t n)
{
	(void)block, (void)n;
}

static bool
hear(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	(void)arg, (void)from, (void)head, (void)fd;
	heard += memmem(body.p, body.n, MARK, sizeof(MARK) - 1) != NULL;
	return true;
}

static bool
is_heard(void)
{
	return heard == 3;
}

/* The looking finds what is there. */
static void
looking(void)
{
	char *block = malloc(4096);

	memset(block, 'x', 4096);
	memcpy(block + 1000, MARK, sizeof(MARK));
	found = 0;
	__asm__ volatile("" : : "r"(block) : "memory");	/* or it would not be written */
	free(block);
	CHECK(found == 1);
}

static void
sent(void)
{
	char text[4096];
	struct msg_head head;
	struct span body;
	int pair[2];

	memset(text, 'x', sizeof(text));
	memcpy(text + 3000, MARK, sizeof(MARK));
	stand_channel(pair);
	stand_as(SLOT_KEEPER, SLOT_WORKER, pair[0], hear);
	found = blocks = 0;
	while (post_waiting(post, SLOT_WORKER) < 10 * sizeof(text))
		CHECK(post_send(post, SLOT_WORKER, MSG_PROOF_IS, 1, span_of(text, sizeof(text)), -1) == 0);
	for (int i = 0; i < 5; i++)
		CHECK(stand_read(pair[1], &head, &body));
	post_flush(&post->peers[SLOT_WORKER]);
	CHECK(blocks > 0);		/* some went out, the others are dropped */
	CHECK(post_waiting(post, SLOT_WORKER) > 0);
	post_free(&post);
	loop_free(&loop);
	CHECK(found == 0);
	close(pair[0]);
	close(pair[1]);
}

static void
received(void)
{
	struct {
		struct msg_head head;
		char text[2000];
	} message;
	int pair[2];

	memset(&message, 'x', sizeof(message));
	memcpy(message.text + 500, MARK, sizeof(MARK));
	stand_channel(pair);
	stand_as(SLOT_WORKER, SLOT_KEEPER, pair[0], hear);
	message.head = (struct msg_head){ .version = MSG_VERSION, .type = MSG_PROOF_IS,
		.length = sizeof(message.text), .build = post->build };
	heard = 0;
	for (int i = 0; i < 3; i++)
		CHECK(send(pair[1], &message, sizeof(message), 0) == sizeof(message));
	CHECK(stand_until(is_heard));
	CHECK(!memmem(post->places, sizeof(post->places), MARK, sizeof(MARK) - 1));
	found = 0;
	post_free(&post);
	loop_free(&loop);
	CHECK(found == 0);
	close(pair[0]);
	close(pair[1]);
}

static void
grown(void)
{
	struct out out = out_new(1 << 20);

	found = 0;
	out_span(&out, SPAN(MARK));
	for (int i = 0; i < 1000; i++)
		out_span(&out, SPAN("and so it grows and grows"));
	CHECK(!out.failed && memmem(out.p, out.n, MARK, sizeof(MARK) - 1) == out.p);
	out_free(&out);
	CHECK(found == 0);
}

int
main(void)
{
	CHECK(__sanitizer_install_malloc_and_free_hooks(made, look) > 0);
	looking();
	sent();
	received();
	grown();
	return check_end();
}
