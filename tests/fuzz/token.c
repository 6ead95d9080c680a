/*
 * token.c: answers of token endpoints: two bytes of status, then the body. Whatever comes, what is taken for a token
 * can stand in a field, fits its limits, and a beginning of its answer is none; what is refused leaves no token.
 */
#include "law.h"

#include <errno.h>

#include "courier/answer.h"
#include "span.h"

static bool
is_visible(const char *text, size_t most)
{
	size_t n = strnlen(text, most + 1);

	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return n <= most;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct answer answer, part;
	struct span in = span_of(p, n);
	uint16_t status;
	const char *why;
	int r;

	if (!take_be16(&in, &status))
		return 0;
	r = answer_read(status, SPAN("application/json"), in, &answer, &why);
	law(r == 0 || r == -EACCES || r == -EPROTO, "one of three");
	law((r == -EPROTO) == (why != NULL), "a reason");
	law((r == 0) == (answer.token[0] != '\0'), "a token where there is one");
	law(is_visible(answer.token, ANSWER_TOKEN) && is_visible(answer.refresh, ANSWER_TOKEN) &&
	    is_visible(answer.error, ANSWER_ERROR), "what can stand in a field");
	law(r == 0 || (!answer.refresh[0] && !answer.lifetime), "nothing else is left of it");
	law((r == -EACCES) == (answer.error[0] != '\0'), "an error where there is one");
	if (r)
		return 0;
	law(status == 200 && answer.lifetime > 0 && answer.lifetime <= ANSWER_LIFETIME_MOST, "a lifetime");
	while (in.n && strchr(" \t\r\n", in.p[in.n - 1]))
		in.n--;
	for (size_t cut = in.n > 64 ? in.n - 64 : 0; cut < in.n; cut++)
		law(answer_read(200, SPAN("application/json"), span_head(in, cut), &part, &why) == -EPROTO, "a beginning is none");
	return 0;
}
