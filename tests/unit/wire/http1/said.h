/* said.h: what either side says in a conversation of a test, one after the other. */
#ifndef SAID_H
#define SAID_H

#include "wire.h"

struct said {
	enum wire_side side;
	struct span bytes;
	bool closes;
};

#define CLIENT(text) { WIRE_CLIENT, SPAN(text), false }
#define SERVER(text) { WIRE_SERVER, SPAN(text), false }
#define CLOSES { WIRE_SERVER, { 0 }, true }
#define SAID_MOST 8

#endif
