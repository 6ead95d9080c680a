/*
 * What a skill is told: an SQLSTATE of ours, an id, what it may do next; never a
 * rule, a file, a host, a person. It fits, and cannot break out of a line.
 */
#include "worker.h"

static const char *const forbidden[] = {
	"rule", "duty", "yaml", "policy.", "host", "postgres", "server", "role",
	"user", "target", "/", "\\", "@", "::", "127.", "10.", "localhost", "worker",
	"%", "null", "interlock",
};

static void
check_text(const char *name, struct span text)
{
	CHECK_ROW(name, text.n > 0);
	for (size_t i = 0; i < text.n; i++)
		CHECK_ROW(name, text.p[i] >= 0x20 && text.p[i] < 0x7f);
	for (size_t i = 0; i < COUNT(forbidden); i++)
		CHECK_ROW(forbidden[i],
		    !memmem(text.p, text.n, forbidden[i], strlen(forbidden[i])));
}

static void
check_refusal(enum refusal what, unsigned int minutes)
{
	/* of our own class, but for what clients know by PostgreSQL's codes */
	static const char *const standard[REFUSALS] = {
		[REFUSAL_CANCELLED] = "57014", [REFUSAL_PASSWORD] = "28P01", [REFUSAL_BINDING] = "28000",
	};
	const struct id id = flow_refusal_id(&worker);
	char room[REFUSAL_ROOM + 1], text[ID_TEXT_SIZE];
	struct wire_no no;

	room[REFUSAL_ROOM] = 'x';
	no = flow_refusal(what, &id, minutes, room);
	CHECK(room[REFUSAL_ROOM] == 'x');
	CHECK_ROW(no.sqlstate, strlen(no.sqlstate) == 5 && (standard[what] ?
	    strcmp(no.sqlstate, standard[what]) == 0 : strncmp(no.sqlstate, "IL", 2) == 0));
	/* "words (ref-…)": the id, whose letters are any, stands at the end */
	id_format(&id, text);
	CHECK_ROW(no.sqlstate, no.message.n > ID_TEXT_SIZE + 2 &&
	    memcmp(no.message.p + no.message.n - ID_TEXT_SIZE, text, ID_TEXT_SIZE - 1) == 0);
	check_text(no.sqlstate, span_head(no.message, no.message.n - ID_TEXT_SIZE));
	check_text(no.sqlstate, no.hint);
	CHECK_ROW(no.sqlstate, strncmp(text, "ref-", 4) == 0 && !no.fatal);
	CHECK_ROW(no.sqlstate, no.message.p >= (uint8_t *)room &&
	    no.hint.p + no.hint.n <= (uint8_t *)room + REFUSAL_ROOM);
	if (minutes) {
		snprintf(text, sizeof(text), "%u minutes", minutes);
		CHECK_ROW(no.sqlstate, memmem(no.hint.p, no.hint.n, text, strlen(text)));
	}
}

/* A hold that waits: its id and the refusal's, and when to come back. */
static void
check_held(enum hold_answer answer, unsigned int status)
{
	const struct id id = flow_refusal_id(&worker), hold = flow_make_id(&worker, ID_HOLD);
	char room[REFUSAL_ROOM + 1], text[ID_TEXT_SIZE];
	struct wire_no no;

	room[REFUSAL_ROOM] = 'x';
	no = flow_refusal_held(&id, &hold, answer, room);
	CHECK(room[REFUSAL_ROOM] == 'x');
	CHECK(no.status == status && no.retry_after_s > 0 && strcmp(no.sqlstate, "ILH03") == 0);
	CHECK(span_is(no.hold, id_format(&hold, text)) && strncmp(text, "hld-", 4) == 0);
	CHECK(span_is(no.id, id_format(&id, text)));
	CHECK(memmem(no.message.p, no.message.n, text, strlen(text)) && no.hint.n > 0);
}

int
main(void)
{
	char room[REFUSAL_ROOM];
	struct id last = { 0 };

	worker_begin();
	for (unsigned int what = 0; what < REFUSALS; what++) {
		const struct id id = flow_refusal_id(&worker);

		check_refusal((enum refusal)what, 0);
		check_refusal((enum refusal)what, 7);
		check_refusal((enum refusal)what, UINT32_MAX);
		CHECK(id.kind == ID_REFUSAL && !id_equal(&id, &last));
		last = id;
		for (unsigned int other = 0; other < what; other++) {
			const char *a = flow_refusal((enum refusal)what, &id, 0, room).sqlstate;

			CHECK(strcmp(a, flow_refusal((enum refusal)other, &id, 0,
			    room).sqlstate) != 0);
		}
	}
	check_held(ANSWER_RETRY, 403);
	check_held(ANSWER_RETRY_202, 202);
	worker_end();
	return check_end();
}
