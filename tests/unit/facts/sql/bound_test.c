/* Bound values in binary read as PostgreSQL itself writes them; what is not one is none. */
#include "check.h"

#include "facts/sql/sql.h"

static const struct {
	const char *name;
	uint32_t type;
	struct span in;
	const char *text;	/* NULL: not known */
} rows[] = {
	{ "true", 16, SPAN("\1"), "true" },
	{ "false", 16, SPAN("\0"), "false" },
	{ "neither", 16, SPAN("\2"), NULL },
	{ "int2", 21, SPAN("\377\376"), "-2" },
	{ "int4", 23, SPAN("\0\0\x12\x67"), "4711" },
	{ "int4, least", 23, SPAN("\x80\0\0\0"), "-2147483648" },
	{ "int8", 20, SPAN("\0\x0e\x9b\x08\xa5\x68\xf1\xc7"), "4111111111111111" },
	{ "int8, least", 20, SPAN("\x80\0\0\0\0\0\0\0"), "-9223372036854775808" },
	{ "an int of three bytes", 23, SPAN("\0\0\1"), NULL },
	{ "oid", 26, SPAN("\377\377\377\377"), "4294967295" },
	{ "float4", 700, SPAN("\x3f\xc0\0\0"), "1.5" },
	{ "float8", 701, SPAN("\xc0\x04\0\0\0\0\0\0"), "-2.5" },
	{ "text", 25, SPAN("caf\xc3\xa9"), "caf\xc3\xa9" },
	{ "no text", 25, SPAN(""), "" },
	{ "varchar", 1043, SPAN("x"), "x" },
	{ "jsonb", 3802, SPAN("\1{\"a\": 1}"), "{\"a\": 1}" },
	{ "jsonb of another version", 3802, SPAN("\2{}"), NULL },
	{ "uuid", 2950, SPAN("\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\0"),
	    "123e4567-e89b-12d3-a456-426614174000" },
	{ "2000", 1184, SPAN("\0\0\0\0\0\0\0\0"), "2000-01-01 00:00:00.000000" },
	{ "a moment before", 1114, SPAN("\377\377\377\377\377\377\377\377"), "1999-12-31 23:59:59.999999" },
	{ "infinity", 1184, SPAN("\x7f\377\377\377\377\377\377\377"), "infinity" },
	{ "less than infinity", 1184, SPAN("\x80\0\0\0\0\0\0\0"), "-infinity" },
	{ "2024-02-29", 1184, SPAN("\000\002\265\203\101\146\174\007"), "2024-02-29 12:34:56.000007" },
	{ "2000-02-29", 1184, SPAN("\000\000\004\242\340\243\040\000"), "2000-02-29 00:00:00.000000" },
	{ "2100-03-01", 1184, SPAN("\000\013\072\334\240\067\035\300"), "2100-03-01 23:59:59.000000" },
	{ "1900-02-28", 1184, SPAN("\377\364\316\176\034\277\270\300"), "1900-02-28 01:02:03.000000" },
	{ "0001-01-01", 1184, SPAN("\377\037\342\377\305\234\140\000"), "0001-01-01 00:00:00.000000" },
	{ "2026-12-31", 1184, SPAN("\000\003\006\365\226\374\077\377"), "2026-12-31 23:59:59.999999" },
	{ "the last moment but one", 1184, SPAN("\x7f\377\377\377\377\377\377\376"), "294277-01-09 04:00:54.775806" },
	{ "long before", 1184, SPAN("\x80\0\0\0\0\0\0\1"), NULL },
	{ "numeric", 1700, SPAN("\0\1\0\0\0\0\0\0\0\1"), NULL },
	{ "no type said", 0, SPAN("\0\0\0\1"), NULL },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct out out = out_new(100);
		bool known = sql_bound_text(rows[i].type, on_cliff(rows[i].in), &out);

		CHECK_ROW(rows[i].name, known == (rows[i].text != NULL));
		if (known && !CHECK_ROW(rows[i].name, span_is(out_view(&out), rows[i].text)))
			fprintf(stderr, "  %.*s\n", (int)out.n, (const char *)out.p);
		for (size_t n = 0; n < rows[i].in.n; n++) {
			out_clear(&out);
			(void)sql_bound_text(rows[i].type, on_cliff(span_head(rows[i].in, n)), &out);
		}
		out_free(&out);
	}
	return check_end();
}
