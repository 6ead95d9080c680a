/*
 * keep_record.h: what the recorder does with what it is sent.
 * Messages in, entries into the ledger, answers and checkpoints out. In the
 * library rather than in main/, so that tests run it over real channels.
 */
#ifndef LEDGER_KEEP_RECORD_H
#define LEDGER_KEEP_RECORD_H

#include "ledger/ledger.h"

struct keep_record;
struct loop;

/* Read the boot id: before the box. Returns 0 or -errno. */
int keep_record_prepare(void);
/* Open the ledger and the channels, and say that this process serves. As ledger_open(). */
int keep_record_open(struct keep_record **out, struct loop *, int directory,
    struct ledger_found *);
/* Enter the stop, sign a last time, close. */
void keep_record_close(struct keep_record **);

#endif
