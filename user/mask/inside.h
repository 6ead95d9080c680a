/*
 * inside.h: what the files of mask/ share. Pure, like all of mask/.
 *   class     one pass over a value: which bytes are in it at all
 *   number phone iban address email secret token national vat bic crypto    the built-in detectors
 *   fold      what reads as ASCII, as ASCII
 *   pattern   the user's own, by PCRE2
 *   hmac way  what is written instead of a hit
 *   kind      what a type OID means for masking
 *   scan      all hits of all masks in one text, and the text without them
 *   json      keeping JSON well-formed while that happens
 *   decode    numbers, arrays and records in binary form
 *   made      in binary form, of types that somebody made in the database
 *   bytes     what of a bytea is text
 *   set plan value text    the interface, for answers that come as values
 *   body_*    and for those that come as one text: body.h
 */
#ifndef MASK_INSIDE_H
#define MASK_INSIDE_H

#include "mask/body_path.h"
#include "mask/body_sieve.h"
#include "mask/mask.h"

/* ---- bytes ----------------------------------------------------------- */

enum {
	CLASS_DIGIT = 1 << 0,
	CLASS_UPPER = 1 << 1,
	CLASS_LOWER = 1 << 2,
	CLASS_AT = 1 << 3,
	CLASS_DOT = 1 << 4,
	CLASS_COLON = 1 << 5,
	CLASS_DASH = 1 << 6,
	CLASS_UNDER = 1 << 7,
	CLASS_PLUS = 1 << 8,
	CLASS_SLASH = 1 << 9,
	CLASS_SPACE = 1 << 10,
	CLASS_HIGH = 1 << 11,	/* not ASCII */
	CLASS_NUL = 1 << 12,
};

/* What one pass over a value tells. */
struct mask_class {
	size_t n;
	size_t digits, uppers;
	unsigned int bits;
};

struct mask_class mask_class_of(struct span text);
/* Of the detectors in `wanted`, those that could hit at all. */
uint32_t mask_class_filter(const struct mask_class *, uint32_t wanted);

static inline bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool
is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static inline bool
is_letter(uint8_t c)
{
	return is_upper(c) || is_lower(c);
}

/* A letter or digit of ASCII: what no hit may touch on either side. */
static inline bool
is_word(uint8_t c)
{
	return is_letter(c) || is_digit(c);
}

static inline bool
is_base64url(uint8_t c)
{
	return is_word(c) || c == '-' || c == '_';
}

/* Is there no letter or digit just before `at`, or at `at`? */
static inline bool
begins_word(struct span text, size_t at)
{
	return at == 0 || !is_word(text.p[at - 1]);
}

static inline bool
ends_word(struct span text, size_t at)
{
	return at >= text.n || !is_word(text.p[at]);
}

/* Does `text` go on at `at` with these bytes? */
static inline bool
goes_on(struct span text, size_t at, struct span with)
{
	return at <= text.n && text.n - at >= with.n &&
	    memcmp(text.p + at, with.p, with.n) == 0;
}

/* Is one of `words` (lower case, ended by NULL) in the `most` bytes before `at`, in any case? */
bool mask_follows(struct span text, size_t at, size_t most, const char *const *words);

/* ---- detectors ------------------------------------------------------- */

struct mask_hit {
	size_t at, n;
};

/*
 * The first hit that begins at or after `from`. Looks at bytes before `from`
 * too, for word boundaries. Time is linear in what it passes over.
 */
typedef bool (*mask_find_fn)(struct span text, size_t from, struct mask_hit *);

bool mask_find_card(struct span, size_t, struct mask_hit *);
bool mask_find_ssn(struct span, size_t, struct mask_hit *);
bool mask_find_email(struct span, size_t, struct mask_hit *);
bool mask_find_phone(struct span, size_t, struct mask_hit *);
bool mask_find_iban(struct span, size_t, struct mask_hit *);
bool mask_find_ip(struct span, size_t, struct mask_hit *);
bool mask_find_jwt(struct span, size_t, struct mask_hit *);
bool mask_find_private_key(struct span, size_t, struct mask_hit *);
bool mask_find_aws(struct span, size_t, struct mask_hit *);
bool mask_find_github(struct span, size_t, struct mask_hit *);
bool mask_find_slack(struct span, size_t, struct mask_hit *);
bool mask_find_token(struct span, size_t, struct mask_hit *);
bool mask_find_national(struct span, size_t, struct mask_hit *);
bool mask_find_vat(struct span, size_t, struct mask_hit *);
bool mask_find_bic(struct span, size_t, struct mask_hit *);
bool mask_find_crypto(struct span, size_t, struct mask_hit *);

/* The first hit of a built-in detector. */
bool mask_find(enum view_detector, struct span text, size_t from, struct mask_hit *);

/* ---- patterns -------------------------------------------------------- */

struct mask_pattern;

/* Returns 0, -EINVAL or -ENOMEM. */
int mask_pattern_new(struct mask_pattern **out, const char *pattern);
void mask_pattern_free(struct mask_pattern **);
/* `text` must be UTF-8. 1: hit; 0: none; -1: gave up at a limit, treat all as a hit. */
int mask_pattern_find(const struct mask_pattern *, struct span text, size_t from,
    struct mask_hit *);

/* ---- one mask -------------------------------------------------------- */

struct mask {
	const struct view_mask *view;
	uint32_t detectors;		/* with DETECT_PATTERN only if there is one */
	struct mask_pattern *pattern;	/* owned; NULL: none */
	uint8_t key[MASK_KEY_SIZE];
};

struct mask_set {
	size_t count;
	uint64_t with_columns, with_detectors, with_fields;	/* bit per mask */
	struct path_rules paths;	/* owned: all fields */
	struct mask_sieve sieve;
	struct mask masks[MASKS_MAX];
};

/* Write what stands for `value` under this mask: redacted, partial, hash, token. WAY_NULL writes as redact. */
void mask_write(const struct mask *, struct span value, struct out *);
/* HMAC-SHA-256 (RFC 2104) of `label`, a zero byte and `value`. */
void mask_hmac(const uint8_t key[MASK_KEY_SIZE], const char *label, struct span value,
    uint8_t digest[32]);
/* Of two masks that hide the same, the one that tells less. */
unsigned int mask_stricter(const struct mask_set *, unsigned int a, unsigned int b);
#define MASK_REDACTED "[redacted]"

/* ---- types ----------------------------------------------------------- */

enum mask_kind {
	KIND_TEXT,	/* binary form is the text */
	KIND_JSON,	/* text too, must stay JSON */
	KIND_JSONB,	/* binary form: one version byte, then JSON */
	KIND_NUMBER,	/* int8, numeric, float8: may hold a card */
	KIND_ADDRESS,	/* inet, cidr */
	KIND_ARRAY,	/* of something that can hold a hit */
	KIND_RECORD,
	KIND_BYTES,	/* bytea: what of it is text may */
	KIND_PLAIN,	/* cannot hold a hit: bool, date, uuid, … */
	KIND_OTHER,	/* a type this file does not know */
	MASK_KINDS
};

#define TYPE_INT8 20
#define TYPE_FLOAT8 701
#define TYPE_NUMERIC 1700
#define TYPE_UNTOLD UINT32_MAX	/* in binary form, and nobody said of what type */

enum mask_kind mask_kind_of(uint32_t type);

/* ---- scanning -------------------------------------------------------- */

/* Which detectors run over a value, and for which mask: each runs once, for the
 * strictest mask that wants it. Made once for an answer. */
struct mask_lineup {
	uint32_t detectors;			/* built-in ones */
	uint8_t owner[DETECT_PATTERN];		/* index of the mask */
	uint8_t pattern_count;
	uint8_t patterns[MASKS_MAX];		/* indices of masks with a pattern */
};

void mask_lineup_fill(const struct mask_set *, uint64_t masks, struct mask_lineup *);
static inline bool
mask_lineup_is_empty(const struct mask_lineup *lineup)
{
	return lineup->detectors == 0 && lineup->pattern_count == 0;
}

enum mask_writing {
	FORM_TEXT,
	FORM_JSON,	/* stays JSON */
	FORM_MESSAGE,	/* for people: cannot be null */
};

/* Does any detector hit `text`? */
bool mask_hits(const struct mask_set *, const struct mask_lineup *, struct span text,
    enum mask_writing, struct mask_tally *);
/*
 * Write `text` without its hits to *out. MASK_KEPT: no hit, nothing written.
 * MASK_NULLED: a mask said null; what was written is taken back.
 */
enum mask_result mask_scan(const struct mask_set *, const struct mask_lineup *,
    struct span text, enum mask_writing, struct out *, struct mask_tally *);
struct json_place;

/* A part of a text. What is before it is read for what it says of it ("ssn=") and not written. */
struct mask_window {
	size_t begin;	/* the first byte that is written */
	size_t from;	/* begin, or the sign before it, with which no hit begins */
	size_t upto;	/* hits that begin behind it are left */
	size_t used;	/* out: where what was written ends: at `upto`, or where a hit does that crosses it */
	const struct mask_class *class;	/* of what is written; NULL: not known */
	uint32_t detectors;	/* where it is known: what mask_class_filter() says of it, or more */
	const struct json_place *place;	/* FORM_JSON: where `begin` is in it; NULL: outside of strings */
	/* Told of each hit, in order, and of what stands for it; nothing is null then. What begins before an earlier
	 * one has taken its place. */
	void (*note)(void *noter, const struct mask_hit *, struct span written);
	void *noter;
};

/* As mask_scan(), of a part. */
enum mask_result mask_scan_part(const struct mask_set *, const struct mask_lineup *, struct span text,
    struct mask_window *, enum mask_writing, struct out *out, struct mask_tally *);
/* Does a value in binary form hold a hit? Doubt is a hit. */
bool mask_decode_hits(const struct mask_set *, const struct mask_lineup *, uint32_t type,
    struct span value, struct mask_tally *);
/* What one value is looked at with, and its parts, `depth` deep within it. */
struct mask_decode {
	const struct mask_set *set;
	const struct mask_lineup *lineup;
	struct mask_tally *tally;
};

bool mask_value_hits(const struct mask_decode *, uint32_t type, struct span, unsigned int depth);
bool mask_array_hits(const struct mask_decode *, struct span, unsigned int depth);
bool mask_record_hits(const struct mask_decode *, struct span, unsigned int depth);
bool mask_made_hits(const struct mask_decode *, struct span, unsigned int depth);
/* Does a bytea, in text or binary form, hold text with a hit? */
bool mask_bytes_hits(const struct mask_set *, const struct mask_lineup *, struct span value,
    bool is_text, struct mask_tally *);
/* float8 in text form may be written with an exponent, which hides a card. */
bool mask_float_hits(const struct mask_set *, const struct mask_lineup *, struct span text,
    struct mask_tally *);

#endif
