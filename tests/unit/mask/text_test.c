/* Messages lose what they quote from rows, and keep what they say. */
#include "mask/mask.h"

#include "check.h"
#include "sample.h"

static const struct {
	uint64_t active;
	struct span in;
	struct span out;	/* empty: kept */
} rows[] = {
	{ 0, SPAN("Key (email)=(a@b.org) already exists."), SPAN("") },
	{ 1 << M_CARD, SPAN("Key (email)=(a@b.org) already exists."),
	    SPAN("Key (email)=([redacted]) already exists.") },
	{ 1 << M_CARD, SPAN("Key (a, b)=(1, x) y)) is not present in table \"t\"."),
	    SPAN("Key (a, b)=([redacted]) is not present in table \"t\".") },
	{ 1 << M_CARD, SPAN("Failing row contains (1, Ann, 4111)."),
	    SPAN("Failing row contains ([redacted]).") },
	{ 1 << M_CARD, SPAN("Failing row contains (1, Ann"), SPAN("Failing row contains ([redacted]") },
	{ 1 << M_CARD, SPAN("invalid input syntax for type integer: \"4111 x\""),
	    SPAN("invalid input syntax for type integer: \"[redacted]\"") },
	{ 1 << M_CARD, SPAN("value \"99\" is out of range for type integer"),
	    SPAN("value \"[redacted]\" is out of range for type integer") },
	{ 1 << M_CARD, SPAN("invalid input: \"a\"b\" c"), SPAN("invalid input: \"[redacted]\"b\"[redacted]") },
	{ 1 << M_CARD, SPAN("relation \"orders\" does not exist"), SPAN("") },
	{ 1 << M_CARD, SPAN("column \"x\" of relation \"y\" does not exist"), SPAN("") },
	{ 1 << M_CARD, SPAN("syntax error at or near \"selec\""), SPAN("") },
	{ 1 << M_CARD, SPAN("JSON data, line 1: {\"card\": 41"), SPAN("JSON data, line [redacted]") },
	{ 1 << M_CARD, SPAN("division by zero"), SPAN("") },
	{ 1 << M_CARD, SPAN(""), SPAN("") },
	{ 1 << M_EMAIL, SPAN("mail to a@b.org failed"), SPAN("mail to [redacted] failed") },
	{ 1 << M_EMAIL, SPAN("value \"x\" is bad"), SPAN("") },
	{ 1 << M_EMAIL | 1 << M_CARD, SPAN("a@b.org: value \"x\""), SPAN("[redacted]: value \"[redacted]\"") },
	{ 1 << M_NULL, SPAN("card " CARD " is bad"), SPAN("card [redacted] is bad") },
	{ 1 << M_EMAIL, SPAN("bad \xff bytes"), SPAN("[redacted]") },
	{ 1 << M_CARD, SPAN("\""), SPAN("\"[redacted]") },
	{ 1 << M_CARD, SPAN("=("), SPAN("=([redacted]") },
};

int
main(void)
{
	struct mask_set *set = sample_set();

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span in = on_cliff(rows[i].in);
		struct out out = out_new(10000);
		struct mask_tally tally = { 0 };
		enum mask_result want = rows[i].out.n ? MASK_EDITED : MASK_KEPT;
		const char *row = (const char *)rows[i].in.p;

		CHECK_ROW(row, mask_text(set, rows[i].active, in, &out, &tally) == want);
		CHECK_ROW(row, span_equal(out_view(&out), rows[i].out));
		for (size_t n = 0; n < in.n; n++)
			CHECK(mask_text(set, rows[i].active, span_of(in.p, n), &out, &tally) != MASK_NULLED);
		out_free(&out);
	}
	mask_set_free(&set);
	return check_end();
}
