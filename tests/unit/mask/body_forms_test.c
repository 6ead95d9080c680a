/* Event streams, forms, tables, XML and text leave as they came but for what masks hide, however they are cut. */
#include "check.h"

#include "body_sample.h"

#define ALL BIT(B_ALL)
#define X "[redacted]"
#define KEY "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n"
#define END "-----END PRIVATE KEY-----"

static const struct body_row events[] = {
	{ ALL, SPAN(""), SAME, 0 },
	{ ALL, SPAN("\xef\xbb\xbf: hi\n\nid: 7\nevent: x\ndata: {\"a\":1}\n\ndata: [DONE]\n\n"), SAME, 0 },
	{ ALL, SPAN("data:{\"a\":\"" CARD "\"}\r\n\r\n"), SPAN("data: {\"a\":\"" X "\"}\r\n\r\n"), 1 },
	{ ALL, SPAN("data: {\ndata: \"a\":\nid: 1\ndata: \"" CARD "\"}\n\n"), SPAN("data: {\ndata: \"a\":\ndata: \"" X "\"}\nid: 1\n\n"), 1 },
	{ ALL, SPAN("data: my " CARD "\rdata: x\r\rdata\n\n"), SPAN("data: my " X "\rdata: x\r\rdata\n\n"), 1 },
	{ ALL, SPAN("id: " CARD "\n:x@y.org\ndata: 1\n\n"), SPAN("id: " X "\n:" X "\ndata: 1\n\n"), 2 },
	{ ALL, SPAN("data: \"\\u0034111111111111111\""), SPAN("data: \"" X "\"\n"), 1 },
	{ BIT(B_CARD_NULL), SPAN("data: " CARD "\n\ndata: a " CARD "\n\n"), SPAN("data: null\n\ndata: a " X "\n\n"), 2 },
	{ BIT(B_SSN), SPAN("data: {\"customer\":{\"ssn\":1}}\n\ndata: {x\n\n"), REFUSED, 0 },
	{ BIT(B_SSN), SPAN("data: {\"customer\":{\"ssn\":1}}\n\ndata: x\n\n"), SPAN("data: {\"customer\":{\"ssn\":\"" X "\"}}\n\ndata: x\n\n"), 1 },
};

static const struct body_row pairs[] = {
	{ ALL, SPAN(""), SAME, 0 },
	{ ALL, SPAN("a=1&b=%20+&&c&=d&e="), SAME, 0 },
	{ ALL, SPAN("card=4111+1111+1111+1111&x=1"), SPAN("card=%5Bredacted%5D&x=1"), 1 },
	{ ALL, SPAN("a=%341111111%31111111%31"), SPAN("a=%5Bredacted%5D"), 1 },
	{ ALL, SPAN("ssn=536904399&n=536904399"), SPAN("ssn=%5Bredacted%5D&n=536904399"), 1 },
	{ ALL, SPAN("x%40y.org=1&" CARD), SPAN("%5Bredacted%5D=1&%5Bredacted%5D"), 2 },
	{ ALL, SPAN("p=%7B%22a%22%3A%22" CARD "%22%7D"), SPAN("p=%7B%22a%22%3A%22%5Bredacted%5D%22%7D"), 1 },
	{ BIT(B_SSN), SPAN("customer[ssn]=a&customer.ssn=b&customer%5Bssn%5D=c&ssn=d"),
	    SPAN("customer[ssn]=%5Bredacted%5D&customer.ssn=%5Bredacted%5D&customer%5Bssn%5D=%5Bredacted%5D&ssn=d"), 3 },
	{ BIT(B_PRICE), SPAN("items[0][price]=1&items[][price]=2&items[price]=3"),
	    SPAN("items[0][price]=%5Bredacted%5D&items[][price]=%5Bredacted%5D&items[price]=3"), 2 },
	{ BIT(B_PARTIAL), SPAN("id=a+b%26cdefgh"), SPAN("id=*+*%26**efgh"), 1 },
	{ BIT(B_NULL), SPAN("id=7&who=%41&x=1"), SPAN("id=&who=&x=1"), 2 },
	{ ALL, SPAN("a=%"), REFUSED, 0 },
	{ ALL, SPAN("a=%4"), REFUSED, 0 },
	{ ALL, SPAN("a=%4g&b=1"), REFUSED, 0 },
};

static const struct body_row tables[] = {
	{ ALL, SPAN(""), SAME, 0 },
	{ ALL, SPAN("\xef\xbb\xbf" "a,b\r\n1,\"x,\"\"y\"\"\nz\"\r\n\r\n,\n"), SAME, 0 },
	{ ALL, SPAN("name,card\nAnn," CARD "\nBo,\"4111 1111 1111 1111\""), SPAN("name,card\nAnn," X "\nBo,\"" X "\""), 2 },
	{ ALL, SPAN("name;ssn\nAnn;536904399\n"), SPAN("name;ssn\nAnn;" X "\n"), 1 },
	{ ALL, SPAN(CARD ",x\n1,2"), SPAN(X ",x\n1,2"), 1 },
	{ BIT(B_SSN), SPAN("customer.ssn\tn\n\"a\"\"b\"\tc\n"), SPAN("customer.ssn\tn\n\"" X "\"\tc\n"), 1 },
	{ BIT(B_PARTIAL), SPAN("id,n\n\"ab\"\"cdefgh\",1\n"), SPAN("id,n\n\"**\"\"**efgh\",1\n"), 1 },
	{ BIT(B_NULL), SPAN("id,n\n5,6\n,7\n"), SPAN("id,n\n,6\n,7\n"), 2 },
	{ BIT(B_SSN), SPAN("customer\n\"{\"\"ssn\"\":1}\"\n"), SPAN("customer\n\"{\"\"ssn\"\":\"\"" X "\"\"}\"\n"), 1 },
	{ ALL, SPAN("a,b\n1,2,3\n"), REFUSED, 0 },
	{ ALL, SPAN("a,b\n1\"2,3\n"), REFUSED, 0 },
	{ ALL, SPAN("a,b\n\"1\"2,3\n"), REFUSED, 0 },
	{ ALL, SPAN("a,b\n\"1"), REFUSED, 0 },
	{ ALL, SPAN("a,b\n1\r2,3\n"), REFUSED, 0 },
	{ ALL, SPAN("a\n\xff\n"), REFUSED, 0 },
};

static const struct body_row elements[] = {
	{ ALL, SPAN(""), SAME, 0 },
	{ ALL, SPAN("\xef\xbb\xbf<?xml version=\"1.0\" encoding='utf-8'?>\n<!-- x --><a b='1'  c = \"&lt;\"><d/>x &amp; <![CDATA[<y>]]></a >\n"), SAME, 0 },
	{ ALL, SPAN("<a>" CARD "</a>"), SPAN("<a>" X "</a>"), 1 },
	{ ALL, SPAN("<a>4111&#49;11111111111</a>"), SPAN("<a>" X "</a>"), 1 },
	{ ALL, SPAN("<a>&lt;4111&#x31;<!-- - -->1111<![CDATA[1111111]]></a>"), SPAN("<a>&lt;" X "<!-- - --></a>"), 1 },
	{ ALL, SPAN("<a b='x&#64;y.org' c=\"&quot;" CARD "\"/>"), SPAN("<a b='" X "' c=\"&quot;" X "\"/>"), 2 },
	{ ALL, SPAN("<ssn>536904399</ssn>"), SPAN("<ssn>" X "</ssn>"), 1 },
	{ ALL, SPAN("<a><!-- " CARD " --><?p " CARD "?></a>"), SPAN("<a><!--" X "--><!--" X "--></a>"), 2 },
	{ BIT(B_SSN), SPAN("<customer ssn='1'><n:ssn n:x='y'>2<b>3</b></n:ssn><ssn/></customer>"),
	    SPAN("<customer ssn='" X "'><n:ssn n:x='" X "'>" X "<b>" X "</b></n:ssn><ssn/></customer>"), 4 },
	{ BIT(B_ANY_CARD), SPAN("<r xmlns='u'><card xmlns='v'>\n</card><card> 1 </card></r>"),
	    SPAN("<r xmlns='u'><card xmlns='v'>\n</card><card>" X "</card></r>"), 1 },
	{ BIT(B_NULL), SPAN("<who a='1'>2</who>"), SPAN("<who a=''></who>"), 2 },
	{ ALL, SPAN("<!DOCTYPE a [<!ENTITY e '4111'>]><a>&e;</a>"), REFUSED, 0 },
	{ ALL, SPAN("<a>&e;</a>"), REFUSED, 0 },
	{ ALL, SPAN("<a>&#0;</a>"), REFUSED, 0 },
	{ ALL, SPAN("<a>&</a>"), REFUSED, 0 },
	{ ALL, SPAN("<a></b>"), REFUSED, 0 },
	{ ALL, SPAN("<a>"), REFUSED, 0 },
	{ ALL, SPAN("</a>"), REFUSED, 0 },
	{ ALL, SPAN("<a/><b/>"), REFUSED, 0 },
	{ ALL, SPAN("<a/>x"), REFUSED, 0 },
	{ ALL, SPAN("x"), REFUSED, 0 },
	{ ALL, SPAN("<a b/>"), REFUSED, 0 },
	{ ALL, SPAN("<a b='1'c='2'/>"), REFUSED, 0 },
	{ ALL, SPAN("<a b='<'/>"), REFUSED, 0 },
	{ ALL, SPAN("<a b='1"), REFUSED, 0 },
	{ ALL, SPAN("<a><!-- x</a>"), REFUSED, 0 },
	{ ALL, SPAN("<"), REFUSED, 0 },
	{ ALL, SPAN("<>"), REFUSED, 0 },
	{ ALL, SPAN("<a>\xff</a>"), REFUSED, 0 },
	{ ALL, SPAN("<a>\1</a>"), REFUSED, 0 },
	{ ALL, SPAN("<?xml version='1.0' encoding='utf-7'?><a/>"), REFUSED, 0 },
	{ ALL, SPAN("\xfe\xff\0<\0a\0/\0>"), REFUSED, 0 },
};

static const struct body_row texts[] = {
	{ ALL, SPAN(""), SAME, 0 },
	{ ALL, SPAN("hello\r\n\nM\xc3\xbcller\n"), SAME, 0 },
	{ ALL, SPAN("pay 4111 1111 1111 1111 now\nor x@y.org"), SPAN("pay " X " now\nor " X), 2 },
	{ ALL, SPAN("my ssn\n536904399 is\n"), SPAN("my ssn\n" X " is\n"), 1 },
	{ BIT(B_CARD_NULL), SPAN("a " CARD "\n"), SPAN("a " X "\n"), 1 },
	{ ALL, SPAN("a " KEY "MIIE\n" END " z\nb"), SPAN("a " X " z\nb"), 1 },
	{ ALL, SPAN(KEY "x@y.org\n"), SPAN(X), 1 },
	{ ALL, SPAN("x\xff" CARD "\ny\n"), SPAN(X "\ny\n"), 0 },
	{ ALL, SPAN("a\0b"), REFUSED, 0 },
};

/* Lines of any length: what is in them is found, wherever it stands. */
static void
test_long_lines(const struct mask_set *set)
{
	for (size_t at = 4000; at < 17000; at += 7) {
		struct cutting hows[] = { { 0 }, { 4096, 1000 }, { 1, 8192 } };
		struct out in = out_new(1 << 20), first = out_new(1 << 20);

		while (in.n < at)
			out_span(&in, in.n % 3 ? SPAN("ab ") : SPAN("\xc3\xa9"));
		out_span(&in, SPAN(" 4111 1111 1111 1111 "));
		while (in.n < 20000)
			out_u8(&in, 'x');
		for (size_t k = 0; k < COUNT(hows); k++) {
			struct out out = out_new(1 << 20);
			struct mask_tally tally = { 0 };

			CHECK(body_run(set, BIT(B_CARD_HASH) | ALL, MASK_FORM_TEXT, out_view(&in), hows[k], &out, &tally));
			CHECK(!memmem(out.p, out.n, "1111", 4));
			CHECK(k == 0 || span_equal(out_view(&out), out_view(&first)));
			if (k == 0)
				first = out;
			else
				out_free(&out);
		}
		out_free(&in);
		out_free(&first);
	}
}

/* One that is longer than a window leaves nothing behind. */
static void
test_long_secret(const struct mask_set *set)
{
	struct out in = out_new(1 << 20), out = out_new(1 << 20);
	struct mask_tally tally = { 0 };

	out_span(&in, SPAN("a secret=a"));
	while (in.n < 30000)
		out_span(&in, SPAN("a1b2c3d4e5f6g7h8"));
	out_span(&in, SPAN(" end\nQ"));
	CHECK(body_run(set, ALL, MASK_FORM_TEXT, out_view(&in), (struct cutting){ 0 }, &out, &tally));
	CHECK(span_equal(out_view(&out), SPAN("a secret=" X " end\nQ")));
	out_free(&in);
	out_free(&out);
}

int
main(void)
{
	struct mask_set *set = body_set();

	body_check(set, MASK_FORM_SSE, events, COUNT(events));
	body_check(set, MASK_FORM_URLENCODED, pairs, COUNT(pairs));
	body_check(set, MASK_FORM_CSV, tables, COUNT(tables));
	body_check(set, MASK_FORM_XML, elements, COUNT(elements));
	body_check(set, MASK_FORM_TEXT, texts, COUNT(texts));
	test_long_lines(set);
	test_long_secret(set);
	mask_set_free(&set);
	return check_end();
}
