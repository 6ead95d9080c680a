/* body_value.h: what forms that are not JSON do with a value, and how they are cut into pieces. */
#ifndef MASK_BODY_VALUE_H
#define MASK_BODY_VALUE_H

#include "mask/body_inside.h"

/* ---- values ------------------------------------------------------------------------- */

struct body_value {
	struct body_eyes *eyes;
	struct body_json *json;	/* owned; made when first needed */
	uint64_t *root;		/* owned: the place of the whole body */
	struct json_apart *apart;	/* of the next value that is read as JSON; NULL: none */
};

/* Returns 0 or -ENOMEM; close in any case. */
int body_value_open(struct body_value *, struct body_eyes *);
void body_value_close(struct body_value *);
/*
 * The text at `place`: hidden under `hider` (-1: none), else read as JSON where it is, else
 * looked at; JSON beyond a limit is hidden whole. Appended to *out where EDITED.
 */
enum mask_result body_value_edit(struct body_value *, const uint64_t *place, int hider, struct span name,
    struct span text, struct out *out);
/* Is it JSON? Then what masks leave of it is in *out, and *edited tells whether they changed it. */
bool body_value_as_json(struct body_value *, const uint64_t *place, struct span text, struct out *out, bool *edited);
/* It was not said to be: could a mask have found something in it all the same, but for a limit or for room in *out? */
bool body_value_is_beyond(const struct body_value *, const struct out *);
/* What detectors leave of what cannot be null: of a name, of a comment. Appended to *out where true. */
bool body_value_look(struct body_value *, struct span text, struct out *out);

/* ---- pieces ------------------------------------------------------------------------- */

/* A body is read piece by piece; one that a run cuts is held until it is whole. */
struct body_pieces {
	struct out held;
	size_t scanned;		/* of the piece: it does not end before */
	/* Where the piece that `text` begins with ends, 1..n; 0: not in it, and *scanned says how far that is
	 * known. With is_last all is here, and 0 means that it is none. */
	size_t (*end)(void *state, struct span text, size_t *scanned, bool is_last);
	/* A whole piece. False: *why says what is wrong with it. */
	bool (*put)(void *state, struct span piece, struct out *, const char **why);
	const char *unended;	/* what is said where 0 is for all */
};

struct body_pieces body_pieces_new(void);
void body_pieces_close(struct body_pieces *);
bool body_pieces_put(struct body_pieces *, void *state, struct span in, bool is_last, struct out *, const char **why);

#endif
