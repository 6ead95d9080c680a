/*
 * Questions as clients send them and as nobody should: every prefix, every byte turned
 * into another; answers read back by c-ares.
 */
#include "names/message.h"

#include <ares.h>
#include <ares_nameser.h>
#include <netinet/in.h>

#include "check.h"
#include "out.h"

#define HEAD(flags, questions, others) "\x12\x34" flags "\0" questions "\0\0\0\0\0" others
#define ASKED(type) "\2db\4shop\7example\0\0" type "\0\1"
#define OPTIONS(room, version) "\0\0\x29" room "\0" version "\0\0\0\0"

static const struct {
	const char *name;
	struct span in;
	unsigned int code;
	const char *asked;
	uint16_t type, room;
} rows[] = {
	{ "plain", SPAN(HEAD("\1\0", "\1", "\0") ASKED("\1")), CODE_GOOD, "db.shop.example", 1, 512 },
	{ "IPv6", SPAN(HEAD("\1\0", "\1", "\0") ASKED("\x1c")), CODE_GOOD, "db.shop.example", 28, 512 },
	{ "with options", SPAN(HEAD("\1\x20", "\1", "\1") ASKED("\1") OPTIONS("\4\xb0", "\0")), CODE_GOOD, "db.shop.example", 1, 1200 },
	{ "much room", SPAN(HEAD("\1\0", "\1", "\1") ASKED("\1") OPTIONS("\xff\xff", "\0")), CODE_GOOD, "db.shop.example", 1, 1232 },
	{ "little room", SPAN(HEAD("\1\0", "\1", "\1") ASKED("\1") OPTIONS("\0\0", "\0")), CODE_GOOD, "db.shop.example", 1, 512 },
	{ "a cookie", SPAN(HEAD("\1\0", "\1", "\1") ASKED("\1") "\0\0\x29\4\xb0\0\0\0\0\0\x0c" "\0\x0a\0\x08" "12345678"), CODE_GOOD, "db.shop.example", 1, 1200 },
	{ "in capitals", SPAN(HEAD("\1\0", "\1", "\0") "\2dB\4ShOp\0\0\1\0\1"), CODE_GOOD, "db.shop", 1, 512 },
	{ "odd bytes", SPAN(HEAD("\1\0", "\1", "\0") "\4a.\0\xff\0\0\1\0\1"), CODE_GOOD, "a\\.\\000\\255", 1, 512 },
	{ "the root", SPAN(HEAD("\1\0", "\1", "\0") "\0\0\2\0\1"), CODE_GOOD, "", 2, 512 },
	{ "another version", SPAN(HEAD("\1\0", "\1", "\1") ASKED("\1") OPTIONS("\4\xb0", "\1")), CODE_VERSION, "db.shop.example", 1, 1200 },
	{ "another class", SPAN(HEAD("\1\0", "\1", "\0") "\1a\0\0\1\0\3"), CODE_REFUSED, "a", 1, 512 },
	{ "an answer", SPAN(HEAD("\x81\0", "\1", "\0") ASKED("\1")), CODE_SILENCE, "", 0, 512 },
	{ "a status", SPAN(HEAD("\x11\0", "\1", "\0") ASKED("\1")), CODE_NOT_DONE, "", 0, 512 },
	{ "an update", SPAN(HEAD("\x28\0", "\1", "\0") ASKED("\6")), CODE_NOT_DONE, "", 0, 512 },
	{ "two questions", SPAN(HEAD("\1\0", "\2", "\0") ASKED("\1") ASKED("\1")), CODE_FORMAT, "", 0, 512 },
	{ "no question", SPAN(HEAD("\1\0", "\0", "\0")), CODE_FORMAT, "", 0, 512 },
	{ "something after it", SPAN(HEAD("\1\0", "\1", "\0") ASKED("\1") "x"), CODE_FORMAT, "db.shop.example", 1, 512 },
	{ "no options", SPAN(HEAD("\1\0", "\1", "\1") ASKED("\1")), CODE_FORMAT, "db.shop.example", 1, 512 },
	{ "a record that is no option", SPAN(HEAD("\1\0", "\1", "\1") ASKED("\1") "\0\0\1\0\1\0\0\0\0\0\0"), CODE_FORMAT, "db.shop.example", 1, 512 },
	{ "options with a name", SPAN(HEAD("\1\0", "\1", "\1") ASKED("\1") "\1a\0\0\x29\4\xb0\0\0\0\0\0\0"), CODE_FORMAT, "db.shop.example", 1, 512 },
	{ "options too long", SPAN(HEAD("\1\0", "\1", "\1") ASKED("\1") "\0\0\x29\4\xb0\0\0\0\0\0\1"), CODE_FORMAT, "db.shop.example", 1, 512 },
	{ "a pointer", SPAN(HEAD("\1\0", "\1", "\0") "\2db\xc0\x0c\0\1\0\1"), CODE_FORMAT, "", 0, 512 },
	{ "a pointer alone", SPAN(HEAD("\1\0", "\1", "\0") "\xc0\x0c\0\1\0\1"), CODE_FORMAT, "", 0, 512 },
	{ "a label of another kind", SPAN(HEAD("\1\0", "\1", "\0") "\x42" "db\0\0\1\0\1"), CODE_FORMAT, "", 0, 512 },
	{ "a name without end", SPAN(HEAD("\1\0", "\1", "\0") "\5db"), CODE_FORMAT, "", 0, 512 },
};

static void
check_row(size_t i)
{
	struct span in = on_cliff(rows[i].in);
	struct question q;

	CHECK_ROW(rows[i].name, message_read(in, &q) == rows[i].code);
	CHECK_ROW(rows[i].name, strcmp(q.name, rows[i].asked) == 0);
	CHECK_ROW(rows[i].name, q.room == rows[i].room);
	if (rows[i].code == CODE_GOOD)
		CHECK_ROW(rows[i].name, q.id == 0x1234 && q.type == rows[i].type);
	for (size_t n = 0; n < in.n; n++) {
		unsigned int code = message_read(on_cliff(span_head(in, n)), &q);

		CHECK_ROW(rows[i].name, rows[i].code != CODE_GOOD || code != CODE_GOOD);
		CHECK_ROW(rows[i].name, n >= 12 || code == CODE_SILENCE);
	}
}

/* Whatever byte is another: no crash, and what is answered can be written. */
static void
check_turned(size_t i)
{
	uint8_t copy[300];

	memcpy(copy, rows[i].in.p, rows[i].in.n);
	for (size_t at = 0; at < rows[i].in.n; at++)
		for (unsigned int byte = 0; byte < 256; byte++) {
			struct out out = out_new(MESSAGE_UDP);
			struct question q;
			unsigned int code;

			copy[at] = (uint8_t)byte;
			code = message_read(span_of(copy, rows[i].in.n), &q);
			if (code != CODE_SILENCE)
				message_write(&out, &q, code, NULL, q.room);
			CHECK_ROW(rows[i].name, !out.failed && (code == CODE_SILENCE) == (out.n == 0));
			out_free(&out);
			copy[at] = rows[i].in.p[at];
		}
}

static void
check_longest(void)
{
	struct out in = out_new(1024);
	struct question q;

	out_bytes(&in, HEAD("\1\0", "\1", "\0"), 12);
	for (int i = 0; i < 4; i++) {
		out_u8(&in, i == 3 ? 61 : 63);
		for (int j = 0; j < (i == 3 ? 61 : 63); j++)
			out_u8(&in, 1);	/* each is written \001 */
	}
	out_bytes(&in, "\0\0\1\0\1", 5);
	CHECK(message_read(on_cliff(out_view(&in)), &q) == CODE_GOOD && strlen(q.name) == 250 * 4 + 3);
	in.p[12 + 3 * 64] = 62;	/* one more than a name may be long */
	CHECK(message_read(on_cliff(out_view(&in)), &q) == CODE_FORMAT);
	out_free(&in);
}

static const uint8_t four[2][16] = {
	{ [10] = 0xff, [11] = 0xff, 10, 0, 0, 5 }, { [10] = 0xff, [11] = 0xff, 10, 0, 0, 6 },
};
static const uint8_t six[1][16] = { { 0xfd, [15] = 7 } };

/* What c-ares makes of an answer. */
static void
check_answer(void)
{
	struct message_answer two = { four, 2, 77 }, one = { six, 1, 5 };
	struct ares_addrttl a[4];
	struct ares_addr6ttl aaaa[4];
	struct out out = out_new(MESSAGE_UDP);
	struct question q;
	int count = 4;

	CHECK(message_read(rows[2].in, &q) == CODE_GOOD);
	message_write(&out, &q, CODE_GOOD, &two, q.room);
	CHECK(ares_parse_a_reply(out.p, (int)out.n, NULL, a, &count) == ARES_SUCCESS && count == 2);
	CHECK(memcmp(&a[1].ipaddr, "\x0a\0\0\6", 4) == 0 && a[0].ttl == 77);
	CHECK(out.p[2] == 0x81 && out.p[3] == 0x80 && out.p[11] == 1);
	out_clear(&out);
	CHECK(message_read(rows[1].in, &q) == CODE_GOOD);
	message_write(&out, &q, CODE_GOOD, &one, q.room);
	count = 4;
	CHECK(ares_parse_aaaa_reply(out.p, (int)out.n, NULL, aaaa, &count) == ARES_SUCCESS && count == 1);
	CHECK(memcmp(&aaaa[0].ip6addr, six[0], 16) == 0 && aaaa[0].ttl == 5);
	out_clear(&out);
	message_write(&out, &q, CODE_NO_NAME, NULL, q.room);
	count = 4;
	CHECK(ares_parse_aaaa_reply(out.p, (int)out.n, NULL, aaaa, &count) == ARES_ENODATA);
	CHECK((out.p[3] & 0xf) == CODE_NO_NAME && out.n == 12 + q.asked.n);
	out_clear(&out);
	CHECK(message_read(rows[9].in, &q) == CODE_VERSION);
	message_write(&out, &q, CODE_VERSION, NULL, q.room);
	CHECK((out.p[3] & 0xf) == 0 && out.p[out.n - 6] == 1);	/* the upper bits */
	out_free(&out);
}

/* No room: none of it, and TC, so that the client asks by TCP. */
static void
check_cut(void)
{
	struct message_answer two = { four, 2, 77 };
	struct out out = out_new(MESSAGE_UDP);
	struct question q;
	size_t whole;

	CHECK(message_read(rows[0].in, &q) == CODE_GOOD);
	message_write(&out, &q, CODE_GOOD, &two, MESSAGE_LEAST);
	whole = out.n;
	out_clear(&out);
	message_write(&out, &q, CODE_GOOD, &two, whole);
	CHECK(out.n == whole && !(out.p[2] & 2));
	out_clear(&out);
	message_write(&out, &q, CODE_GOOD, &two, whole - 1);
	CHECK(out.n == 12 + q.asked.n && out.p[2] & 2 && out.p[7] == 0);
	out_free(&out);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_row(i);
		check_turned(i);
	}
	check_longest();
	check_answer();
	check_cut();
	return check_end();
}
