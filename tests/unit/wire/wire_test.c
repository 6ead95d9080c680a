/* wire_test.c: each protocol finds its codec, and each codec's table is full. */
#include "check.h"
#include "view.h"
#include "wire.h"

int
main(void)
{
	CHECK(wire_find(PROTOCOL_POSTGRESQL) == &wire_pg);
	CHECK(wire_find(PROTOCOL_RAW) == &wire_raw);
	CHECK(wire_find(PROTOCOLS) == NULL);
	for (unsigned int i = 0; i < PROTOCOLS; i++) {
		const struct wire_codec *codec = wire_find(i);

		if (i == PROTOCOL_HTTP)
			continue;
		CHECK(codec->sniff && codec->open && codec->next && codec->pass && codec->refuse && codec->drop);
		CHECK(codec->rewrite && codec->challenge && codec->login_begin && codec->wants_proof && codec->login_proof);
		CHECK(codec->tls_ask && codec->tls_answer && codec->own_turn && codec->calm && codec->farewell);
		CHECK(codec->cancel && codec->setting && codec->is_idle && codec->has_room && codec->name);
	}
	return check_end();
}
