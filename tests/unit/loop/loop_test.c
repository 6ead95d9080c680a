/* Timers ring in order; a watch that was removed is not called, not even in its own round. */
#include "loop/loop.h"

#include "base/clock.h"
#include "check.h"

static struct loop *loop;
static int rung[8], count;

struct ring {
	struct timer timer;
	int number;
};

static void
ring(void *arg)
{
	rung[count++] = ((struct ring *)arg)->number;
	if (count == 4)
		loop_stop(loop, 3);
}

static void
timers_ring_in_order(void)
{
	static struct ring rings[5];
	static const unsigned int ms[5] = { 8, 2, 6, 4, 1 };

	for (int i = 0; i < 5; i++) {
		rings[i].number = i;
		CHECK(loop_set(loop, &rings[i].timer, ms[i] * MILLISECOND_NS, ring, &rings[i]) == 0);
	}
	loop_unset(loop, &rings[4].timer);
	loop_unset(loop, &rings[4].timer);
	CHECK(loop_run(loop) == 3);
	CHECK(rung[0] == 1 && rung[1] == 3 && rung[2] == 2 && rung[3] == 0);
}

static struct watch *watches[2];
static int called;

static void
remove_both(void *arg, uint32_t events)
{
	(void)arg, (void)events;
	called++;
	loop_unwatch(loop, &watches[0]);
	loop_unwatch(loop, &watches[1]);
}

static void
done(void *arg)
{
	(void)arg;
	loop_stop(loop, 0);
}

static void
a_removed_watch_is_silent(void)
{
	struct timer timer = { 0 };
	int a[2], b[2];

	CHECK(pipe(a) == 0 && pipe(b) == 0);
	CHECK(write(a[1], "x", 1) == 1 && write(b[1], "x", 1) == 1);
	CHECK(loop_watch(loop, a[0], EPOLLIN, remove_both, NULL, &watches[0]) == 0);
	CHECK(loop_watch(loop, b[0], EPOLLIN, remove_both, NULL, &watches[1]) == 0);
	CHECK(loop_set(loop, &timer, 20 * MILLISECOND_NS, done, NULL) == 0);
	CHECK(loop_run(loop) == 0);
	CHECK(called == 1);
	CHECK(!watches[0] && !watches[1]);
}

static struct timer many[500];
static uint64_t last;
static int right;

static void
later_than_the_last(void *arg)
{
	struct timer *timer = arg;

	right += timer->due >= last;
	last = timer->due;
}

static void
the_heap_holds(void)
{
	struct timer end = { 0 };
	unsigned int x = 12345;

	for (int i = 0; i < 500; i++) {
		x = x * 1103515245 + 12345;
		loop_set(loop, &many[i], x % 10000000, later_than_the_last, &many[i]);
	}
	for (int i = 0; i < 500; i += 3)
		loop_unset(loop, &many[i]);
	loop_set(loop, &end, 20 * MILLISECOND_NS, done, NULL);
	loop_run(loop);
	CHECK(right == 500 - 167);
}

int
main(void)
{
	CHECK(loop_new(&loop) == 0);
	timers_ring_in_order();
	loop_free(&loop);
	CHECK(loop_new(&loop) == 0);
	a_removed_watch_is_silent();
	loop_free(&loop);
	CHECK(loop_new(&loop) == 0);
	the_heap_holds();
	loop_free(&loop);
	CHECK(!loop);
	return check_end();
}
