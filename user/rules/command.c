/* command.c: what people ask of the policy process: `reload` and `policy` (desk/control.h). */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "msg/post.h"
#include "rules/serve_own.h"

#define CONTROL_V 1		/* desk/control.h */
#define CODE_NO 1		/* cli/cli.h: a check that found faults */
#define CODE_USAGE 2
#define CODE_FAILED 5

/* Send one line, and forget it. */
static void
send_line(struct serve *serve, uint64_t id, bool is_last, json_t *line)
{
	struct out body cleanup(out_free) = out_new(MSG_BODY_MAX);
	char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;

	json_decref(line);
	out_u8(&body, is_last);
	out_block(&body, text ? span_text(text) : SPAN("{\"v\":1,\"ok\":false,"
	    "\"error\":\"no memory for the answer\",\"code\":5}"));
	free(text);
	if (body.failed || post_send(serve->post, SLOT_BROKER, MSG_DONE, id,
	    out_view(&body), -1) < 0)
		log_error("an answer does not reach the broker");
}

static void
send_no(struct serve *serve, uint64_t id, const char *why, int code)
{
	send_line(serve, id, true, json_pack("{s:i,s:b,s:s,s:i}", "v", CONTROL_V,
	    "ok", 0, "error", why, "code", code));
}

static void
put_digest(const struct bundle *bundle, char text[65])
{
	text[0] = '\0';
	for (size_t i = 0; bundle && i < sizeof(bundle->digest); i++)
		snprintf(text + 2 * i, 3, "%02x", bundle->digest[i]);
}

static json_t *
say_policy(const struct serve *serve)
{
	const struct bundle *bundle = serve->in_force;
	char digest[65];

	put_digest(bundle, digest);
	return json_pack("{s:i,s:b,s:b,s:I,s:s,s:I,s:b,s:I,s:s,s:I}", "v", CONTROL_V,
	    "ok", 1, "in_force", bundle != NULL,
	    "epoch", (json_int_t)(bundle ? bundle->epoch : 0),
	    "digest", digest, "since", (json_int_t)serve->since,
	    "is_last_good", serve->is_last, "faults", (json_int_t)serve->errors,
	    "refused", serve->refused,
	    "refused_since", (json_int_t)(*serve->refused ? serve->refused_when : 0));
}

void
command_answer(struct serve *serve, const struct asker *asker, const char *why,
    const struct faults *faults)
{
	if (!asker->is_request)
		return;
	for (size_t i = 0; faults && i < faults->count; i++) {
		const struct fault *fault = &faults->v[i];

		send_line(serve, asker->id, false, json_pack(
		    "{s:i,s:{s:s,s:i,s:i,s:b,s:s}}", "v", CONTROL_V, "row",
		    "file", fault->file, "line", (int)fault->line,
		    "column", (int)fault->column, "warning", fault->is_warning,
		    "fault", fault->text));
	}
	if (why)
		send_no(serve, asker->id, why, CODE_NO);
	else
		send_line(serve, asker->id, true, say_policy(serve));
}

static void
begin_reload(struct serve *serve, uint64_t id, struct span person)
{
	struct asker asker = { .is_set = true, .is_request = true, .id = id };
	int status;

	snprintf(asker.person, sizeof(asker.person), "%.*s",
	    (int)(person.n < 63 ? person.n : 63),
	    person.n ? (const char *)person.p : "");
	status = serve_reload(serve, &asker);
	if (status == -EBUSY)
		send_no(serve, id, "another reload is under way: try again in a "
		    "moment", CODE_FAILED);
	else if (status < 0)
		send_no(serve, id, strerror(-status), CODE_FAILED);
}

bool
command_hear(struct serve *serve, const struct msg_head *head, struct span body)
{
	struct span person, text;
	const char *verb;
	uint32_t uid, pid;
	json_t *request;

	if (!take_block(&body, &person) || !take_be32(&body, &uid) ||
	    !take_be32(&body, &pid) || !take_block(&body, &text) || body.n)
		return false;
	request = json_loadb((const char *)text.p, text.n,
	    JSON_REJECT_DUPLICATES, NULL);
	verb = json_string_value(json_object_get(request, "do"));
	if (verb && strcmp(verb, "reload") == 0)
		begin_reload(serve, head->id, person);
	else if (verb && (strcmp(verb, "policy") == 0 ||
	    strcmp(verb, "status") == 0))
		send_line(serve, head->id, true, say_policy(serve));
	else
		send_no(serve, head->id, "the policy process does not know this "
		    "request", CODE_USAGE);
	json_decref(request);
	return true;
}
