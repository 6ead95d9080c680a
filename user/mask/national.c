/*
 * national.c: identifiers that states give to people, each with its check digits.
 * From every word a few letters and digits are read, with single separators between
 * groups, and held against a table of shapes. Where a check is weak and the digits stand
 * alone, so that one number in ten would pass, a word before them must say what they are.
 * The checks are in national_check.c.
 */
#include "mask/national.h"

#define CONTEXT 40	/* bytes before a number that may say what it is */
#define CHARS_MOST 20
#define LETTERS_MOST 6	/* before the first digit: Italy */
#define GROUPS_MOST 8

/* How sure a shape is by itself. */
enum sure {
	ALONE,		/* its check digits are enough; groups, if any, are those */
	GROUPED,	/* where it is written in groups; else by a word */
	NAMED,		/* only with a word before it */
};

/* `shape`: D digit, L letter, A either, others themselves. Groups count letters and digits. */
#define SHAPE(text) text, sizeof(text) - 1
static const struct kind {
	const char *shape;
	size_t length;
	const char *groups;	/* how it is written in groups: "3-3-4"; NULL: any */
	national_check_fn *check;
	enum sure sure;
	const char *words[5];
} kinds[] = {	/* the shorter ones first */
	{ SHAPE("DDDDDDDL"), "7-1", national_spain, ALONE, { 0 } },
	{ SHAPE("DDDDDDDL"), NULL, national_ireland, ALONE, { 0 } },
	{ SHAPE("DDDDDDDA"), "2-3-3-1", national_chile, GROUPED, { "rut", "run ", NULL } },
	{ SHAPE("DDDDDDDDL"), "8-1", national_spain, ALONE, { 0 } },
	{ SHAPE("LDDDDDDDL"), NULL, national_spain_foreigner, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDD"), "3-3-3", national_canada, GROUPED, { " sin", "social insurance", NULL } },
	{ SHAPE("DDDDDDDDD"), NULL, national_netherlands, NAMED, { "bsn", "burgerservice", "sofi", NULL } },
	{ SHAPE("DDDDDDDDD"), NULL, national_portugal, NAMED, { "nif", "contribuinte", NULL } },
	{ SHAPE("DDDDDDDDD"), NULL, national_australia, NAMED, { "tfn", "tax file", NULL } },
	{ SHAPE("DDDDDDDDD"), NULL, national_israel, NAMED, { "teudat", "israeli id", NULL } },
	{ SHAPE("LLDDDDDDL"), NULL, national_britain, ALONE, { 0 } },
	{ SHAPE("LDDDDDDDL"), NULL, national_singapore, ALONE, { 0 } },
	{ SHAPE("DDDDDDDLL"), NULL, national_ireland, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDA"), "8-1", national_chile, GROUPED, { "rut", "run ", NULL } },
	{ SHAPE("DDDDDDDDA"), "2-3-3-1", national_chile, GROUPED, { "rut", "run ", NULL } },
	{ SHAPE("DDDDDDDDDD"), "6-4", national_sweden, GROUPED, { "personnummer", "person-nr", "pnr", NULL } },
	{ SHAPE("DDDDDDDDDD"), "6-4", national_sweden_company, GROUPED, { "orgn", "organisationsn", NULL } },
	{ SHAPE("DDDDDDDDDD"), "4-5-1", national_australia_health, GROUPED, { "medicare", NULL } },
	{ SHAPE("DDDDDDDDDD"), "6-4", national_denmark, GROUPED, { "cpr", NULL } },
	{ SHAPE("DDDDDDDDDD"), "6-4", national_czechia, GROUPED, { "rodn", "birth number", NULL } },
	{ SHAPE("DDDDDDDDDD"), "3-3-4", national_health, GROUPED, { "nhs", "health", NULL } },
	{ SHAPE("DDDDDDDDDD"), NULL, national_bulgaria, NAMED, { "egn", "\xd0\xb5\xd0\xb3\xd0\xbd", NULL } },
	{ SHAPE("DDDDDDDDDD"), NULL, national_austria, NAMED, { "svnr", "sozialversicherung", NULL } },
	{ SHAPE("DDDDDDDDDA"), "6-4", national_finland, GROUPED, { "hetu", "henkil", "personal identity", NULL } },
	{ SHAPE("LLLLLDDDDL"), NULL, national_india_tax, ALONE, { 0 } },
	{ SHAPE("LDDDDDDDDD"), NULL, national_taiwan, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDD"), "11", national_poland, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDD"), "2-3-3-3", national_germany, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDD"), "2-2-2-3-2", national_belgium, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDD"), "11", national_baltic, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDD"), "6-5", national_norway, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDD"), "6-5", national_latvia, GROUPED, { "personas", "latvia", NULL } },
	{ SHAPE("DDDDDDDDDDD"), "11", national_turkey, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDD"), "3-3-3-2", national_brazil, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDD"), NULL, national_croatia, NAMED, { "oib", "osobni", NULL } },
	{ SHAPE("DDDDDDDDDDD"), "2-8-1", national_argentina, GROUPED, { "cuit", "cuil", NULL } },
	{ SHAPE("DDDDDDADDDA"), NULL, national_finland, ALONE, { 0 } },
	{ SHAPE("DLADLADLLDD"), "4-3-4", national_america_health, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDDD"), "8-4", national_sweden, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDDD"), "4-4-4", national_india, GROUPED, { "aadhaar", "aadhar", "uidai", NULL } },
	{ SHAPE("DDDDDDDDDDDD"), "6-2-4", national_malaysia, GROUPED, { "nric", "mykad", NULL } },
	{ SHAPE("DDDDDDDDDDDD"), "4-4-4", national_japan, NAMED, { "my number", "mynumber", "individual number", NULL } },
	{ SHAPE("DDDDDDDDLDDD"), NULL, national_germany_pension, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDDDD"), "13", national_romania, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDDDD"), "6-4-3", national_south_africa, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDDDD"), "6-7", national_korea, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDDDD"), "6-7", national_korea_new, GROUPED, { "\xec\xa3\xbc\xeb\xaf\xbc", "rrn", NULL } },
	{ SHAPE("DDDDDDDDDDDDD"), "3-4-4-2", national_switzerland, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDDDD"), "1-4-5-2-1", national_thailand, GROUPED, { "thai", "citizen", "tnin", NULL } },
	{ SHAPE("DDDDDDDDDDDDDDD"), "1-2-2-2-3-3-2", national_france, ALONE, { 0 } },
	{ SHAPE("DDDDDALDDDDDDDD"), "1-2-2-2-3-3-2", national_france, ALONE, { 0 } },
	{ SHAPE("DDLLLLLDDDDLAZA"), NULL, national_india_trade, ALONE, { 0 } },
	{ SHAPE("LLLLLLAALAALAAAL"), NULL, national_italy, ALONE, { 0 } },
	{ SHAPE("DDDDDDDDDDDDDDDDDA"), "6-8-4", national_china, ALONE, { 0 } },
	{ SHAPE("LLLLDDDDDDLLLLLLAD"), NULL, national_mexico, ALONE, { 0 } },
};

static bool
has_shape(const char *shape, const uint8_t *id, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool fits = shape[i] == 'D' ? is_digit(id[i]) : shape[i] == 'L' ? is_upper(id[i]) :
		    shape[i] == 'A' ? is_word(id[i]) : (uint8_t)shape[i] == id[i];

		if (!fits)
			return false;
	}
	return true;
}

/* What was read: letters in upper case, and how many there are up to each end of a group. */
struct reading {
	uint8_t id[CHARS_MOST + 1];
	size_t n;
	char groups[CHARS_MOST * 2 + 1];	/* "6-4" */
	size_t groups_n, group_count;
	bool is_grouped;
};

static bool
is_meant(const struct kind *kind, const struct reading *r, struct span text, size_t at)
{
	bool is_written_so = r->is_grouped && (!kind->groups || !strcmp(kind->groups, r->groups));

	if (is_written_so ? kind->sure != NAMED : kind->sure == ALONE && !r->is_grouped)
		return true;
	return kind->words[0] && mask_follows(text, at, CONTEXT, kind->words);
}

/* The first kind of `n` characters or more. */
static const struct kind *
kinds_from(size_t n)
{
	size_t low = 0, high = COUNT(kinds);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kinds[middle].length < n)
			low = middle + 1;
		else
			high = middle;
	}
	return &kinds[low];
}

static bool
is_national(const struct reading *r, struct span text, size_t at)
{
	for (const struct kind *kind = kinds_from(r->n); kind < kinds + COUNT(kinds) && kind->length == r->n; kind++)
		if (has_shape(kind->shape, r->id, r->n) && kind->check(r->id, r->n) && is_meant(kind, r, text, at))
			return true;
	return false;
}

static void
add_group(struct reading *r, size_t n)
{
	if (r->groups_n)
		r->groups[r->groups_n++] = '-';
	if (n >= 10)
		r->groups[r->groups_n++] = (char)('0' + n / 10);
	r->groups[r->groups_n++] = (char)('0' + n % 10);
	r->groups[r->groups_n] = '\0';
}

/* The longest that begins at `at`, which is the beginning of a word. */
static bool
national_at(struct span text, size_t at, struct mask_hit *hit)
{
	bool found = false, has_digit = false;
	struct reading r;	/* filled as far as it is read */
	size_t i = at;

	r.n = r.groups_n = r.group_count = 0;
	r.is_grouped = false;
	for (;;) {
		bool is_prose = true;
		size_t from = r.n;

		if (r.group_count++ == GROUPS_MOST)
			return found;
		while (i < text.n && is_word(text.p[i]) && r.n < CHARS_MOST) {
			has_digit |= is_digit(text.p[i]);
			is_prose &= is_letter(text.p[i]);
			if (r.n == LETTERS_MOST && !has_digit)
				return false;
			r.id[r.n++] = is_lower(text.p[i]) ? text.p[i] & (uint8_t)~0x20 : text.p[i];
			i++;
		}
		/* Three small letters by themselves are a word, never a group of a number. */
		if (is_prose && r.n - from >= 3 && is_lower(text.p[i - 1]))
			return found;
		if (!ends_word(text, i) || r.n == from)
			return found;
		r.id[r.n] = '\0';
		add_group(&r, r.n - from);
		if (r.n >= 8 && is_national(&r, text, at)) {
			*hit = (struct mask_hit){ at, i - at };
			found = true;
		}
		if (i + 1 >= text.n || !text.p[i] || !strchr(" -./+:", text.p[i]) || !is_word(text.p[i + 1]))
			return found;
		r.is_grouped = true;
		i++;
	}
}

bool
mask_find_national(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at < text.n; at++) {
		if (!is_word(text.p[at]))
			continue;
		if (begins_word(text, at) && national_at(text, at, hit) &&
		    !(at >= 2 && strchr("-./", text.p[at - 1]) && text.p[at - 1] && is_digit(text.p[at - 2])))
			return true;
		while (at + 1 < text.n && is_word(text.p[at + 1]))
			at++;	/* nothing begins within a word */
	}
	return false;
}
