/*
 * id.h: names of things that are told to people and kept in the ledger.
 * One format for all: a kind, a dash, 15 digits in Crockford's base 32
 * (0-9 a-z without i l o u), for example `ref-00f3k9zt2c8a4r7`. The 75 bits are
 *   42 milliseconds since 2020-01-01 UTC (until 2159), 6 process slot, 27 random,
 * so that ids sort by time and no two processes make the same one by chance of
 * having started together. An id is a name, never a secret. Pure.
 */
#ifndef ID_H
#define ID_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"

enum id_kind {
	ID_NONE,
	ID_NODE,	/* nod: this installation, made once */
	ID_SESSION,	/* ses: one run of a skill */
	ID_FLOW,	/* flo: one diverted connection */
	ID_TURN,	/* trn: one ask and its answer */
	ID_HOLD,	/* hld: an action that waits for people */
	ID_REFUSAL,	/* ref: what a refused skill is told */
	ID_KINDS
};

struct id {
	uint8_t kind;		/* enum id_kind */
	uint8_t slot;		/* of the process that made it, 0..63 */
	uint32_t chance;	/* 27 bits */
	uint64_t time;		/* 42 bits, milliseconds since 2020-01-01 UTC */
};

#define ID_TEXT_SIZE 20	/* "kin-" + 15 digits + NUL */

/* Build one from its parts: wall clock in ms since 1970, any random bits. */
struct id id_make(enum id_kind, unsigned int slot, uint64_t wall_ms, uint32_t chance);
/* Write the text form. `text` has ID_TEXT_SIZE bytes. Returns `text`. */
char *id_format(const struct id *, char *text);
/* Read a text form exactly. False: not an id; *out unchanged. */
bool id_parse(struct span text, struct id *out);
bool id_equal(const struct id *, const struct id *);
static inline bool
id_is_set(const struct id *id)
{
	return id->kind != ID_NONE;
}

#endif
