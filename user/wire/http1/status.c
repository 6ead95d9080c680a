/*
 * status.c: what an answer's head says (RFC 9112 sections 4 and 6.3).
 * As strict as of a request, where it says how long the body is. A server that says
 * it twice, or of what has no body, is not believed.
 */
#include "wire/http1/http1.h"

/* "HTTP/1.1 200 OK"; servers leave the reason away, and the blank before it. */
static bool
read_line(struct http1 *h, struct http1_head *head, struct span line)
{
	struct span version = span_head(line, 9), code = span_head(span_skip(line, 9), 3);
	uint64_t status;

	if (!span_is(version, "HTTP/1.1 ") && !span_is(version, "HTTP/1.0 "))
		return http1_fail(h, 502, "an answer that does not begin with a version");
	head->minor = version.p[7] - '0';
	head->reason = span_skip(line, 12);
	if (code.n != 3 || !http1_read_number(code, &status) || (head->reason.n && head->reason.p[0] != ' '))
		return http1_fail(h, 502, "an answer without a status of three digits");
	head->status = (unsigned int)status;
	head->reason = span_skip(head->reason, 1);
	return http1_is_value(head->reason) || http1_fail(h, 502, "a reason with a byte that may not stand there");
}

/* RFC 9112 section 6.3. What cannot have a body must not say that it has: readers differ in what they do then. */
static bool
choose_framing(struct http1 *h, struct http1_head *head)
{
	bool says_body = head->framing == FRAMING_CHUNKED || (head->framing == FRAMING_LENGTH && head->length > 0);

	if (head->status == 101)
		return http1_socket_answered(h, head);
	if (head->status < 200 || head->status == 204) {
		if (says_body)
			return http1_fail(h, 502, "a body of an answer that can have none");
		head->framing = FRAMING_NONE;
	} else if (h->asked_head || head->status == 304) {
		head->has_no_body = true;	/* and what its fields say is of another answer */
	} else if (head->framing == FRAMING_NONE) {
		head->framing = FRAMING_CLOSE;
		head->closes = true;
	}
	return true;
}

bool
http1_status_read(struct http1 *h, struct http1_head *head, struct span line, struct span rest)
{
	head->framing = FRAMING_NONE;
	head->closes = head->names_fields = head->has_no_body = false;
	return read_line(h, head, line) && http1_fields_read(h, &head->fields, rest) && http1_head_common(h, head) &&
	    choose_framing(h, head);
}
