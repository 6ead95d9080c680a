/* rewrite_test.c: other bytes for some fields, and lengths that fit them. */
#include "wire/pg/play.h"

static const struct {
	const char *name;
	const char *ask, *head;
	const char *row, *expected;
} rows[] = {
	{ "row", ">Q 'x'\n", "<T %3" COLUMN("a") COLUMN("b") COLUMN("c") "\n",
	  "<D %3 $\"secret\" - $\"open\"\n", "<D %3 $\"***\" - $\"open\"\n" },
	{ "error", ">Q 'x'\n", "<N #0\n", "<E \"S\" 'ERROR' \"M\" 'secret' \"D\" 'open' #0\n",
	  "<E \"S\" 'ERROR' \"M\" '***' \"D\" 'open' #0\n" },
	{ "notification", "", "<N #0\n", "<A @7 'channel' 'secret'\n", "<A @7 'channel' '***'\n" },
	{ "function", ">F @1 %0 %0 %0\n", "<N #0\n", "<V $\"secret\"\n", "<V $\"***\"\n" },
	{ "copy", ">Q 'COPY t TO STDOUT'\n", "<H #0 %3 %0 %0 %0\n",
	  "<d \"\\x61b\" #9 \"secret\" #9 \"\\N\" #10\n", "<d \"\\x61b\" #9 \"***\" #9 \"\\N\" #10\n" },
	{ "copy, NULL of its own", ">Q 'COPY t TO STDOUT NULL'\n", "<H #0 %2 %0 %0\n",
	  "<d \"nix\" #9 \"secret\" #10\n", "<d \"nix\" #9 \"***\" #10\n" },
	{ "csv", ">Q 'COPY t TO STDOUT CSV'\n", "<H #0 %3 %0 %0 %0\n", "<d \"a,secret,\" #34 \"b,c\" #34 #10\n",
	  "<d \"a,***,\" #34 \"b,c\" #34 #10\n" },
	{ "csv, quoted", ">Q 'COPY t TO STDOUT CSV'\n", "<H #0 %2 %0 %0\n", "<d #34 \"secret\" #34 \",\" #34 #34 #10\n",
	  "<d #34 \"***\" #34 \",\" #34 #34 #10\n" },
	{ "binary", ">Q 'COPY t TO STDOUT BINARY'\n", "<H #1 %2 %1 %1\n",
	  "<d \"PGCOPY\" #10 #255 #13 #10 #0 @0 @0 %2 $\"secret\" -\n",
	  "<d \"PGCOPY\" #10 #255 #13 #10 #0 @0 @0 %2 $\"***\" -\n" },
	{ "opaque", ">Q 'COPY t TO STDOUT OPAQUE'\n", "<H #0 %3 %0 %0 %0\n", "<d \"secret\"\n", "<d \"***\"\n" },
};

static void
test_edits(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct relay r = { .masks = "secret" };

		play_login(&r);
		play(&r, rows[i].ask);
		play(&r, rows[i].head);
		out_clear(&r.to[WIRE_CLIENT]);
		play(&r, rows[i].row);
		CHECK_ROW(rows[i].name, wrote(&r, WIRE_CLIENT, rows[i].expected));
		CHECK_ROW(rows[i].name, !r.is_bad);
		relay_close(&r);
	}
}

/* Values that must be escaped, a NULL made of a value, and a NUL in a text. */
static void
test_awkward(void)
{
	struct wire_field fields[2] = { { .bytes = SPAN("a\tb\\c\nd") }, { .is_null = true } };
	struct wire_field text = { .bytes = SPAN("cut\0here"), .code = 'M' };
	struct relay r = { 0 };
	struct wire_event event;

	play_login(&r);
	play(&r, ">Q 'COPY t TO STDOUT'\n<H #0 %2 %0 %0\n");
	out_clear(&r.to[WIRE_CLIENT]);
	CHECK(r.codec->next(r.state, WIRE_SERVER, SPAN("d\0\0\0\x8x\ty\n"), r.to, &event) == WIRE_UNIT);
	r.codec->rewrite(r.state, SPAN("d\0\0\0\x8x\ty\n"), fields, 2, r.to);
	CHECK(wrote(&r, WIRE_CLIENT, "<d \"a\\tb\\\\c\\nd\" #9 \"\\N\" #10\n"));
	r.codec->rewrite(r.state, SPAN("N\0\0\0\x8Mx\0\0"), &text, 1, r.to);
	CHECK(wrote(&r, WIRE_CLIENT, "<N \"M\" 'cut' #0\n"));
	relay_close(&r);
}

/* Malformed answers of a server. */
static void
test_bad(void)
{
	static const char *const bad[] = {
		"<T %1 'a' @1\n", "<T %0 #0\n", "<T %2000\n", "<D %1 @5 \"abc\"\n", "<D %0 #0\n", "<D %2 -\n",
		"<C \"no end\"\n", "<C 'a' 'b'\n", "<Z \"X\"\n", "<Z \"II\"\n", "<I #0\n", "<1\n", "<2\n", "<3\n", "<s\n",
		"<t %0\n", "<n\n", "<V -\n", "<d \"x\"\n", "<c\n", "<R @0\n", "<K @1 @2\n", "<E \"M\" 'x'\n",
		"<E \"M\" 'x' #0 #0\n", "<A @1 'x'\n", "<H #0 %2 %0\n", "<v @1 @0\n", "<x\n", "<T ~2000000\n",
		"<T %1" COLUMN("a") "\n<D %2 - -\n", "<H #0 %0\n<D %0\n",
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct relay r = { 0 };

		play_login(&r);
		play(&r, ">Q 'x'\n");
		play(&r, bad[i]);
		CHECK_ROW(bad[i], r.is_bad);
		relay_close(&r);
	}
}

/* Settings follow what the server says, and are bounded. */
static void
test_settings(void)
{
	struct relay r = { 0 };
	char text[64];

	play_login(&r);
	play(&r, "<S 'TimeZone' 'UTC'\n<S 'TimeZone' 'GMT'\n");
	CHECK(span_is(r.codec->setting(r.state, "TimeZone"), "GMT"));
	play(&r, "<S 'TimeZone' ~5000 #0\n");
	CHECK(r.codec->setting(r.state, "TimeZone").n == 0);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "<S 'name%d' 'value'\n", i);
		play(&r, text);
	}
	CHECK(span_is(r.codec->setting(r.state, "name3"), "value"));
	CHECK(r.codec->setting(r.state, "name99").n == 0);
	CHECK(!r.is_bad);
	relay_close(&r);
}

/* Too much unanswered: first there is no room, then it is bad. */
static void
test_room(void)
{
	struct relay r = { .ignores_room = true };
	bool had_room = true;
	int i;

	play_login(&r);
	for (i = 0; i < 20000 && !r.is_bad; i++) {
		if (i < 8192)
			had_room &= r.codec->has_room(r.state);
		relay_feed(&r, WIRE_CLIENT, SPAN("S\0\0\0\4"));
	}
	CHECK(had_room && !r.codec->has_room(r.state) && r.is_bad && i > 16000 && i <= 16385);
	relay_close(&r);
}

/* How the first column of a row is shown: its type, and whether it was told of this execution. */
static bool
row_shows(struct relay *r, const char *row, uint32_t type, bool is_promised, bool is_binary)
{
	struct out room = out_new(4096);
	struct wire_event event = { 0 };
	const struct wire_column *column;
	struct step step;
	bool is_right = session_steps(row, &step, 1, &room) == 1 &&
	    r->codec->next(r->state, WIRE_SERVER, step.bytes, r->to, &event) == WIRE_UNIT &&
	    event.kind == UNIT_ROW && event.row.count == 1;

	column = event.row.columns;
	if (is_right)
		is_right = column->type == type && column->is_promised == is_promised &&
		    column->is_binary == is_binary;
	relay_feed(r, WIRE_SERVER, step.bytes);
	out_free(&room);
	return is_right;
}

/* Drivers describe once, the portal or the statement, and execute often. */
static void
test_promises(void)
{
	static const char *const described[] = { ">D \"P\" #0\n", ">D \"S\" 's'\n" };

	for (size_t i = 0; i < COUNT(described); i++) {
		struct relay r = { 0 };

		play_login(&r);
		play(&r, ">P 's' 'select a' %0\n>B #0 's' %0 %0 %0\n");
		play(&r, described[i]);
		play(&r, ">E #0 @0\n>S\n<1\n<2\n");
		play(&r, i ? "<t %0\n" : "");
		play(&r, "<T %1 'a' @16405 %4 @1184 %8 @0 %0\n");
		CHECK(row_shows(&r, "<D %1 $\"x\"\n", 1184, i == 1, false));
		play(&r, "<C 'SELECT 1'\n<Z \"I\"\n");
		/* again, in binary, and undescribed */
		play(&r, ">B #0 's' %0 %0 %1 %1\n>E #0 @0\n>S\n<2\n");
		CHECK(row_shows(&r, "<D %1 $\"12345678\"\n", 1184, true, true));
		play(&r, "<C 'SELECT 1'\n<Z \"I\"\n");
		/* with other columns than were told, nothing is known of them */
		play(&r, ">B #0 's' %0 %0 %0\n>E #0 @0\n>S\n<2\n<D %2 $\"a\" $\"b\"\n<C 'SELECT 1'\n<Z \"I\"\n");
		CHECK(!r.is_bad);
		relay_close(&r);
	}
}

int
main(void)
{
	test_edits();
	test_promises();
	test_awkward();
	test_bad();
	test_settings();
	test_room();
	return check_end();
}
