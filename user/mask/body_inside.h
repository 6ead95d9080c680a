/*
 * body_inside.h: what the forms of bodies share.
 *   body          one body: its form, its end, its first fault
 *   body_look     one text in it, by detectors and by masks that name it
 *   body_sieve body_path    which detectors could hit; which masks name a place
 *   body_json body_json_value    tokens of JSON, and what becomes of them
 *   body_string   strings and numbers of JSON
 *   body_value body_pieces       a value of the other forms; a body cut into pieces
 *   body_cut body_stream body_delta    where a text may be cut; a text spread over events; where events have it
 *   body_sse body_form body_csv body_xml body_text     these forms
 *   body_type body_parts    what Content-Type says; bodies made of parts
 */
#ifndef MASK_BODY_INSIDE_H
#define MASK_BODY_INSIDE_H

#include "mask/body.h"
#include "mask/inside.h"

#define BODY_HELD_MOST (1u << 20)	/* bytes of one value: it is held until it is whole */
#define BODY_NAME_MOST 80		/* bytes of a value's name that may say what it is */
#define BODY_NESTED_MOST 4		/* JSON in strings of JSON, so deep */

/* ---- looking ------------------------------------------------------------------- */

/* What the texts of a body are looked at with. */
struct body_eyes {
	const struct mask_set *set;
	uint64_t active;
	struct mask_lineup lineup;
	bool detects;			/* any detector at all */
	bool names;			/* any mask with fields, */
	size_t words;			/* and what a place of theirs takes; 0: none */
	size_t shortest;		/* in fewer bytes there is no hit, */
	size_t shortest_number;		/* and here not in a number of JSON */
	bool spares_words;		/* no detector hits what is not STRING_TELLING */
	struct out room;
	struct mask_tally *tally;	/* of the call */
};

void body_eyes_open(struct body_eyes *, const struct mask_set *, uint64_t active);
void body_eyes_close(struct body_eyes *);

/* What one pass over a text tells. */
struct body_sight {
	struct mask_class class;
	uint32_t detectors;		/* that could hit */
};

/* Could a detector hit this text? Then *sight says which. */
bool body_may_hit(const struct body_eyes *, struct span text, struct body_sight *sight);
/* What detectors leave of `text`, which is called `name`; as mask_scan(), of FORM_TEXT. */
enum mask_result body_look(struct body_eyes *, struct span name, struct span text, struct out *);
/* The same, where it is known that it may be hit. */
enum mask_result body_look_at(struct body_eyes *, const struct body_sight *, struct span name, struct span text,
    struct out *);
/* What stands for a text that `mask` names. Never null: see its way. */
void body_hide(struct body_eyes *, unsigned int mask, struct span text, struct out *);
/* The strictest mask that names what is at `place`; or `already`, where that is stricter or none does. -1: none. */
int body_strictest_named(const struct body_eyes *, const uint64_t *place, int already);
static inline int
body_named(const struct body_eyes *eyes, const uint64_t *place, int already)
{
	if (!eyes->names || !path_is_named(&eyes->set->paths, place))
		return already;
	return body_strictest_named(eyes, place, already);
}
/* The strictest of the active masks, for what is hidden in doubt. */
unsigned int body_strictest(const struct body_eyes *);

/* ---- parts of a text ------------------------------------------------------------- */

/* Down to where a character begins. */
size_t body_character_at(struct span text, size_t at);
/*
 * Behind the last place where it can be cut; 0: there is none yet. `lines_only`: a pattern of one's own wants lines.
 * `is_begin`: it does not begin within a word.
 */
size_t body_cut(struct span text, bool lines_only, bool is_begin);
/* Behind the END line of a private key; 0: it is not in `part`. */
size_t body_key_end(struct span part);
/* Does a private key begin in the part that does not end in it? */
bool body_has_open_key(const struct body_eyes *, struct span part);

/* ---- strings of JSON -------------------------------------------------------------- */

enum string_step { STRING_WHOLE, STRING_CUT, STRING_BAD };
enum {
	STRING_ESCAPED = 1 << 0,
	STRING_HIGH = 1 << 1,		/* perhaps: not ASCII */
	STRING_TELLING = 1 << 2,	/* perhaps: a digit, a sign that detectors want, or more capitals than that: */
};
#define STRING_UPPERS 2

/* From *at, behind the opening quote or where it was CUT, to the closing one. Flags are added. */
enum string_step string_end(struct span text, size_t *at, unsigned int *flags);
/* The same; whether it is TELLING is not said. */
enum string_step string_end_key(struct span text, size_t *at, unsigned int *flags);
/* What a string without a fault stands for; half a pair is U+FFFD. */
void string_read(struct span raw, struct out *);
/* Write as the inside of a string. */
void string_write(struct span text, struct out *);
/* RFC 8259 section 6. */
bool number_is_right(struct span);
/* Is it a date, or a date and a time (RFC 3339, also without its zone)? No detector is for those. */
bool string_is_time(struct span);

/* ---- JSON ------------------------------------------------------------------------- */

struct body_json;

/* `many`: a text per line. Returns 0 or -ENOMEM. */
int body_json_new(struct body_json **, struct body_eyes *, bool many, unsigned int nested);
void body_json_free(struct body_json **);
/* Begin anew, at `place` of the paths. */
void body_json_reset(struct body_json *, const uint64_t *place);
/* A run. False: not JSON, or beyond a limit. */
bool body_json_put(struct body_json *, struct span in, bool is_last, struct out *);
const char *body_json_error(const struct body_json *);
/* Is what was wrong a limit, so that it may be JSON all the same? */
bool body_json_is_beyond(const struct body_json *);
/* Strings that are looked at elsewhere, where no mask names them. */
struct json_apart {
	size_t count;
	size_t at[16], to[16];	/* where they begin, and where in what is written: SIZE_MAX: not there */
};

/* Leave these, of texts that come in one run. They must outlive the next call. */
void body_json_set_apart(struct body_json *, struct json_apart *);
/* Was anything written otherwise than it came? */
bool body_json_is_edited(const struct body_json *);

/* ---- types ---------------------------------------------------------------------- */

struct body_parameter {
	const char *name;	/* NULL: no more are wanted */
	struct span *value;	/* p is NULL before, and after where it is not there */
};

/* "kind; name=value; name="value"", each of the wanted ones once. False: it can be read in two ways, or in none. */
bool body_parameters(struct span value, struct span *kind, const struct body_parameter *wanted);

/* ---- forms ------------------------------------------------------------------------ */

/* How bodies of one form are read. `open` gives a state, or NULL: no memory. */
struct body_form {
	void *(*open)(struct body_eyes *);
	bool (*put)(void *state, struct span in, bool is_last, struct out *, const char **why);
	void (*close)(void *state);
};

extern const struct body_form body_form_json, body_form_ndjson, body_form_sse, body_form_urlencoded, body_form_csv,
    body_form_xml, body_form_text;
/* With a state of its own: body_parts_open(), NULL where there is no memory. */
extern const struct body_form body_form_parts;
void *body_parts_open(struct body_eyes *, struct span type, bool redacts);

#endif
