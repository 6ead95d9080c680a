/* Secrets in answers: in every form, in every cutting; what is nearly one passes; what is found is written over. */
#include "inject/echo.h"

#include <errno.h>
#include <openssl/evp.h>

#include "check.h"
#include "out.h"

#define SECRET "s3cr3t+T0k/en~x"

static struct inject_marks *
marks_of(const char *secret)
{
	struct inject_marks *marks = NULL;

	CHECK(inject_marks_new(&marks) == 0);
	CHECK(inject_marks_add(marks, span_text(secret)) == 0);
	return marks;
}

/* A stream in pieces of `cut` bytes (0: all at once), into `room`. */
static uint64_t
run(struct inject_marks *marks, struct span in, size_t cut, struct out *room, uint64_t *first)
{
	struct inject_echo *echo = NULL;
	uint64_t hits;

	out_clear(room);
	CHECK(inject_echo_new(&echo, marks) == 0);
	for (size_t at = 0; cut && at + cut < in.n; at += cut)
		CHECK(inject_echo_put(echo, span_of(in.p + at, cut), false, room));
	CHECK(inject_echo_put(echo, cut ? span_skip(in, (in.n - !!in.n) / cut * cut) : in, true, room));
	hits = inject_echo_hits(echo);
	*first = inject_echo_first(echo);
	inject_echo_free(&echo);
	return hits;
}

static const struct {
	const char *name, *in, *out;	/* out NULL: as it came in */
	uint64_t hits;
} rows[] = {
	{ "nothing", "", NULL, 0 },
	{ "other text", "{\"a\": \"some text\"}", NULL, 0 },
	{ "itself", SECRET, "***************", 1 },
	{ "within", "a=" SECRET "&b", "a=***************&b", 1 },
	{ "twice", SECRET SECRET, "******************************", 2 },
	{ "nearly", "s3cr3t+T0k/en~y s3cr3t+T0k/en~", NULL, 0 },
	{ "begun before it begins", "s3cr3t+T0" SECRET, "s3cr3t+T0***************", 1 },
	{ "percent", "x=s3cr3t%2BT0k%2Fen~x.", "x=*******************.", 1 },
	{ "percent in small letters, and more of it", "x=s3cr3t%2bT0k%2fen%7ex.", "x=*********************.", 1 },
	{ "percent from the first", "%73%33cr3t+T0k/en~x", "*******************", 1 },
	{ "percent of another", "s3cr3t%2AT0k%2Fen~x", NULL, 0 },
	{ "JSON", "\"s3cr3t+T0k\\/en~x\"", "\"****************\"", 1 },
	{ "JSON by number", "\"\\u0073\\u0033cr3t\\u002bT0k\\u002Fen~x\"", "\"***********************************\"", 1 },
	{ "script", "'s3cr3t\\x2bT0k/en~x'", "'******************'", 1 },
	{ "HTML", "<p>s3cr3t&#43;T0k&#x2F;en~x</p>", "<p>************************</p>", 1 },
	{ "HTML with zeros", "s3cr3t&#0043;T0k&#x002f;en~x", "****************************", 1 },
	{ "escapes cut short", "s3cr3t%2", NULL, 0 },
	{ "escapes cut short: a number", "s3cr3t&#4", NULL, 0 },
	{ "escapes of nothing", "%zz \\u00g0 \\q &#; &#x; &nbsp; &am &", NULL, 0 },
	{ "hex", "0x7333637233742b54306b2f656e7e78!", "0x******************************!", 1 },
	{ "hex in capitals", "7333637233742B54306B2F656E7E78", "******************************", 1 },
};

static void
check_rows(void)
{
	struct inject_marks *marks = marks_of(SECRET);
	struct out room = out_new(4096);
	uint64_t first;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span in = span_text(rows[i].in);

		for (size_t cut = 0; cut <= in.n; cut++) {
			CHECK_ROW(rows[i].name, run(marks, on_cliff(in), cut, &room, &first) == rows[i].hits);
			CHECK_ROW(rows[i].name, span_is(out_view(&room), rows[i].out ? rows[i].out : rows[i].in));
			if (rows[i].hits)
				CHECK_ROW(rows[i].name, first == strcspn(rows[i].out, "*"));
		}
		CHECK_ROW(rows[i].name, inject_marks_in(marks, on_cliff(in)) == (rows[i].hits > 0));
	}
	out_free(&room);
	inject_marks_free(&marks);
}

/* Base 64 by another's code, of the secret within others' text at each place of three. */
static void
check_base64(void)
{
	struct inject_marks *marks = marks_of(SECRET);
	struct out room = out_new(4096);
	char plain[128], text[256];
	uint64_t first;

	for (int before = 0; before < 7; before++)
		for (int behind = 0; behind < 4; behind++)
			for (int url = 0; url < 2; url++) {
				int n = snprintf(plain, sizeof(plain), "%.*s" SECRET "%.*s", before, "user:??", behind, "\xff\xfe\xff");
				EVP_EncodeBlock((uint8_t *)text, (uint8_t *)plain, n);
				for (char *p = text; url && *p; p++)
					*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
				CHECK_ROW(text, run(marks, span_text(text), 0, &room, &first) == 1);
				CHECK_ROW(text, inject_marks_in(marks, on_cliff(span_text(text))));
				CHECK_ROW(text, room.n == strlen(text));
				out_u8(&room, 0);
				CHECK_ROW(text, strspn((char *)room.p + first, "*") >= 16);
				/* and that in a form */
				char form[512] = "";
				for (char *p = text; *p; p++)
					snprintf(form + strlen(form), sizeof(form) - strlen(form), strchr("+/=", *p) ? "%%%02X" : "%c", *p);
				CHECK_ROW(form, run(marks, span_text(form), 5, &room, &first) == 1);
			}
	out_free(&room);
	inject_marks_free(&marks);
}

/* What passes is what came, but for what is found, whatever the cutting: against a search that is plain. */
static void
check_random(void)
{
	struct inject_marks *marks = marks_of("aabaabaa");
	struct out room = out_new(1 << 16), expected = out_new(1 << 16);
	uint64_t first;

	srandom(20261127);
	for (int round = 0; round < 2000; round++) {
		uint8_t text[64];
		size_t n = (size_t)random() % sizeof(text), at = 0;
		uint64_t hits = 0;

		for (size_t i = 0; i < n; i++)
			text[i] = "aaab"[random() % 4];
		out_clear(&expected);
		while (at < n) {
			bool hit = n - at >= 8 && !memcmp(text + at, "aabaabaa", 8);

			out_bytes(&expected, hit ? (const void *)"********" : text + at, hit ? 8 : 1);
			at += hit ? 8 : 1;
			hits += hit;
		}
		for (size_t cut = 0; cut < 9; cut++) {
			CHECK(run(marks, span_of(text, n), cut, &room, &first) == hits);
			CHECK(span_equal(out_view(&room), out_view(&expected)));
		}
	}
	out_free(&room);
	out_free(&expected);
	inject_marks_free(&marks);
}

/* Nothing that could be the beginning is let through before it is known. */
static void
check_keeping(void)
{
	struct inject_marks *marks = marks_of(SECRET);
	struct inject_echo *echo = NULL;
	struct out room = out_new(4096);

	CHECK(inject_echo_new(&echo, marks) == 0);
	CHECK(inject_echo_put(echo, SPAN("x s3cr3t%2"), false, &room) && span_is(out_view(&room), "x "));
	CHECK(inject_echo_put(echo, SPAN(""), false, &room) && span_is(out_view(&room), "x "));
	CHECK(inject_echo_put(echo, SPAN("BT"), false, &room) && span_is(out_view(&room), "x "));
	CHECK(inject_echo_put(echo, SPAN("1 and on"), false, &room) && span_is(out_view(&room), "x s3cr3t%2BT1 and on"));
	CHECK(inject_echo_hits(echo) == 0);
	/* a secret that comes to be looked for in the middle of a stream */
	CHECK(inject_marks_add(marks, SPAN("another-one")) == 0);
	CHECK(inject_echo_put(echo, SPAN(" another-one"), true, &room) && inject_echo_hits(echo) == 1);
	CHECK(inject_echo_first(echo) == 21);
	inject_echo_free(&echo);
	/* a stream that outlives whoever made the marks */
	struct inject_marks *others = marks_of(SECRET);
	CHECK(inject_echo_new(&echo, others) == 0);
	inject_marks_free(&others);
	CHECK(!others && inject_echo_put(echo, SPAN(SECRET), true, &room) && inject_echo_hits(echo) == 1);
	inject_echo_free(&echo);
	/* no room for what goes on */
	out_free(&room);
	room = out_new(4);
	CHECK(inject_echo_new(&echo, marks) == 0);
	CHECK(!inject_echo_put(echo, SPAN("0123456789"), false, &room));
	inject_echo_free(&echo);
	out_free(&room);
	inject_marks_free(&marks);
}

static void
check_limits(void)
{
	struct inject_marks *marks = NULL;
	struct out room = out_new(1 << 20);
	char secret[32], large[12289];
	uint64_t first;
	int r = 0;
	size_t n = 0;

	CHECK(inject_marks_new(&marks) == 0);
	/* what is too short would be found everywhere */
	CHECK(inject_marks_add(marks, SPAN("hunter2")) == 0 && inject_marks_add(marks, SPAN("")) == 0);
	CHECK(!inject_marks_in(marks, SPAN("hunter2")) && run(marks, SPAN("hunter2"), 0, &room, &first) == 0);
	/* twice the same is once */
	for (size_t i = 0; i < 3 * INJECT_ECHO_SECRETS; i++)
		CHECK(inject_marks_add(marks, SPAN(SECRET)) == 0);
	while (!r && n < 10 * INJECT_ECHO_SECRETS) {
		snprintf(secret, sizeof(secret), "secret-%zu-of-many", n++);
		r = inject_marks_add(marks, span_text(secret));
	}
	CHECK(r == -E2BIG && n >= INJECT_ECHO_SECRETS);
	CHECK(inject_marks_in(marks, SPAN(SECRET)) && inject_marks_in(marks, SPAN("secret-7-of-many")));
	inject_marks_free(&marks);
	/* the largest secret there is, every byte escaped */
	memset(large, 'x', sizeof(large) - 1);
	for (size_t i = 0; i + 1 < sizeof(large); i++)
		large[i] = (char)('!' + (i * 7 + i / 90) % 90);
	large[sizeof(large) - 1] = '\0';
	marks = marks_of(large);
	struct out escaped = out_new(1 << 18);
	for (size_t i = 0; large[i]; i++)
		out_printf(&escaped, "\\u%04x", (unsigned int)large[i]);
	CHECK(run(marks, out_view(&escaped), 1000, &room, &first) == 1 && first == 0 && room.n == escaped.n);
	out_free(&escaped);
	out_free(&room);
	inject_marks_free(&marks);
	inject_marks_free(&marks);
}

int
main(void)
{
	check_rows();
	check_base64();
	check_random();
	check_keeping();
	check_limits();
	return check_end();
}
