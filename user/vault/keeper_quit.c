/*
 * keeper_quit.c: an end that breaks no login.
 * The next keeper knows nothing of a dialogue that has begun, so this one finishes those; who would begin
 * one is put off (EAGAIN) and asks again. A dialogue whose flow has ended never ends by itself: after two
 * seconds nobody is waited for. So with a token that is being fetched: a new refresh token may come with it.
 */
#include "base/clock.h"
#include "base/must.h"
#include "loop/loop.h"
#include "vault/dialogue.h"
#include "vault/keeper.h"
#include "vault/token.h"

#define LOOK_NS (5 * MILLISECOND_NS)
#define MOST_NS (2 * SECOND_NS)

static void
look(void *arg)
{
	struct keeper *keeper = arg;

	if ((dialogues_open(keeper->dialogues) == 0 && !tokens_fetching(keeper->tokens)) || clock_mono() > keeper->quit_until)
		loop_stop(keeper->loop, 0);
	else
		must(loop_set(keeper->loop, &keeper->quit, LOOK_NS, look, keeper) == 0);
}

void
keeper_quit(void *arg)
{
	struct keeper *keeper = arg;

	keeper->is_quitting = true;
	keeper->quit_until = clock_mono() + MOST_NS;
	look(keeper);
}
