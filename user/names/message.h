/*
 * message.h: the two DNS messages that skills meet: a question, and its answer.
 * Strict where RFC 1035 leaves room: one question, no compression in it, nothing
 * after it but one OPT record (RFC 6891). Pure but for memory.
 */
#ifndef NAMES_MESSAGE_H
#define NAMES_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

struct out;
struct view_address;

#define MESSAGE_NAME 1024	/* 255 bytes, each written as \ddd, and a NUL */
#define MESSAGE_UDP 1232	/* the longest datagram either way, as DNS flag day 2020 has it */
#define MESSAGE_LEAST 512	/* what every client takes */

enum message_type { TYPE_A = 1, TYPE_AAAA = 28, TYPE_OPT = 41 };
enum message_code {
	CODE_GOOD = 0, CODE_FORMAT = 1, CODE_SERVER = 2, CODE_NO_NAME = 3, CODE_NOT_DONE = 4, CODE_REFUSED = 5,
	CODE_VERSION = 16,	/* of EDNS; the upper bits are in the OPT record */
	CODE_SILENCE = 0xffff	/* not to be answered at all */
};

struct question {
	uint16_t id, flags, type;
	char name[MESSAGE_NAME];	/* lower case, without the last dot, odd bytes as \ddd; "": the root */
	struct span asked;		/* the question as it came; empty: it could not be read */
	bool has_options;		/* an OPT record came, so that one goes back */
	uint16_t room;			/* the client takes an answer as long as this, by UDP */
};

/* What an answer says besides its code. */
struct message_answer {
	const uint8_t (*ips)[16];	/* in the form of ip.h, all of the family that was asked for */
	size_t count;
	uint32_t ttl;			/* seconds */
};

/* Read a question. Returns the code to answer with: CODE_GOOD when it may be looked up.
 * The spans of *out lie in `in`. */
unsigned int message_read(struct span in, struct question *out);
/* Write the answer, of at most `most` bytes; one that has no room for its addresses has
 * none and says that it was cut. Without addresses `answer` may be NULL. */
void message_write(struct out *, const struct question *, unsigned int code,
    const struct message_answer *, size_t most);

#endif
