/* swap.c: the words of swap.h, sent. A policy process that is away asks nobody. */
#include "msg/swap.h"

#include "msg.h"
#include "msg/post.h"
#include "out.h"

void
swap_say_taken(struct post *post, uint32_t epoch, int error)
{
	struct out body = out_new(8);

	out_be32(&body, epoch);
	out_be32(&body, (uint32_t)-error);
	(void)post_send(post, SLOT_POLICY, MSG_VIEW_TAKEN, 0, out_view(&body), -1);
	out_free(&body);
}

void
swap_say_done(struct post *post, uint32_t epoch)
{
	struct out body = out_new(4);

	out_be32(&body, epoch);
	(void)post_send(post, SLOT_POLICY, MSG_VIEW_SWAPPED, 0, out_view(&body), -1);
	out_free(&body);
}
