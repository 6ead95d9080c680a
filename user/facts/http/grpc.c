/*
 * grpc.c: gRPC, and gRPC-Web. A path is a method of the target's set, and its name the
 * operation. A call of one message is an act with that one's fields; of a call that streams
 * its messages each is an act, if all are here: where more could come, or too many came, it
 * is one act whose fields nobody knows. What a method does is unknown, unless the policy's
 * operations say it, or its file that it has no side effects.
 */
#include "base/caseless.h"
#include "base/grpc.h"
#include "facts/http/http.h"
#include "facts/http/inside.h"
#include "view/schema.h"

static enum effect
effect_of_call(const struct explaining *explaining, struct span name)
{
	const struct view_operation *operation = http_find_named(explaining, name);

	if (operation)
		return operation->effect;
	return explaining->facts->call->is_read ? EFFECT_READ : EFFECT_UNKNOWN;
}

/* Is the request one of gRPC at all? */
static bool
is_call(struct explaining *explaining)
{
	const struct wire_request *request = explaining->request;
	enum grpc_type type = grpc_type_of(explaining->facts->content_type);
	struct span coding;
	size_t codings;

	(void)http_header(explaining, "content-encoding", &coding, &codings);
	if (type == GRPC_NONE || !span_is(request->method, "POST"))
		http_doubt(explaining, "it is no call of gRPC");
	else if (type == GRPC_OTHER)
		http_doubt(explaining, "its messages are none of Protocol Buffers");
	else if (codings && !(codings == 1 && caseless_equal(coding, SPAN("identity"))))
		http_doubt(explaining, "a call of gRPC whose messages are compressed as a whole");
	else if (request->query.p)
		http_doubt(explaining, "a call of gRPC has no query");
	else
		return true;
	return false;
}

/* Its messages are counted, as far as they are here. False: they are no frames, or one is compressed that could not
 * be unfolded. */
static bool
count_messages(struct explaining *explaining, size_t *count)
{
	struct span in = explaining->request->body;
	struct grpc_frame frame;
	enum grpc_step step = GRPC_FRAME;

	*count = 0;
	while (in.n && (step = grpc_next(&in, GRPC_MESSAGE_MOST, &frame)) == GRPC_FRAME && !frame.flags)
		++*count;
	if (step == GRPC_FRAME && in.n == 0)
		return true;
	if (step == GRPC_MORE && explaining->request->is_open)
		return true;
	http_doubt(explaining, step == GRPC_FRAME ? "its message is compressed in a way that cannot be undone" :
	    step == GRPC_MORE ? "its message is cut" : "its message is too long, or none");
	return false;
}

/* All messages are here, and each is an act. */
static void
add_messages(struct explaining *explaining, const struct meant *meant)
{
	const struct view_schema *schema = &explaining->target->schema;
	const struct view_message *message = &schema->messages[explaining->facts->call->input];
	struct span in = explaining->request->body;
	struct grpc_frame frame;

	while (grpc_next(&in, GRPC_MESSAGE_MOST, &frame) == GRPC_FRAME) {
		struct pairs *pairs = http_take(explaining, sizeof(*pairs));
		struct meant one = *meant;
		const char *why;

		if (!pairs)
			return;
		why = http_read_message(explaining, message, frame.message, pairs);
		if (why)
			http_doubt(explaining, why);
		pairs->is_open |= why != NULL;
		one.fields = pairs;
		http_add_act(explaining, &one);
	}
}

static void
explain_messages(struct explaining *explaining, struct meant *meant)
{
	static const struct pairs none, open = { .is_open = true };
	bool is_open = explaining->request->is_open, has_many = explaining->facts->call->has_many_asks;
	size_t count;

	meant->fields = &open;
	if (!count_messages(explaining, &count)) {
		http_add_act(explaining, meant);
		return;
	}
	if (!has_many && !is_open && count != 1)
		http_doubt(explaining, "its method takes one message");
	if (is_open || count > HTTP_ACTS_MOST || (!has_many && count != 1)) {
		http_note(explaining, "its messages are not all looked into");
		http_add_act(explaining, meant);
	} else if (count == 0) {
		meant->fields = &none;
		http_add_act(explaining, meant);
	} else {
		add_messages(explaining, meant);
	}
}

void
http_explain_grpc(struct explaining *explaining)
{
	struct http_facts *facts = explaining->facts;
	struct meant meant = { .effect = EFFECT_UNKNOWN };

	facts->is_call = is_call(explaining);
	if (facts->is_call && facts->path.n > 1)
		facts->call = schema_method(&explaining->target->schema, span_skip(facts->path, 1));
	if (!facts->is_call || !facts->call) {
		http_doubt(explaining, "it is none of the API's methods");
		http_add_act(explaining, &meant);
		return;
	}
	meant.operation = span_text(facts->call->name);
	meant.effect = effect_of_call(explaining, meant.operation);
	explain_messages(explaining, &meant);
}
