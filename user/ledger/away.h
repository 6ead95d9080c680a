/*
 * away.h: checkpoints to places that the recorder's directory is not.
 * A cut tail cannot be seen from the log alone; a checkpoint kept elsewhere
 * shows it. A second directory gets the note as the file "checkpoint", syslog
 * gets it as one line of JSON text. For the recorder.
 */
#ifndef LEDGER_AWAY_H
#define LEDGER_AWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"

struct view_recorder;

struct away {
	char *directory;	/* NULL: none */
	bool syslog;
	const char *syslog_socket;	/* "/dev/log" */
	uint64_t seen_size;	/* the last checkpoint that reached every place */
	uint64_t seen_wall;	/* when; 0: never */
};

/* Follow the view. Returns 0 or -ENOMEM. */
int away_set(struct away *, const struct view_recorder *);
bool away_is_set(const struct away *);
/* Send a note everywhere. Returns 0, or the -errno of a place that failed. */
int away_send(struct away *, struct span note, uint64_t size, uint64_t wall);
void away_free(struct away *);

#endif
