/* gRPC's content types, frames at every prefix, and the text of grpc-message there and back. */
#include "base/grpc.h"

#include "check.h"

static const struct {
	const char *text;
	enum grpc_type type;
} types[] = {
	{ "application/grpc", GRPC_PLAIN }, { "Application/GRPC+Proto", GRPC_PLAIN }, { "application/grpc;charset=utf-8", GRPC_PLAIN },
	{ "application/grpc+proto ; a=b", GRPC_PLAIN }, { "application/grpc-web", GRPC_WEB }, { "application/grpc-web+proto", GRPC_WEB },
	{ "application/grpc-web-text", GRPC_WEB_TEXT }, { "application/grpc-web-text+proto;x", GRPC_WEB_TEXT },
	{ "application/grpc+json", GRPC_OTHER }, { "application/grpc-web+thrift", GRPC_OTHER }, { "application/grpc-other", GRPC_OTHER },
	{ "application/grpc+protox", GRPC_OTHER }, { "application/grpcs", GRPC_NONE }, { "application/json", GRPC_NONE }, { "", GRPC_NONE },
	{ "application/grp", GRPC_NONE },
};

static const struct {
	const char *name;
	struct span in;
	enum grpc_step step;
	uint8_t flags;
	size_t n, left;
} frames[] = {
	{ "nothing", SPAN(""), GRPC_MORE, 0, 0, 0 },
	{ "empty", SPAN("\0\0\0\0\0"), GRPC_FRAME, 0, 0, 0 },
	{ "message", SPAN("\0\0\0\0\3abcd"), GRPC_FRAME, 0, 3, 1 },
	{ "folded", SPAN("\1\0\0\0\1a"), GRPC_FRAME, 1, 1, 0 },
	{ "trailers", SPAN("\x80\0\0\0\1a"), GRPC_FRAME, 0x80, 1, 0 },
	{ "other flags", SPAN("\2"), GRPC_BAD, 0, 0, 0 },
	{ "prefix cut", SPAN("\0\0\0\0"), GRPC_MORE, 0, 0, 0 },
	{ "message cut", SPAN("\0\0\0\0\3ab"), GRPC_MORE, 0, 0, 0 },
	{ "too long", SPAN("\0\0\0\1\0"), GRPC_BAD, 0, 0, 0 },
	{ "as long as can be said", SPAN("\0\xff\xff\xff\xff"), GRPC_BAD, 0, 0, 0 },
};

static const struct {
	const char *text, *written;
} texts[] = {
	{ "", "" }, { "no such card: 4111", "no such card: 4111" }, { "100%", "100%25" }, { "s\xc3\xbc\xc3\x9f", "s%C3%BC%C3%9F" },
	{ "a\r\nb", "a%0D%0Ab" }, { " a ", "%20a%20" },
};

static bool
is(struct out *out, const char *text)
{
	bool same = span_is(out_view(out), text);

	out_free(out);
	return same;
}

int
main(void)
{
	struct out out;

	for (size_t i = 0; i < COUNT(types); i++)
		CHECK_ROW(types[i].text, grpc_type_of(on_cliff(span_text(types[i].text))) == types[i].type);
	for (size_t i = 0; i < COUNT(frames); i++) {
		struct span in = on_cliff(frames[i].in);
		struct grpc_frame frame = { 0 };

		CHECK_ROW(frames[i].name, grpc_next(&in, 255, &frame) == frames[i].step);
		CHECK_ROW(frames[i].name, frame.flags == frames[i].flags && frame.message.n == frames[i].n);
		CHECK_ROW(frames[i].name, frames[i].step != GRPC_FRAME || in.n == frames[i].left);
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		out = out_new(1000);
		grpc_text_write(span_text(texts[i].text), &out);
		CHECK_ROW(texts[i].text, is(&out, texts[i].written));
		out = out_new(1000);
		grpc_text_read(on_cliff(span_text(texts[i].written)), &out);
		CHECK_ROW(texts[i].text, is(&out, texts[i].text));
	}
	out = out_new(1000);
	grpc_text_read(on_cliff(SPAN("%4%zz%41%")), &out);
	CHECK(is(&out, "%4%zzA%"));
	out = out_new(1000);
	grpc_put(&out, 1, SPAN("ab"));
	CHECK(span_equal(out_view(&out), SPAN("\1\0\0\0\2ab")));
	out_free(&out);
	return check_end();
}
