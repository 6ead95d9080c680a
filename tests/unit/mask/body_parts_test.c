/* Bodies made of parts leave as they came but for what masks hide in each, however they are cut. */
#include "mask/body_inside.h"

#include "check.h"

#include "body_sample.h"

#define ALL BIT(B_ALL)
#define X "[redacted]"
#define CUT "--cut\r\n"
#define NEXT "\r\n--cut\r\n"
#define END "\r\n--cut--\r\n"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_OF(type) "Content-Disposition: form-data; name=\"f\"; filename=\"f.x\"\r\nContent-Type: " type "\r\n\r\n"

static const struct body_row kept[] = {
	{ ALL, SPAN("--cut--\r\n"), SAME, 0 },
	{ ALL, SPAN("--cut--"), SAME, 0 },
	{ ALL, SPAN(CUT FIELD("a") "1" NEXT FIELD("b") "" NEXT FILE_OF("text/csv") "a,b\r\n1,2\r\n" END), SAME, 0 },
	{ ALL, SPAN(CUT FIELD("a") "\r\n-\r\n--\r\n--cu\r\n--cu\r\nt" END), SAME, 0 },
	{ ALL, SPAN(CUT FIELD("a") "4111" NEXT FIELD("b") "111111111111" END), SAME, 0 },
	{ ALL, SPAN(CUT FILE_OF("image/png") END), SAME, 0 },
	{ ALL, SPAN(CUT "content-type:text/plain\r\ncontent-disposition:FORM-DATA;name=a;filename=b\r\nX-Y:z\r\n\r\nq" END), SAME, 0 },
};

static const struct body_row hidden[] = {
	{ ALL, SPAN(CUT FIELD("a") "my " CARD END), SPAN(CUT FIELD("a") "my " X END), 1 },
	{ ALL, SPAN(CUT FIELD("a") CARD NEXT FIELD("b") CARD END), SPAN(CUT FIELD("a") X NEXT FIELD("b") X END), 2 },
	{ ALL, SPAN(CUT FIELD("a") "{\"c\":\"" CARD "\"}" END), SPAN(CUT FIELD("a") "{\"c\":\"" X "\"}" END), 1 },
	{ ALL, SPAN(CUT FILE_OF("application/json; charset=utf-8") "{\"c\":\"\\u0034111111111111111\"}" END),
	    SPAN(CUT FILE_OF("application/json; charset=utf-8") "{\"c\":\"" X "\"}" END), 1 },
	{ ALL, SPAN(CUT FILE_OF("text/csv") "n,c\r\na," CARD "\r\n" END), SPAN(CUT FILE_OF("text/csv") "n,c\r\na," X "\r\n" END), 1 },
	{ ALL, SPAN(CUT FILE_OF("application/x-www-form-urlencoded") "c=4111+1111+1111+1111" END),
	    SPAN(CUT FILE_OF("application/x-www-form-urlencoded") "c=%5Bredacted%5D" END), 1 },
	{ ALL, SPAN(CUT FILE_OF("text/plain") "to " CARD " and\nx@y.org" END), SPAN(CUT FILE_OF("text/plain") "to " X " and\n" X END), 2 },
	/* heads */
	{ ALL, SPAN(CUT FIELD(CARD) "1" END), SPAN(CUT FIELD(X) "1" END), 1 },
	{ ALL, SPAN(CUT "Content-Disposition: form-data; name=\"a\"; filename=\"" CARD ".txt\"\r\nContent-Type: text/plain\r\nX: x@y.org\r\n\r\n1" END),
	    SPAN(CUT "Content-Disposition: form-data; name=\"a\"; filename=\"" X ".txt\"\r\nContent-Type: text/plain\r\nX: " X "\r\n\r\n1" END), 2 },
	{ ALL, SPAN(CUT "Content-Length: 16\r\n" FIELD("a") CARD END), SPAN(CUT FIELD("a") X END), 1 },
	/* by name */
	{ BIT(B_SSN), SPAN(CUT FIELD("customer[ssn]") "12" NEXT FIELD("ssn") "34" END), SPAN(CUT FIELD("customer[ssn]") X NEXT FIELD("ssn") "34" END), 1 },
	{ BIT(B_SSN), SPAN(CUT FIELD("c") "{\"customer\":{\"ssn\":1}}" END), SPAN(CUT FIELD("c") "{\"customer\":{\"ssn\":1}}" END), 0 },
	{ BIT(B_SSN), SPAN(CUT FILE_OF("application/json") "{\"customer\":{\"ssn\":1}}" END),
	    SPAN(CUT FILE_OF("application/json") "{\"customer\":{\"ssn\":\"" X "\"}}" END), 1 },
	{ BIT(B_NULL), SPAN(CUT FIELD("id") "7" END), SPAN(CUT FIELD("id") "" END), 1 },
	{ BIT(B_NULL), SPAN(CUT "Content-Disposition: form-data; name=who; filename=x\r\nContent-Type: image/png\r\n\r\n\x89PNG" END),
	    SPAN(CUT "Content-Disposition: form-data; name=who; filename=x\r\nContent-Type: text/plain\r\n\r\n" END), 1 },
	{ BIT(B_PARTIAL), SPAN(CUT FIELD("id") "abcdefgh" END), SPAN(CUT FIELD("id") "****efgh" END), 1 },
};

static const struct body_row refused[] = {
	{ ALL, SPAN(""), REFUSED, 0 },
	{ ALL, SPAN("\r\n" CUT FIELD("a") "1" END), REFUSED, 0 },
	{ ALL, SPAN("hello\r\n" CUT FIELD("a") "1" END), REFUSED, 0 },
	{ ALL, SPAN("--cut\n" FIELD("a") "1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT FIELD("a") "1"), REFUSED, 0 },
	{ ALL, SPAN(CUT FIELD("a") "1\r\n--cut"), REFUSED, 0 },
	{ ALL, SPAN(CUT FIELD("a") "1\r\n--cut-"), REFUSED, 0 },
	{ ALL, SPAN(CUT FIELD("a") "1" NEXT), REFUSED, 0 },
	{ ALL, SPAN(CUT FIELD("a") "1\r\n--cutter\r\n" FIELD("b") END), REFUSED, 0 },
	{ ALL, SPAN(CUT FIELD("a") "1\r\n--cut \r\n" FIELD("b") END), REFUSED, 0 },
	{ ALL, SPAN(CUT FIELD("a") "1\n--cut\n" FIELD("b") END), REFUSED, 0 },
	{ ALL, SPAN(CUT FIELD("a") "--cut" END), REFUSED, 0 },
	{ ALL, SPAN(CUT FILE_OF("text/plain") "x --cut y" END), REFUSED, 0 },
	{ ALL, SPAN(CUT FIELD("a") "1" END "\r\n"), REFUSED, 0 },
	{ ALL, SPAN(CUT FIELD("a") "1" END CARD), REFUSED, 0 },
	{ ALL, SPAN(CUT "\r\n" CARD END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Type: text/plain\r\n\r\n1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Disposition: form-data\r\n\r\n1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Disposition: attachment; name=a\r\n\r\n1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Disposition: form-data; name=a; name=b\r\n\r\n1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Disposition: form-data; name=\"a\\\"b\"\r\n\r\n1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Disposition: form-data; name=a; filename*=UTF-8''b\r\n\r\n1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Disposition: form-data; name=a\r\n" FIELD("b") "1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Disposition: form-data;\r\n name=a\r\n\r\n1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Transfer-Encoding: base64\r\n" FIELD("a") "NDExMQ==" END), REFUSED, 0 },
	{ ALL, SPAN(CUT FILE_OF("image/png") "\x89PNG" END), REFUSED, 0 },
	{ ALL, SPAN(CUT FILE_OF("text/plain; charset=utf-16") "1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT FILE_OF("text/plain; charset =utf-16") "1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "--cut: x\r\n" FIELD("a") "1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "X: a --cut\r\n" FIELD("a") "1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Encoding: gzip\r\n" FILE_OF("text/plain") "1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT "Content-Disposition: form-data; name=a; filename=b\r\n\r\n1" END), REFUSED, 0 },
	{ ALL, SPAN(CUT FILE_OF("application/json") "{\"a\":" END), REFUSED, 0 },
};

static const struct body_row redacted[] = {
	{ ALL, SPAN(CUT FILE_OF("image/png") "\x89PNG\r\n\x1a\n" NEXT FIELD("a") "1" END),
	    SPAN(CUT FILE_OF("text/plain") X NEXT FIELD("a") "1" END), 0 },
	{ ALL, SPAN(CUT "Content-Encoding: gzip\r\n" FILE_OF("text/plain") "1" END), SPAN(CUT FILE_OF("text/plain") X END), 0 },
	{ ALL, SPAN(CUT FILE_OF("image/png") "x\n--cut\n" END), SPAN(CUT FILE_OF("text/plain") X END), 0 },
};

/* Large parts go by in runs; a value must be held. */
static void
check_large(const struct mask_set *set)
{
	static uint8_t many[3 << 20];
	struct out in = out_new(16 << 20), out = out_new(16 << 20);
	struct mask_tally tally = { 0 };

	memset(many, 'x', sizeof(many));
	memcpy(many + (2 << 20), " " CARD " ", 18);
	out_span(&in, SPAN(CUT FILE_OF("text/plain")));
	out_bytes(&in, many, sizeof(many));
	out_span(&in, SPAN(END));
	CHECK(body_run(set, ALL, PARTS, out_view(&in), (struct cutting){ 0 }, &out, &tally));
	CHECK(out.n == in.n - strlen(CARD) + strlen(X) && !memmem(out.p, out.n, CARD, strlen(CARD)));
	out_clear(&out);
	CHECK(body_run(set, ALL, PARTS, out_view(&in), (struct cutting){ 70000, 65536 }, &out, &tally));
	CHECK(out.n == in.n - strlen(CARD) + strlen(X));
	out_clear(&in);
	out_span(&in, SPAN(CUT FIELD("a")));
	out_bytes(&in, many, sizeof(many));
	out_span(&in, SPAN(END));
	CHECK(!body_run(set, ALL, PARTS, out_view(&in), (struct cutting){ 0 }, &out, &tally));
	out_free(&in);
	out_free(&out);
}

static void
check_types(void)
{
	static const char *const none[] = {
		"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=a; boundary=b",
		"multipart/form-data; boundary=\"a", "multipart/form-data; boundary=\"a \"", "multipart/form-data boundary=a",
		"multipart/form-data; boundary=0123456789012345678901234567890123456789012345678901234567890123456789x",
	};
	struct mask_set *set = body_set();
	struct mask_tally tally = { 0 };
	struct out out = out_new(4096);
	enum mask_form form;

	CHECK(mask_is_parts(SPAN("Multipart/Form-Data; boundary=a")) && !mask_is_parts(SPAN("multipart/mixed; boundary=a")));
	CHECK(!mask_is_parts(SPAN("multipart/byteranges; boundary=a")) && !mask_form_of(SPAN("multipart/byteranges"), &form));
	CHECK(!mask_form_of(SPAN("multipart/form-data; boundary=a"), &form));
	CHECK(mask_form_of(SPAN("text/plain; Charset = \"UTF-8\"; x=y"), &form) && form == MASK_FORM_TEXT);
	CHECK(!mask_form_of(SPAN("text/plain; charset =utf-16"), &form) && !mask_form_of(SPAN("text/plain; charset= utf-16le"), &form));
	CHECK(!mask_form_of(SPAN("text/plain; charset=utf-8; charset=utf-16"), &form));
	CHECK(!mask_form_of(SPAN("text/plain; charset*=utf-16''x"), &form) && !mask_form_of(SPAN("text/plain; charset"), &form));
	CHECK(!mask_form_of(SPAN(""), &form));
	CHECK(mask_form_of(SPAN("Application/Problem+JSON"), &form) && form == MASK_FORM_JSON);
	for (size_t i = 0; i < COUNT(none); i++) {
		struct mask_body *body = NULL;

		CHECK_ROW(none[i], mask_body_new_parts(&body, set, ALL, on_cliff(span_text(none[i])), true) == 0);
		CHECK_ROW(none[i], !mask_body_put(body, SPAN("--a--\r\n"), true, &out, &tally) && *mask_body_error(body));
		mask_body_free(&body);
	}
	out_free(&out);
	mask_set_free(&set);
}

int
main(void)
{
	struct mask_set *set = body_set();

	body_check(set, PARTS, kept, COUNT(kept));
	body_check(set, PARTS, hidden, COUNT(hidden));
	body_check(set, PARTS, refused, COUNT(refused));
	parts_redacts = true;
	body_check(set, PARTS, redacted, COUNT(redacted));
	parts_redacts = false;
	check_large(set);
	check_types();
	mask_set_free(&set);
	return check_end();
}
