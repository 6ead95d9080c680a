/*
 * Tokens between a worker, the keeper and the courier: one fetch for all who ask, what the courier is told and when,
 * what becomes of a refusal, of a courier that ends, of a refresh token that comes. The keeper's own functions.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "check.h"
#include "entry.h"
#include "entry/scribe.h"
#include "loop/loop.h"
#include "msg/post.h"
#include "out.h"
#include "vault/credential.h"
#include "vault/keeper.h"
#include "vault/loan.h"
#include "vault/token.h"
#include "vault/vault.h"
#include "view.h"

#define BODY_MAX 65536

static char place[] = "/tmp/keeper_token_test.XXXXXX", client_path[64], refresh_path[64];
static struct view_secret secrets[] = {
	{ .target = "api", .role = "node", .from = SECRET_FILE, .path = client_path, .tls = TLS_VERIFY_FULL,
	  .credential = { .as = AS_OAUTH2 }, .certificate = "", .grant = { .type = GRANT_CLIENT, .endpoint = "https://a.example/t",
	    .host = "a.example", .port = 443, .client_id = "node", .scope = "s", .audience = "", .resource = "", .roots = "PEM",
	    .refresh = "" } },
	{ .target = "fresh", .role = "open", .from = SECRET_NONE, .path = "", .tls = TLS_VERIFY_FULL,
	  .credential = { .as = AS_OAUTH2 }, .certificate = "", .grant = { .type = GRANT_REFRESH, .auth = CLIENT_AUTH_NONE,
	    .endpoint = "https://a.example/t", .host = "a.example", .port = 443, .client_id = "open", .scope = "", .audience = "",
	    .resource = "", .roots = "PEM", .refresh_from = SECRET_FILE, .refresh = refresh_path } },
};
static struct view_target targets[] = { { .name = "api" }, { .name = "fresh" } };
static struct keeper keeper;
static int worker, courier, recorder;

static bool
hear_nothing(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	(void)arg, (void)from, (void)head, (void)body, (void)fd;
	return true;
}

static int
channel(unsigned int slot)
{
	int ends[2], moved;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) || dup2(ends[0], MSG_FD_CHANNEL(slot)) < 0)
		abort();
	moved = fcntl(ends[1], F_DUPFD_CLOEXEC, 100);
	if (moved < 0)
		abort();
	return moved;
}

static void
put_secret(char *path, size_t size, const char *name, const char *text)
{
	int fd;

	snprintf(path, size, "%s/%s", place, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static void
begin(void)
{
	static struct view_keeper view = {
		.head = { .epoch = 1 }, .secrets = secrets, .secret_count = COUNT(secrets), .targets = targets,
		.target_count = COUNT(targets),
	};

	while (open("/dev/null", O_RDONLY) < MSG_FD_PRIVATE)
		;
	CHECK(loop_new(&keeper.loop) == 0);
	worker = channel(SLOT_WORKER);
	courier = channel(SLOT_COURIER);
	recorder = channel(SLOT_RECORDER);
	for (int fd = MSG_FD_INSTANCE; fd < MSG_FD_PRIVATE; fd++)
		if (fd != MSG_FD_CHANNEL(SLOT_WORKER) && fd != MSG_FD_CHANNEL(SLOT_RECORDER) && fd != MSG_FD_CHANNEL(SLOT_COURIER))
			close(fd);
	keeper.directory = fcntl(open(place, O_RDONLY | O_DIRECTORY), F_DUPFD_CLOEXEC, 100);
	keeper.uid = geteuid();
	keeper.view = &view;
	CHECK(post_new(&keeper.post, keeper.loop, SLOT_KEEPER, hear_nothing, NULL) == 0);
	CHECK(scribe_new(&keeper.scribe, keeper.post, "keeper") == 0);
	CHECK(loans_new(&keeper.loans) == 0 && tokens_new(&keeper.tokens) == 0);
	CHECK(credentials_new(&keeper.credentials, geteuid()) == 0 && credentials_policy(keeper.credentials, &view) == 0);
}

static void
end(void)
{
	scribe_free(&keeper.scribe);
	post_free(&keeper.post);
	credentials_free(&keeper.credentials);
	loans_free(&keeper.loans);
	tokens_free(&keeper.tokens);
	loop_free(&keeper.loop);
}

/* ---- what is said ---- */

static void
ask(const char *target, uint32_t flow, struct span input)
{
	struct id id = { .kind = ID_FLOW, .slot = SLOT_WORKER, .chance = flow, .time = 1000 };
	struct msg_head head = { .type = MSG_PROOF, .id = flow };
	struct out body = out_new(BODY_MAX);

	out_block(&body, span_text(target));
	msg_put_id(&body, &id);
	out_u8(&body, VAULT_LEND);
	out_block(&body, input);
	CHECK(keeper_proof(&keeper, SLOT_WORKER, &head, out_view(&body)));
	out_free(&body);
}

/* The status that came for the flow; -1: none. The token is in *token. */
static int
hear_answer(uint32_t flow, struct span *token)
{
	static uint8_t packet[BODY_MAX];
	struct msg_head head;
	struct span body, output;
	uint32_t status, ms;
	ssize_t n = recv(worker, packet, sizeof(packet), 0);
	uint8_t step;

	*token = SPAN("");
	if (n < (ssize_t)sizeof(head))
		return -1;
	memcpy(&head, packet, sizeof(head));
	body = span_of(packet + sizeof(head), (size_t)n - sizeof(head));
	if (!CHECK(head.id == flow && take_be32(&body, &status) && take_u8(&body, &step) && take_block(&body, &output)))
		return -1;
	CHECK(status ? !output.n : take_be32(&output, &ms) && ms > 0);
	*token = output;
	return (int)status;
}

/* What the courier is to send, if anything. Returns its id, or 0. */
static uint64_t
hear_fetch(const char *authorization, const char *form)
{
	static uint8_t packet[BODY_MAX];
	struct msg_head head;
	struct span body, url, host, field, sent;
	uint16_t port;
	ssize_t n = recv(courier, packet, sizeof(packet), 0);

	if (n < (ssize_t)sizeof(head))
		return 0;
	memcpy(&head, packet, sizeof(head));
	CHECK(head.type == MSG_ROOTS && span_is(span_of(packet + sizeof(head), (size_t)n - sizeof(head)), "PEM"));
	n = recv(courier, packet, sizeof(packet), 0);
	if (!CHECK(n >= (ssize_t)sizeof(head)))
		return 0;
	memcpy(&head, packet, sizeof(head));
	body = span_of(packet + sizeof(head), (size_t)n - sizeof(head));
	CHECK(head.type == MSG_FETCH && take_text(&body, &url) && take_text(&body, &host) && take_be16(&body, &port) &&
	    take_block(&body, &field) && take_block(&body, &sent) && !body.n);
	CHECK(span_is(url, "https://a.example/t") && span_is(host, "a.example") && port == 443);
	CHECK_ROW(form, span_is(field, authorization) && span_is(sent, form));
	return head.id;
}

static bool
say_fetched(uint64_t id, uint32_t status, uint32_t lifetime, const char *token, const char *refresh, const char *why)
{
	struct msg_head head = { .type = MSG_FETCHED, .id = id };
	struct out body = out_new(BODY_MAX);
	bool right;

	out_be32(&body, status);
	out_be32(&body, lifetime);
	out_block(&body, span_text(token));
	out_block(&body, span_text(refresh));
	out_block(&body, span_text(why));
	right = keeper_fetched(&keeper, SLOT_COURIER, &head, on_cliff(out_view(&body)));
	out_free(&body);
	return right;
}

/* How many entries of that kind came since; none of them has a secret in it. */
static size_t
entries(uint64_t kind, const char *text)
{
	static uint8_t packet[BODY_MAX];
	size_t count = 0;
	ssize_t n;

	while ((n = recv(recorder, packet, sizeof(packet), 0)) > 0) {
		struct span body = span_of(packet + sizeof(struct msg_head), (size_t)n - sizeof(struct msg_head)), cbor, said;
		uint64_t number;
		uint8_t level;

		if (!CHECK(take_u8(&body, &level) && take_be64(&body, &number) && take_be64(&body, &number) && take_block(&body, &cbor)))
			continue;
		CHECK(!memmem(cbor.p, cbor.n, "token-", 6) && !memmem(cbor.p, cbor.n, "hunter2", 7));
		if (entry_get_uint(cbor, KEY_KIND, &number) && number == kind &&
		    entry_get_text(cbor, kind == ENTRY_ALARM ? KEY_REASON : KEY_DETAIL, &said))
			count += memmem(said.p, said.n, text, strlen(text)) != NULL;
	}
	return count;
}

/* ---- what is tried ---- */

#define BASIC "Basic bm9kZTpodW50ZXIy"
#define FORM "grant_type=client_credentials&scope=s"

static void
check_fetching(void)
{
	struct span token;
	uint64_t id;

	/* nothing is fetched for who may not have it */
	ask("api", 1, SPAN("\0"));
	CHECK(hear_answer(1, &token) == EOPNOTSUPP && !hear_fetch("", ""));
	ask("api", 1, SPAN("\1\2"));
	CHECK(hear_answer(1, &token) == EOPNOTSUPP && !hear_fetch("", ""));
	ask("api", 1, SPAN("\1"));
	ask("api", 2, SPAN("\1"));
	CHECK(hear_answer(1, &token) == -1);
	id = hear_fetch(BASIC, FORM);
	CHECK(id && !hear_fetch("", ""));
	/* what the courier must not say; what nobody has asked for */
	CHECK(!say_fetched(id, 0, 60, "", "", "") && !say_fetched(id, 0, 60, "a b", "", "") && !say_fetched(id, 0, 0, "a", "", ""));
	CHECK(!say_fetched(id, 0, 60, "a", "b\n", "") && !say_fetched(id, 5, 60, "a", "", "") && !say_fetched(id, 5, 0, "", "", "\n"));
	CHECK(say_fetched(id + 1, 0, 60, "token-of-nobody", "", "") && hear_answer(1, &token) == -1);
	CHECK(say_fetched(id, 0, 600, "token-one", "", ""));
	CHECK(hear_answer(1, &token) == 0 && span_is(token, "token-one"));
	CHECK(hear_answer(2, &token) == 0 && span_is(token, "token-one"));
	CHECK(entries(ENTRY_CREDENTIAL, "lent oauth2 token") == 2);
	ask("api", 3, SPAN("\1"));
	CHECK(hear_answer(3, &token) == 0 && span_is(token, "token-one") && !hear_fetch("", ""));
	/* one so young is not fetched anew, whoever refuses it; a flow is one target's */
	ask("api", 3, SPAN("\1\1"));
	CHECK(hear_answer(3, &token) == 0 && span_is(token, "token-one"));
	ask("fresh", 3, SPAN("\1"));
	CHECK(hear_answer(3, &token) == EPERM && !hear_fetch("", ""));
	/* the same answer again is nobody's */
	CHECK(say_fetched(id, 0, 600, "token-two", "", ""));
	ask("api", 3, SPAN("\1"));
	CHECK(hear_answer(3, &token) == 0 && span_is(token, "token-one"));
	/* the secret is another one now */
	put_secret(client_path, sizeof(client_path), "client", "hunter3\n");
	credentials_forget(keeper.credentials, 0);
	CHECK(keeper_token_renew(&keeper, 0) == 0);
	ask("api", 4, SPAN("\1"));
	id = hear_fetch("Basic bm9kZTpodW50ZXIz", FORM);
	CHECK(id && say_fetched(id, EACCES, 0, "", "", "the token endpoint refused with status 401: invalid_client"));
	CHECK(hear_answer(4, &token) == ENOKEY && entries(ENTRY_ALARM, "for target api: the token endpoint refused") == 1);
	ask("api", 4, SPAN("\1"));
	CHECK(hear_answer(4, &token) == ENOKEY && !hear_fetch("", "") && entries(ENTRY_ALARM, "") == 0);
}

#define REFRESH "grant_type=refresh_token&refresh_token="

static void
check_refreshing(void)
{
	struct span token;
	uint64_t id;

	ask("fresh", 10, SPAN("\1"));
	id = hear_fetch("", REFRESH "token-first&client_id=open");
	CHECK(id && say_fetched(id, 0, 600, "token-a", "token-second", "") && hear_answer(10, &token) == 0);
	CHECK(entries(ENTRY_CREDENTIAL, "and a new refresh token") == 1);
	/* a courier that ends: what it had is lost, and what it brings after all is taken */
	CHECK(keeper_token_renew(&keeper, 1) == 0);
	ask("fresh", 11, SPAN("\1"));
	id = hear_fetch("", REFRESH "token-second&client_id=open");
	keeper_courier_down(&keeper);
	CHECK(id && hear_answer(11, &token) == ENOKEY && entries(ENTRY_ALARM, "the courier ended") == 1);
	CHECK(say_fetched(id, 0, 600, "token-b", "token-third", ""));
	ask("fresh", 11, SPAN("\1"));
	CHECK(hear_answer(11, &token) == 0 && span_is(token, "token-b"));
	/* another first one: the third is nobody's any more; a courier that brings no new one changes nothing */
	put_secret(refresh_path, sizeof(refresh_path), "refresh", "token-anew\n");
	CHECK(keeper_token_renew(&keeper, 1) == 0);
	ask("fresh", 12, SPAN("\1"));
	id = hear_fetch("", REFRESH "token-anew&client_id=open");
	CHECK(id && say_fetched(id, 0, 600, "token-c", "", "") && hear_answer(12, &token) == 0);
	/* another policy with the same terms has the same token; one that is about to quit fetches none */
	keeper_tokens_policy(&keeper);
	ask("fresh", 13, SPAN("\1"));
	CHECK(hear_answer(13, &token) == 0 && span_is(token, "token-c"));
	keeper.is_quitting = true;
	CHECK(keeper_token_renew(&keeper, 1) == 0);
	ask("fresh", 14, SPAN("\1"));
	CHECK(hear_answer(14, &token) == EAGAIN && !hear_fetch("", ""));
	(void)entries(ENTRY_ALARM, "");
}

int
main(void)
{
	char line[64];

	if (!mkdtemp(place))
		return 1;
	put_secret(client_path, sizeof(client_path), "client", "hunter2\n");
	put_secret(refresh_path, sizeof(refresh_path), "refresh", "token-first\n");
	begin();
	check_fetching();
	check_refreshing();
	end();
	snprintf(line, sizeof(line), "rm -r %s", place);
	CHECK(system(line) == 0);
	return check_end();
}
