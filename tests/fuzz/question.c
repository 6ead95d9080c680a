/*
 * question.c: questions for names, as skills send them. Whatever comes, what is looked at
 * lies in it, a beginning of a good question is none, and what is answered fits, is no
 * question, and is what c-ares takes for an answer.
 */
#include "law.h"

#include <ares.h>

#include "names/message.h"
#include "out.h"
#include "span.h"

static const uint8_t ips[][16] = {
	{ [10] = 0xff, [11] = 0xff, 10, 0, 0, 5 }, { [10] = 0xff, [11] = 0xff, 10, 0, 0, 6 },
};

/* c-ares takes a name for a host's only when it could be one. */
static bool
is_host(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._/*") == strlen(name);
}

static void
answer(const struct question *q, unsigned int code, size_t most)
{
	const struct message_answer two = { ips, 2, 77 };
	struct out out = out_new(UINT16_MAX);
	struct ares_addrttl found[4];
	struct question again;
	int count = 4, status;

	message_write(&out, q, code, code == CODE_GOOD ? &two : NULL, most);
	law(!out.failed && out.n <= most, "an answer fits");
	law(message_read(out_view(&out), &again) == CODE_SILENCE, "an answer is no question");
	status = ares_parse_a_reply(out.p, (int)out.n, NULL, found, &count);
	law(code != CODE_GOOD || !is_host(q->name) || status == ARES_SUCCESS || status == ARES_ENODATA, "c-ares reads it");
	law(code != CODE_GOOD || status != ARES_SUCCESS || count == 2, "with all that was told");
	out_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n);
	struct question q, part;
	unsigned int code = message_read(in, &q);

	law(!q.asked.n || (q.asked.p >= p && q.asked.p + q.asked.n <= p + n), "containment");
	law(strlen(q.name) < MESSAGE_NAME, "a name ends");
	law(q.room >= MESSAGE_LEAST && q.room <= MESSAGE_UDP, "room");
	for (size_t cut = 0; code == CODE_GOOD && cut < n; cut++)
		law(message_read(span_head(in, cut), &part) != CODE_GOOD, "a beginning is none");
	if (code == CODE_SILENCE)
		return 0;
	answer(&q, code, q.room);
	answer(&q, code, UINT16_MAX);
	return 0;
}
