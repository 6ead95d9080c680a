/* Fields of protobuf: what each row is, and no byte beyond; every prefix of a message is no more than its beginning. */
#include "base/protobuf.h"

#include "check.h"

static const struct {
	const char *name;
	struct span in;
	enum protobuf_step step;
	uint32_t number;
	enum protobuf_wire wire;
	uint64_t value;
	size_t n;	/* of its bytes */
	size_t left;
} rows[] = {
	{ "nothing", SPAN(""), PROTOBUF_END, 0, 0, 0, 0, 0 },
	{ "varint", SPAN("\x08\x96\x01"), PROTOBUF_FIELD, 1, PROTOBUF_VARINT, 150, 0, 0 },
	{ "varint, and more", SPAN("\x08\x01\x10"), PROTOBUF_FIELD, 1, PROTOBUF_VARINT, 1, 0, 1 },
	{ "varint, longer than it must be", SPAN("\x08\x81\x80\x00"), PROTOBUF_FIELD, 1, PROTOBUF_VARINT, 1, 0, 0 },
	{ "the largest", SPAN("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), PROTOBUF_FIELD, 1, PROTOBUF_VARINT, UINT64_MAX, 0, 0 },
	{ "beyond 64 bits", SPAN("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "eleven bytes", SPAN("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "varint cut", SPAN("\x08\x96"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "no value", SPAN("\x08"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "number 0", SPAN("\x00\x01"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "the largest number", SPAN("\xf8\xff\xff\xff\x0f\x07"), PROTOBUF_FIELD, 536870911, PROTOBUF_VARINT, 7, 0, 0 },
	{ "a number beyond", SPAN("\xf8\xff\xff\xff\x1f\x07"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "a tag of six bytes", SPAN("\x88\x80\x80\x80\x80\x00\x07"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "fixed64", SPAN("\x09\1\2\3\4\5\6\7\x08"), PROTOBUF_FIELD, 1, PROTOBUF_FIXED64, 0x0807060504030201, 0, 0 },
	{ "fixed64 cut", SPAN("\x09\1\2\3\4\5\6\7"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "fixed32", SPAN("\x0d\1\2\3\4"), PROTOBUF_FIELD, 1, PROTOBUF_FIXED32, 0x04030201, 0, 0 },
	{ "fixed32 cut", SPAN("\x0d\1\2\3"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "bytes", SPAN("\x12\x07testing"), PROTOBUF_FIELD, 2, PROTOBUF_LENGTH, 0, 7, 0 },
	{ "no bytes", SPAN("\x12\x00"), PROTOBUF_FIELD, 2, PROTOBUF_LENGTH, 0, 0, 0 },
	{ "bytes cut", SPAN("\x12\x07testin"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "a length of 64 bits", SPAN("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01test"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "group", SPAN("\x1b\x08\x01\x1c\x08"), PROTOBUF_FIELD, 3, PROTOBUF_GROUP, 0, 2, 1 },
	{ "group in a group", SPAN("\x1b\x23\x24\x1c"), PROTOBUF_FIELD, 3, PROTOBUF_GROUP, 0, 2, 0 },
	{ "group that ends as another", SPAN("\x1b\x24"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "groups that cross", SPAN("\x1b\x23\x1c\x24"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "group without its end", SPAN("\x1b\x08\x01"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "end without its group", SPAN("\x1c"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "wire type 6", SPAN("\x0e\x01"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
	{ "wire type 7", SPAN("\x0f\x01"), PROTOBUF_BAD, 0, 0, 0, 0, 0 },
};

static void
each(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span in = on_cliff(rows[i].in);
		struct protobuf_field field;
		enum protobuf_step step = protobuf_next(&in, &field);

		CHECK_ROW(rows[i].name, step == rows[i].step);
		if (step != PROTOBUF_FIELD) {
			CHECK_ROW(rows[i].name, in.n == rows[i].in.n);
			continue;
		}
		CHECK_ROW(rows[i].name, field.number == rows[i].number && field.wire == rows[i].wire && field.value == rows[i].value);
		CHECK_ROW(rows[i].name, field.bytes.n == rows[i].n && in.n == rows[i].left);
		CHECK_ROW(rows[i].name, field.whole.n == rows[i].in.n - rows[i].left);
	}
}

static void
groups(unsigned int depth, bool right)
{
	struct out out = out_new(1 << 16);
	struct protobuf_field field;
	struct span in;

	for (unsigned int i = 0; i < depth; i++)
		protobuf_put_tag(&out, i + 1, PROTOBUF_GROUP);
	for (unsigned int i = depth; i > 0; i--)
		protobuf_put_tag(&out, i, PROTOBUF_GROUP_END);
	in = on_cliff(out_view(&out));
	CHECK((protobuf_next(&in, &field) == PROTOBUF_FIELD) == right);
	out_free(&out);
}

/* What is written is read again, and each prefix of it holds the fields that end in it. */
static void
prefixes(void)
{
	static const uint64_t numbers[] = { 0, 1, 127, 128, 300, 1u << 31, UINT64_MAX };
	struct out out = out_new(1 << 16);
	size_t ends[2 * COUNT(numbers)], count = 0;

	for (size_t i = 0; i < COUNT(numbers); i++) {
		protobuf_put_tag(&out, (uint32_t)i + 1, PROTOBUF_VARINT);
		protobuf_put_varint(&out, numbers[i]);
		ends[count++] = out.n;
		protobuf_put_bytes(&out, 1000, span_of("0123456789", i));
		ends[count++] = out.n;
	}
	for (size_t n = 0; n <= out.n; n++) {
		struct span in = on_cliff(span_of(out.p, n));
		struct protobuf_field field;
		size_t got = 0, whole = 0;

		while (protobuf_next(&in, &field) == PROTOBUF_FIELD)
			got++;
		while (whole < count && ends[whole] <= n)
			whole++;
		CHECK(got == whole && (in.n == 0) == (n == 0 || ends[whole - (whole > 0)] == n));
	}
	out_free(&out);
}

int
main(void)
{
	each();
	groups(1, true);
	groups(PROTOBUF_DEPTH_MOST, true);
	groups(PROTOBUF_DEPTH_MOST + 1, false);
	groups(1000, false);
	prefixes();
	CHECK(protobuf_zigzag(0) == 0 && protobuf_zigzag(1) == -1 && protobuf_zigzag(2) == 1);
	CHECK(protobuf_zigzag(UINT64_MAX) == INT64_MIN && protobuf_zigzag(UINT64_MAX - 1) == INT64_MAX);
	return check_end();
}
