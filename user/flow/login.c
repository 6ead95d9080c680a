/*
 * login.c: admission first, then dialling, then the upstream login.
 * A login is judged and entered before anything is dialled. Upstream: TCP, TLS as
 * the target says (verify-full by default), then the protocol's own dialogue, in
 * which the keeper computes what proves the secret; the worker never has it.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "decide/decide.h"
#include "dial/dial.h"
#include "flow/flow.h"
#include "inject/inject.h"
#include "msg/post.h"
#include "record/record.h"
#include "splice/splice.h"
#include "vault/vault.h"

#define AGAIN_NS (20 * MILLISECOND_NS)

static const struct view_target *
target_of(const struct flow *flow)
{
	return &flow->policy->view->targets[flow->target];
}

/* Refuse the login in the protocol's words and close. */
static void
say_no(struct flow *flow, enum refusal what, const struct id *refusal, const char *reason)
{
	const struct tls *client = flow->legs[WIRE_CLIENT].tls;

	flow->refusal = *refusal;
	log_line(LOG_LEVEL_WARNING, &flow->id, "login refused: %s", reason);
	if (client && !flow->legs[WIRE_CLIENT].tls_open)
		flow_end_shaking(flow, reason);
	else
		flow_farewell(flow, what, reason);
}

void
flow_login_failed(struct flow *flow, enum refusal what, const char *reason)
{
	struct id refusal = flow_refusal_id(flow->worker);
	struct record_flow record = flow_record(flow);
	struct verdict allowed = { .kind = VERDICT_ALLOW };

	(void)record_login(&record, span_of(NULL, 0), NULL, &allowed, &refusal, reason, NULL);
	say_no(flow, what, &refusal, reason);
}

void
flow_backend_failed(struct flow *flow, const char *reason)
{
	if (flow->codec)
		flow_login_failed(flow, REFUSAL_BACKEND, reason);
	else
		flow_end(flow, reason);
}

/* ---- admission ------------------------------------------------------------------ */

void
flow_login_refused(struct flow *flow, const struct wire_event *event)
{
	struct span code = { 0 }, message = { 0 };
	char reason[256];

	for (size_t i = 0; i < event->row.count; i++) {
		const struct wire_field *field = &event->row.fields[i];

		if (field->code == 'C')
			code = field->bytes;
		if (field->code == 'M')
			message = field->bytes;
	}
	snprintf(reason, sizeof(reason), "the backend refused the login: %.*s %.*s",
	    (int)span_head(code, 5).n, (const char *)code.p,
	    (int)span_head(message, 180).n, (const char *)message.p);
	flow_backend_failed(flow, reason);
}

/* What the login sets besides: SET by another door, and judged as that. */
static bool
read_settings(struct flow *flow, const struct wire_login *login, struct action *out)
{
	struct act *acts;

	arena_clear(flow->scratch);
	acts = arena_take(flow->scratch, (login->setting_count + 1) * sizeof(*acts));
	if (!acts)
		return false;
	for (size_t i = 0; i < login->setting_count; i++)
		if (!sql_setting_act(login->settings[i], flow->scratch, &acts[i]))
			return false;
	*out = (struct action){ .acts = acts, .act_count = login->setting_count };
	return true;
}

static void
judge(struct flow *flow, struct span role, const struct wire_login *login,
    const struct action *settings, char *why, struct verdict *verdict)
{
	decide_login(flow->policy->view, span_text(flow->who.skill), flow->target, role,
	    login->database, settings->acts, settings->act_count, why, verdict);
	if (!login->is_replication || verdict->kind != VERDICT_ALLOW)
		return;
	verdict->kind = VERDICT_DENY;
	verdict->why = SPAN("a replication connection is denied");
}

static void
admitted(void *arg, int status)
{
	struct flow *flow = arg;

	flow->entry = 0;
	if (flow->ended || status)
		return;
	if (flow_must_prove(flow))
		flow_prove(flow);
	else
		flow_dial(flow);
}

static void
copy_text(char *out, size_t size, struct span in)
{
	snprintf(out, size, "%.*s", (int)in.n, (const char *)in.p);
}

bool
flow_unit_login(struct flow *flow, const struct wire_event *event)
{
	const struct wire_login *login = &event->login;
	const char *role = target_of(flow)->role;
	struct span as = *role ? span_text(role) : login->user;
	struct record_flow record;
	struct action settings;
	struct id refusal = { 0 };
	struct verdict verdict;
	char why[DECIDE_WHY];
	struct record_call call = {
		.level = LEVEL_HANDED, .fn = admitted, .arg = flow, .sequence = &flow->entry,
	};

	if (as.n >= sizeof(flow->role) || login->database.n >= sizeof(flow->database) ||
	    !read_settings(flow, login, &settings)) {
		flow_farewell(flow, REFUSAL_LIMIT, "the login's names are too long or many");
		return false;
	}
	copy_text(flow->role, sizeof(flow->role), as);
	copy_text(flow->database, sizeof(flow->database), login->database);
	judge(flow, as, login, &settings, why, &verdict);
	record = flow_record(flow);
	if (verdict.kind != VERDICT_ALLOW) {
		refusal = flow_refusal_id(flow->worker);
		(void)record_login(&record, login->user, &settings, &verdict,
		    &refusal, "", NULL);
		say_no(flow, REFUSAL_POLICY, &refusal, "policy refused the login");
		return true;
	}
	flow_move(flow, FLOW_ADMITTING);
	if (record_login(&record, login->user, &settings, &verdict, &refusal, "", &call))
		flow_end(flow, "the login cannot be recorded");
	return !flow->ended;
}

/* ---- dialling --------------------------------------------------------------------- */

static void
dial_with(struct flow *flow, int fd)
{
	const struct abi_origin *origin = &flow->who.origin;
	int error = dial_comes_connected(target_of(flow)) ? 0 :
	    dial_connect(fd, origin->ip, origin->port);

	if (!error)
		error = flow_leg_open(flow, WIRE_SERVER, fd);
	if (error) {
		close(fd);
		flow_backend_failed(flow, strerror(-error));
		return;
	}
	flow_move(flow, FLOW_DIALING);
}

void
flow_dial(struct flow *flow)
{
	const struct abi_origin *origin = &flow->who.origin;
	int fd;

	if (dial_is_asked(target_of(flow))) {
		flow_move(flow, FLOW_SOCKET);
		if (dial_ask(flow->worker->post, flow_request(flow), target_of(flow), origin))
			flow_backend_failed(flow, "the loader cannot be asked for a socket");
		return;
	}
	fd = dial_socket(origin->ip);
	if (fd < 0)
		flow_backend_failed(flow, strerror(-fd));
	else
		dial_with(flow, fd);
}

bool
flow_hear_socket(struct worker *worker, const struct msg_head *head, struct span body, int fd)
{
	struct flow *flow = flow_asked(worker, head->id);
	cleanup(close_fd) int got = fd;
	uint32_t status;

	if (!take_be32(&body, &status) || body.n || (!status && got < 0))
		return false;
	if (!flow && errand_hear_socket(worker, head->id, status ? -EIO : got))
		got = -1;
	if (!flow)
		return true;
	if (status)
		flow_backend_failed(flow, dial_comes_connected(target_of(flow)) ?
		    "the backend's unix socket cannot be connected, or is not its owner's" :
		    "no socket could be made in the target's namespace");
	else
		dial_with(flow, take_fd(&got));
	return true;
}

static void
carried(void *arg, int status)
{
	struct flow *flow = arg;

	flow_end(flow, status ? strerror(-status) : "carried to its end");
}

/* The skill has spoken: if it began TLS, note whom it asked for. */
static void
note_name(void *arg)
{
	struct flow *flow = arg;
	uint8_t head[4096];
	struct span name;
	ssize_t n = recv(flow->legs[WIRE_CLIENT].fd, head, sizeof(head), MSG_PEEK);

	if (n > 0 && tls_peek_name(span_of(head, (size_t)n), &name))
		copy_text(flow->server_name, sizeof(flow->server_name), name);
}

/* inspect: none. Hand both sockets to splice/, the flow only counts. */
static void
carry(struct flow *flow)
{
	struct leg *client = &flow->legs[WIRE_CLIENT], *server = &flow->legs[WIRE_SERVER];

	loop_unwatch(flow->worker->loop, &client->watch);
	loop_unwatch(flow->worker->loop, &server->watch);
	flow_move(flow, FLOW_CARRYING);
	if (splice_new(&flow->splice, flow->worker->loop, client->fd, server->fd,
	    note_name, carried, flow))
		flow_end(flow, "no pipe to carry it");
}

void
flow_dialed(struct flow *flow)
{
	int error = dial_result(flow->legs[WIRE_SERVER].fd);

	if (error) {
		flow_backend_failed(flow, strerror(-error));
		return;
	}
	flow->legs[WIRE_SERVER].connected = true;
	if (!flow->codec) {
		carry(flow);
		return;
	}
	flow_move(flow, FLOW_LOGGING_IN);
	if (flow->codec->has_login && target_of(flow)->tls != TLS_DISABLE)
		flow->codec->tls_ask(flow->codec_state, flow->to);
	else
		flow_login_step(flow);
	if (!flow->ended)
		flow_flush(flow);
}

/* ---- the upstream login --------------------------------------------------------------- */

/* The backend is there and, where policy wants TLS, verified. */
static void
begin(struct flow *flow)
{
	flow->upstream_asked = true;
	if (!flow->codec->has_login) {
		flow_greet_backend(flow);
		return;
	}
	flow->codec->login_begin(flow->codec_state, span_text(flow->role),
	    span_text(flow->database), flow->to);
}

/* What SCRAM is bound to, and how: RFC 5802 section 6. A backend without a certificate whose digest is
 * defined is told that we cannot bind, one that offers nothing bound that we could. */
static struct span
bind_channel(const struct leg *leg, bool is_offered, uint8_t room[1 + TLS_END_POINT_MAX])
{
	size_t n = leg->tls_open ? tls_end_point(leg->tls, room + 1) : 0;

	if (!n)
		room[0] = 'n';
	else
		room[0] = is_offered ? 'p' : 'y';
	return span_of(room, is_offered ? 1 + n : 1);
}

static bool
ask_proof(struct flow *flow)
{
	const struct leg *leg = &flow->legs[WIRE_SERVER];
	enum view_tls tls = target_of(flow)->tls;
	uint8_t verified = leg->tls_open && tls >= TLS_VERIFY_CA;
	uint8_t channel[1 + TLS_END_POINT_MAX];
	struct span input;
	uint8_t step;

	if (!flow->codec->wants_proof(flow->codec_state, &step, &input))
		return true;
	if (step == VAULT_CLEARTEXT)
		input = span_of(&verified, 1);
	if (step == VAULT_SCRAM_FIRST)
		input = bind_channel(leg, input.p[0], channel);
	if (inject_ask(flow->worker->post, flow_request(flow),
	    span_text(flow->target_name), &flow->id, step, input)) {
		flow_backend_failed(flow, "the keeper cannot be asked");
		return false;
	}
	return true;
}

bool
flow_login_step(struct flow *flow)
{
	struct leg *leg = &flow->legs[WIRE_SERVER];
	bool is_secure;
	char answer;

	if (flow->ended || flow->state != FLOW_LOGGING_IN || flow->request)
		return !flow->ended;
	if (flow->upstream_asked)
		return ask_proof(flow);
	if (target_of(flow)->tls == TLS_DISABLE) {
		begin(flow);
		return true;
	}
	if (leg->tls) {
		if (!flow_secure_step(flow, &is_secure))
			return false;
		if (is_secure)
			begin(flow);
		return true;
	}
	if (!flow->codec->has_login)
		return flow_secure_begin(flow);
	answer = flow->codec->tls_answer(flow->codec_state);
	if (answer == 'S')
		return flow_secure_begin(flow);
	if (answer) {
		flow_backend_failed(flow, "the backend does not offer TLS, which the target demands");
		return false;
	}
	return true;
}

bool
flow_hear_proof(struct worker *worker, const struct msg_head *head, struct span body)
{
	struct flow *flow = flow_asked(worker, head->id);
	struct span output;
	uint8_t step;
	int status;

	if (!inject_hear(body, &status, &step, &output))
		return false;
	if (flow && flow->ask.state == ASK_LENDING) {
		flow_ask_lent(flow, step, status, output);
		return true;
	}
	if (flow && flow->ask.state == ASK_SIGNING) {
		flow_upload_signed(flow, step, status, output);
		return true;
	}
	if (flow && flow->state == FLOW_PROVING) {
		flow_prove_answered(flow, step, status, output);
		return true;
	}
	if (!flow || flow->state != FLOW_LOGGING_IN)
		return true;
	if (step == VAULT_CHAIN || step == VAULT_SIGN) {
		flow_secure_answered(flow, step, status, output);
		return true;
	}
	if (status == EAGAIN) {
		flow_put_off(flow);
		return true;
	}
	if (status) {
		flow_backend_failed(flow, status == ENOENT ? "no secret is stored for the target" :
		    status == EOPNOTSUPP ? "the backend wants a proof that the policy does not allow" :
		    "the backend's proof is wrong, or the secret cannot be used");
		return true;
	}
	flow->codec->login_proof(flow->codec_state, step, output, flow->to);
	if (ask_proof(flow))
		flow_pump(flow);
	return true;
}

static void
ask_again(void *arg)
{
	struct worker *worker = arg;
	struct flow *flow = worker->flows;

	while (flow) {
		struct flow *after = flow->after;
		bool again = flow->is_put_off;

		flow->is_put_off = false;
		if (again && flow->state == FLOW_LOGGING_IN)
			(void)flow_login_step(flow);
		else if (again && flow->state == FLOW_PROVING)
			(void)flow_prove_step(flow);
		flow = after;
	}
}

void
flow_put_off(struct flow *flow)
{
	flow->is_put_off = true;
	must(loop_set(flow->worker->loop, &flow->worker->again, AGAIN_NS, ask_again, flow->worker) == 0);
}

/* The next keeper knows nothing of a dialogue that has begun, so there is nothing to wait for. */
void
flow_keeper_ended(struct worker *worker)
{
	struct flow *flow = worker->flows;

	while (flow) {
		struct flow *after = flow->after;

		if (flow->request && (flow->state == FLOW_LOGGING_IN || flow->state == FLOW_PROVING))
			flow_login_failed(flow, REFUSAL_INTERNAL, "the keeper ended while it was asked for a proof");
		flow = after;
	}
}
