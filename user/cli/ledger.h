/*
 * ledger.h: what the verbs that read the ledger share.
 * They read its files themselves, without the daemon: whoever may read the
 * directory may ask, and the answers are there when nothing runs any more.
 */
#ifndef CLI_LEDGER_H
#define CLI_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"
#include "entry.h"
#include "out.h"
#include "span.h"

/* Called for each entry. False: stop, the rest is not wanted. */
typedef bool (*cli_entry_fn)(void *arg, uint64_t index, struct span entry);

int cli_verify(const struct instance *, int argc, char **argv);
int cli_sessions(const struct instance *, int argc, char **argv);
int cli_replay(const struct instance *, int argc, char **argv);
int cli_why(const struct instance *, int argc, char **argv);

/* Open `path`, or the instance's ledger when it is NULL. A descriptor, or -1 and
 * *code, after saying what to do. */
int cli_ledger_open(const struct instance *, const char *path, int *code);
/* Walk over all entries of the instance's ledger. Returns CLI_OK or another, after saying why. */
int cli_ledger_walk(const struct instance *, cli_entry_fn, void *arg);
/* The same of the ledger in a directory, which stays the caller's. */
int cli_ledger_walk_at(int directory, cli_entry_fn, void *arg);
/* Print wrong usage of `verb`. Returns CLI_USAGE. */
int cli_ledger_usage(const char *verb);
/*
 * The one id that begins with `prefix`, among `keys` (ended by 0) of all
 * entries, into `id` (ID_TEXT_SIZE). Returns CLI_OK, CLI_NO (none, or more than
 * one; said) or another.
 */
int cli_ledger_find(const struct instance *, const char *prefix,
    const enum entry_key *keys, char *id);
/* Does the entry have this text under that key? */
bool cli_ledger_has(struct span entry, enum entry_key, const char *text);

/* Text for a terminal: control characters as \xNN, `indent` spaces after each newline. */
void cli_put_text(struct out *, struct span text, unsigned int indent);
/* "2026-11-22T11:05:28.123Z" */
void cli_put_time(struct out *, uint64_t wall_ns);
/* An entry as a headline and what belongs to it, for people. */
void cli_put_entry(struct out *, struct span entry);
/* "NAME value" in a line of its own, when the entry has it. */
void cli_put_line(struct out *, struct span entry, enum entry_key, const char *name);
/* Write what is in *out to standard output, and empty it. */
void cli_flush(struct out *);

#endif
