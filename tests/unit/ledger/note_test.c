/* Checkpoints are signed notes that one key signs and only its other half accepts. */
#include "ledger/note.h"

#include <errno.h>

#include "check.h"

/* A verifier key that another program made: the example of Go's sumdb/note. */
static const char example_key[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n";

static struct note_key key, other;
static struct out note;

static void
make(void)
{
	struct secret text = { 0 };
	struct checkpoint checkpoint = { .origin = "interlock.local/a", .size = 12345 };

	memset(checkpoint.root.p, 7, HASH_SIZE);
	CHECK(note_key_make("interlock.local/a", &text) == 0);
	CHECK(note_key_read(secret_view(&text), &key) == 0);
	for (size_t n = 0; n + 1 < text.n; n++) {	/* the newline is not needed */
		struct note_key none = { 0 };

		CHECK(note_key_read(on_cliff(span_head(secret_view(&text), n)),
		    &none) == -EINVAL && none.seed.p == NULL);
	}
	secret_free(&text);
	CHECK(note_key_make("interlock.local/a", &text) == 0);
	CHECK(note_key_read(secret_view(&text), &other) == 0);
	secret_free(&text);
	CHECK(memcmp(key.public, other.public, NOTE_KEY_SIZE) != 0);
	note = out_new(NOTE_LIMIT);
	CHECK(note_sign(&key, &checkpoint, &note) == 0);
}

static void
round_trip(void)
{
	static const char head[] = "interlock.local/a\n12345\n"
	    "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n"
	    "\xe2\x80\x94 interlock.local/a ";
	struct out text = out_new(1024), two = out_new(NOTE_LIMIT);
	struct checkpoint got = { 0 };
	struct note_key verifier = { 0 };

	CHECK(note.n > sizeof(head) && memcmp(note.p, head, sizeof(head) - 1) == 0);
	CHECK(note_read(on_cliff(out_view(&note)), &got) && got.size == 12345);
	CHECK(strcmp(got.origin, "interlock.local/a") == 0 && got.root.p[31] == 7);
	note_key_show(&key, &text);
	CHECK(note_verifier_read(on_cliff(out_view(&text)), &verifier));
	CHECK(verifier.seed.p == NULL);
	CHECK(note_is_signed(on_cliff(out_view(&note)), &verifier));
	CHECK(!note_is_signed(out_view(&note), &other));
	/* a witness' line beside ours is not ours to judge */
	out_span(&two, out_view(&note));
	out_printf(&two, "\xe2\x80\x94 witness.example/w AAAAAAAA\n");
	CHECK(note_is_signed(on_cliff(out_view(&two)), &verifier));
	out_free(&text);
	out_free(&two);
}

static void
every_change(void)
{
	struct checkpoint got;

	for (size_t n = 0; n < note.n; n++) {
		(void)note_read(on_cliff(span_head(out_view(&note), n)), &got);
		CHECK(!note_is_signed(on_cliff(span_head(out_view(&note), n)), &key));
	}
	for (size_t i = 0; i < note.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			note.p[i] ^= (uint8_t)(1 << bit);
			CHECK(!note_is_signed(out_view(&note), &key));
			note.p[i] ^= (uint8_t)(1 << bit);
		}
	CHECK(note_is_signed(out_view(&note), &key));
}

static void
bad_notes(void)
{
	static const char *const rows[] = {
		"", "\n", "\n\n", "a\n1\n\n", "a\nx\nAAAA\n\n",
		"a b\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n",
		"a\n01\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n",
		"a\n-1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n",
		"a\n99999999999999999999\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n",
		"a\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwd=\n\n",
		"a\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw==\n\n",
		"a\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\nmore\n\n",
	};
	struct checkpoint got;

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i], !note_read(on_cliff(span_text(rows[i])), &got));
}

/* A verifier key made by another program is read, and shown, byte by byte the same. */
static void
foreign_key(void)
{
	struct out text = out_new(1024);
	struct note_key foreign;

	CHECK(note_verifier_read(SPAN(example_key), &foreign));
	CHECK(strcmp(foreign.name, "PeterNeumann") == 0);
	note_key_show(&foreign, &text);
	CHECK(span_is(out_view(&text), example_key));
	out_free(&text);
}

int
main(void)
{
	make();
	round_trip();
	every_change();
	bad_notes();
	foreign_key();
	out_free(&note);
	note_key_wipe(&key);
	note_key_wipe(&other);
	return check_end();
}
