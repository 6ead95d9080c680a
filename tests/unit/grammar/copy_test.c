/* How the rows of a COPY will be written, as its options say. */
#include "check.h"
#include "facts/sql/say.h"

static const struct {
	const char *sql, *form;
} rows[] = {
	{ "SELECT 1", "opaque" },
	{ "COPY t FROM STDIN CSV", "opaque" },
	{ "COPY t TO '/tmp/x' CSV", "opaque" },
	{ "COPY t TO STDOUT", "text \\t null=\\N" },
	{ "COPY (SELECT 'x;y' AS stdout) TO STDOUT;", "text \\t null=\\N" },
	{ "COPY t TO STDOUT (DELIMITER ';', NULL '')", "text ; null=" },
	{ "copy t to stdout with delimiter '|' null 'x'", "text | null=x" },
	{ "COPY t TO STDOUT (HEADER)", "text \\t null=\\N header" },
	{ "COPY t TO STDOUT (HEADER off)", "text \\t null=\\N" },
	{ "COPY t TO STDOUT (HEADER match)", "text \\t null=\\N header" },
	{ "COPY t TO STDOUT (HEADER Match, ENCODING 'SQL_ASCII')", "text \\t null=\\N header" },
	{ "COPY t TO STDOUT CSV", "csv , quote=\" escape=\" null=" },
	{ "COPY t TO STDOUT WITH CSV HEADER QUOTE '''' NULL 'no'",
	    "csv , quote=' escape=' null=no header" },
	{ "COPY t TO STDOUT (FORMAT 'CSV', HEADER true, ESCAPE E'\\\\', FORCE_QUOTE *)",
	    "csv , quote=\" escape=\\ null= header" },
	{ "COPY t TO STDOUT (FORCE_QUOTE (a), QUOTE '$', FORMAT csv)",
	    "csv , quote=$ escape=$ null=" },
	{ "COPY t TO STDOUT (FORMAT csv, DELIMITER E'\\t', ENCODING 'UTF-8')",
	    "csv \\t quote=\" escape=\" null=" },
	{ "COPY t TO STDOUT BINARY", "binary" },
	{ "COPY BINARY t TO STDOUT", "binary" },
	{ "COPY t TO STDOUT (FORMAT binary)", "binary" },
	{ "COPY t TO STDOUT; COPY u TO STDOUT", "text \\t null=\\N" },
	/* what nobody can be sure of */
	{ "COPY t TO STDOUT; COPY u TO STDOUT CSV", "opaque" },
	{ "COPY t TO STDOUT CSV; COPY u TO STDOUT; COPY v TO STDOUT CSV", "opaque" },
	{ "COPY t TO STDOUT (FORMAT json)", "opaque" },
	{ "COPY t TO STDOUT (ENCODING 'SJIS')", "opaque" },
	{ "COPY t TO STDOUT (DELIMITER 'ab')", "opaque" },
	{ "COPY t TO STDOUT (FORMAT csv, DELIMITER '\"')", "opaque" },
	{ "COPY t TO STDOUT (HEADER maybe)", "opaque" },
	{ "COPY t TO STDOUT (NULL '0123456789012345678901234567890123')", "opaque" },
	{ "COPY t TO STDOUT (SOMETHING new)", "opaque" },
};

static void
say(const struct wire_copy *copy, struct out *out)
{
	static const char *const names[] = { "opaque", "text", "csv", "binary" };

	out_printf(out, "%s", names[copy->format]);
	if (copy->format == WIRE_COPY_OPAQUE || copy->format == WIRE_COPY_BINARY)
		return;
	out_printf(out, copy->delimiter == '\t' ? " \\t" : " %c", copy->delimiter);
	if (copy->format == WIRE_COPY_CSV)
		out_printf(out, " quote=%c escape=%c", copy->quote, copy->escape);
	out_printf(out, " null=%.*s%s", copy->null_n, (const char *)copy->null,
	    copy->has_header ? " header" : "");
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sql_analysis *a = analyse(span_text(rows[i].sql));
		struct out out = out_new(256);

		CHECK_ROW(rows[i].sql, a);
		if (!a)
			continue;
		say(sql_copy_form(a), &out);
		CHECK_ROW(rows[i].sql, span_is(out_view(&out), rows[i].form));
		if (!span_is(out_view(&out), rows[i].form))
			printf("  %.*s\n", (int)out.n, (const char *)out.p);
		out_free(&out);
		sql_drop(&a);
	}
	return check_end();
}
