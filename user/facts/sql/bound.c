/*
 * bound.c: a bound value in PostgreSQL's binary form, as people write it.
 * What drivers bind most: numbers, booleans, texts, uuids and moments, in the
 * forms that the types' send functions write (src/backend/utils/adt: int.c,
 * float.c, bool.c, varlena.c, uuid.c, timestamp.c). For the record only.
 */
#include <inttypes.h>

#include "facts/sql/sql.h"

#define SECOND 1000000		/* microseconds */
#define DAY (86400LL * SECOND)
#define DAYS_0 730425		/* from 0000-03-01 to 2000-01-01 */
#define DAYS_400 146097		/* in 400 years of the Gregorian calendar */

typedef bool bound_fn(struct span, struct out *);

static bool
put_text(struct span in, struct out *out)
{
	out_span(out, in);
	return true;
}

/* json with its version, as jsonb_send() writes it. */
static bool
put_jsonb(struct span in, struct out *out)
{
	if (in.n == 0 || in.p[0] != 1)
		return false;
	out_span(out, span_skip(in, 1));
	return true;
}

static bool
put_bool(struct span in, struct out *out)
{
	if (in.n != 1 || in.p[0] > 1)
		return false;
	out_span(out, in.p[0] ? SPAN("true") : SPAN("false"));
	return true;
}

static bool
put_int(struct span in, struct out *out)
{
	int64_t number;

	if (in.n == 2)
		number = (int16_t)span_be16(in, 0);
	else if (in.n == 4)
		number = (int32_t)span_be32(in, 0);
	else if (in.n == 8)
		number = (int64_t)span_be64(in, 0);
	else
		return false;
	out_printf(out, "%" PRId64, number);
	return true;
}

static bool
put_oid(struct span in, struct out *out)
{
	if (in.n != 4)
		return false;
	out_printf(out, "%" PRIu32, span_be32(in, 0));
	return true;
}

static bool
put_float(struct span in, struct out *out)
{
	if (in.n == 4) {
		uint32_t bits = span_be32(in, 0);
		float number;

		memcpy(&number, &bits, sizeof(number));
		out_printf(out, "%.9g", (double)number);
		return true;
	}
	if (in.n == 8) {
		uint64_t bits = span_be64(in, 0);
		double number;

		memcpy(&number, &bits, sizeof(number));
		out_printf(out, "%.17g", number);
		return true;
	}
	return false;
}

static bool
put_uuid(struct span in, struct out *out)
{
	if (in.n != 16)
		return false;
	for (size_t i = 0; i < in.n; i++)
		out_printf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ?
		    "-" : "", in.p[i]);
	return true;
}

/* A day of the Gregorian calendar, counted from 1 March of year 0, so that a leap day ends its year. */
static void
put_day(int64_t days, struct out *out)
{
	int64_t era = days / DAYS_400, day = days % DAYS_400, year, month;

	year = (day - day / 1460 + day / 36524 - day / (DAYS_400 - 1)) / 365;
	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	out_printf(out, "%04" PRId64 "-%02" PRId64 "-%02" PRId64,
	    era * 400 + year + (month >= 10), month < 10 ? month + 3 : month - 9, day + 1);
}

/* Microseconds since 2000, UTC. */
static bool
put_moment(struct span in, struct out *out)
{
	int64_t all, days, rest;

	if (in.n != 8)
		return false;
	all = (int64_t)span_be64(in, 0);
	if (all == INT64_MAX || all == INT64_MIN) {
		out_span(out, all > 0 ? SPAN("infinity") : SPAN("-infinity"));
		return true;
	}
	days = all / DAY - (all % DAY < 0);
	rest = all - days * DAY;
	if (days < -DAYS_0)
		return false;	/* before the year 0: people do not bind it */
	put_day(days + DAYS_0, out);
	out_printf(out, " %02d:%02d:%02d.%06d", (int)(rest / (3600LL * SECOND)),
	    (int)(rest / (60LL * SECOND) % 60), (int)(rest / SECOND % 60),
	    (int)(rest % SECOND));
	return true;
}

static const struct {
	uint32_t type;		/* OID, pg_type.dat */
	bound_fn *put;
} types[] = {
	{ 16, put_bool }, { 18, put_text }, { 19, put_text }, { 20, put_int },
	{ 21, put_int }, { 23, put_int }, { 25, put_text }, { 26, put_oid },
	{ 114, put_text }, { 142, put_text }, { 700, put_float }, { 701, put_float },
	{ 1042, put_text }, { 1043, put_text }, { 1114, put_moment },
	{ 1184, put_moment }, { 2950, put_uuid }, { 3802, put_jsonb },
};

bool
sql_bound_text(uint32_t type, struct span binary, struct out *out)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (types[i].type == type)
			return types[i].put(binary, out) && !out->failed;
	return false;
}
