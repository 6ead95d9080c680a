/* mask_rule.c: the section `masks`: which values are hidden, and how. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

#include "base/glob.h"
#include "rules/work.h"

#define MASKS_MOST 64

static const char *const way_words[] = {
	"redact", "partial", "null", "hash", "token", NULL
};
static const char *const detector_words[] = {
	"card", "ssn", "email", "phone", "iban", "ip", "jwt", "private-key",
	"aws", "github", "slack", "token", "national-id", "vat", "bic", "crypto", NULL
};
_Static_assert(COUNT(way_words) == WAYS + 1, "a word per way");
_Static_assert(COUNT(detector_words) == DETECT_PATTERN + 1, "a word per detector");

#define AT(name) offsetof(struct draft_mask, name)
static const struct key mask_keys[] = {
	{ "columns", SHAPE_TEXTS, AT(columns), false, 0, 0, NULL },
	{ "fields", SHAPE_TEXTS, AT(fields), false, 0, 0, NULL },
	{ "detectors", SHAPE_WORDS, AT(detectors), false, 0, 0, detector_words },
	{ "pattern", SHAPE_TEXT, AT(pattern), false, 0, 0, NULL },
	{ "way", SHAPE_WORD, AT(way), true, 0, 0, way_words },
	{ "keep", SHAPE_NUMBER, AT(keep), false, 1, 16, NULL },
};

/* A pattern must compile, and must not match nothing at all. */
static void
check_pattern(struct work *work, const struct node *pattern, const char *what)
{
	PCRE2_UCHAR message[128];
	pcre2_match_data *match;
	PCRE2_SIZE at;
	pcre2_code *code;
	int error;

	code = pcre2_compile((PCRE2_SPTR)pattern->text, pattern->n,
	    PCRE2_NEVER_BACKSLASH_C, &error, &at, NULL);
	if (!code) {
		pcre2_get_error_message(error, message, sizeof(message));
		fault_add(work->faults, pattern->place, "%s: pattern: found a "
		    "fault at character %zu (%s), expected a PCRE2 pattern",
		    what, at + 1, (const char *)message);
		return;
	}
	match = pcre2_match_data_create_from_pattern(code, NULL);
	if (match && pcre2_match(code, (PCRE2_SPTR)"", 0, 0, 0, match, NULL) >= 0)
		fault_add(work->faults, pattern->place, "%s: pattern: matches "
		    "an empty text, expected one that needs a character", what);
	pcre2_match_data_free(match);
	pcre2_code_free(code);
}

static void
check_columns(struct work *work, const struct node *columns, const char *what)
{
	work_check_globs(work, columns, what);
	for (const struct node *item = columns ? columns->first : NULL; item;
	    item = item->next) {
		size_t dots = 0;

		for (const char *p = item->text; *p; p++)
			dots += *p == '.';
		if (item->n > 0 && dots != 2 && !strstr(item->text, "**"))
			fault_add(work->faults, item->place, "%s: columns: "
			    "found \"%.60s\", expected schema.table.column "
			    "(or ** for any run)", what, item->text);
	}
}

/* Is there a key between any two dots; do brackets stand in pairs, behind one? */
static bool
is_path(const char *text)
{
	const char *p = text;

	for (;;) {
		size_t n = strcspn(p, ".[]");

		if (n == 0 && (p != text || *p != '['))
			return false;
		for (p += n; *p == '['; p += 2)
			if (p[1] != ']')
				return false;
		if (*p == 0)
			return true;
		if (*p++ != '.')
			return false;
	}
}

static void
check_fields(struct work *work, const struct node *fields, const char *what)
{
	size_t count = 0;

	work_check_globs(work, fields, what);
	for (const struct node *item = fields ? fields->first : NULL; item; item = item->next) {
		if (++count == MASK_FIELDS_MOST + 1)
			fault_add(work->faults, item->place, "%s: fields: found more than %d, expected as many at the most",
			    what, MASK_FIELDS_MOST);
		if (item->n > MASK_FIELD_BYTES)
			fault_add(work->faults, item->place, "%s: fields: found a path of %zu bytes, expected at most %d",
			    what, item->n, MASK_FIELD_BYTES);
		else if (item->n > 0 && !is_path(item->text))
			fault_add(work->faults, item->place, "%s: fields: found \"%.60s\", expected a path like "
			    "customer.ssn, items[].price or **.card", what, item->text);
	}
}

void
masks_read(struct work *work, const struct node *entry)
{
	struct draft_mask *mask = work_take(work, sizeof(*mask));
	const char *what = work_text(work, "mask %s", entry->key->text);

	if (!mask)
		return;
	mask->draft = (struct draft){ entry->key->text, entry->key,
	    work->is_built_in };
	list_add(work, &work->masks, mask);
	if (!schema_read(work->faults, entry, what, mask_keys,
	    COUNT(mask_keys), mask))
		return;
	if (!mask->columns && !mask->fields && !mask->detectors && !mask->pattern)
		fault_add(work->faults, entry->place, "%s: found none of "
		    "columns, fields, detectors, pattern; expected at least one", what);
	if (mask->keep && mask->way != WAY_PARTIAL)
		fault_add(work->faults, entry->place, "%s: found keep with way "
		    "%s, expected it with partial only", what,
		    way_words[mask->way]);
	if (mask->pattern)
		check_pattern(work, mask->pattern, what);
	check_columns(work, mask->columns, what);
	check_fields(work, mask->fields, what);
}

void
masks_build(struct work *work)
{
	struct view_worker *view = &work->rules->worker;
	struct view_keeper *keeper = &work->rules->keeper;
	size_t n = work->masks.n;

	if (n > MASKS_MOST) {
		struct draft_mask *last = work->masks.v[MASKS_MOST];

		fault_add(work->faults, last->draft.at->place, "found %zu masks "
		    "(the built-in ones too), expected at most %d", n, MASKS_MOST);
		return;
	}
	view->masks = work_take(work, n * sizeof(*view->masks));
	keeper->masks = work_take(work, n * sizeof(*keeper->masks));
	if (!work->has_memory)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct draft_mask *draft = work->masks.v[i];
		struct view_mask *mask = &view->masks[i];

		mask->name = keeper->masks[i] = draft->draft.name;
		mask->columns = work_texts(work, draft->columns,
		    &mask->column_count);
		mask->fields = work_texts(work, draft->fields, &mask->field_count);
		mask->detectors = (uint32_t)draft->detectors |
		    (draft->pattern ? 1u << DETECT_PATTERN : 0);
		mask->pattern = work_scalar(draft->pattern);
		mask->way = (enum view_way)draft->way;
		mask->keep = draft->way != WAY_PARTIAL ? 0 :
		    draft->keep ? (uint32_t)draft->keep : 4;
	}
	view->mask_count = keeper->mask_count = n;
}
