/* An arena counts what it gives, refuses beyond its limit, and takes pieces back. */
#include "base/arena.h"
#include "check.h"

int
main(void)
{
	struct arena *arena = arena_new(4096);
	void *first, *second, *third;
	struct span copy;

	first = arena_take(arena, 1000);
	second = arena_take(arena, 1000);
	third = arena_take(arena, 1000);
	CHECK(first && second && third);
	CHECK(!arena_take(arena, 2000));
	CHECK(!arena_take(arena, SIZE_MAX));
	arena_give(arena, second);
	arena_give(arena, NULL);
	second = arena_take(arena, 900);
	CHECK(second && ((char *)second)[899] == 0);
	copy = arena_copy(arena, SPAN("kept"));
	CHECK(span_is(copy, "kept") && copy.p[4] == 0);
	arena_clear(arena);
	CHECK(arena_used(arena) == 0);
	CHECK(arena_take(arena, 3000));
	arena_free(&arena);
	CHECK(!arena);
	arena_free(&arena);
	return check_end();
}
