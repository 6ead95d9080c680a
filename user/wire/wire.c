/* wire.c: which codec speaks which protocol. */
#include "wire.h"

#include <assert.h>

#include "view.h"

static const struct wire_codec *const codecs[] = {
	[PROTOCOL_POSTGRESQL] = &wire_pg,
	[PROTOCOL_RAW] = &wire_raw,
	[PROTOCOL_HTTP] = &wire_http1,
};
static_assert(COUNT(codecs) <= PROTOCOLS, "no codec without a protocol");

const struct wire_codec *
wire_find(unsigned int protocol)
{
	return protocol < COUNT(codecs) ? codecs[protocol] : NULL;
}
