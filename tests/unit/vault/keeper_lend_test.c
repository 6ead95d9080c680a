/*
 * What the keeper lends and signs for requests, and what it does not: to an unverified leg, for another target, too
 * often, out of the policy's way. The keeper's own functions, with the channels of a worker and the recorder.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "check.h"
#include "entry.h"
#include "entry/scribe.h"
#include "loop/loop.h"
#include "msg/post.h"
#include "out.h"
#include "vault/credential.h"
#include "vault/keeper.h"
#include "vault/loan.h"
#include "vault/sigv4.h"
#include "vault/token.h"
#include "vault/vault.h"
#include "view.h"

#define KEY "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define BODY_MAX 65536

enum { API, OTHER, LOOSE, S3, SESSION, NAMED, BROKEN, LOST, DB, TARGETS };
static const char *const names[TARGETS] = { "api", "other", "loose", "s3", "session", "named", "broken", "lost", "db" };
static struct view_secret secrets[TARGETS] = {
	[API] = { .tls = TLS_VERIFY_FULL, .credential = { .as = AS_BEARER } },
	[OTHER] = { .tls = TLS_VERIFY_CA, .credential = { .as = AS_BASIC, .user = "ann" }, .role = "ann" },
	[LOOSE] = { .tls = TLS_REQUIRE, .credential = { .as = AS_HEADER, .name = "X-Key" } },
	[S3] = { .tls = TLS_DISABLE, .credential = { .as = AS_SIGV4, .region = "us-east-1", .service = "s3" } },
	[SESSION] = { .tls = TLS_VERIFY_FULL, .credential = { .as = AS_SIGV4, .region = "us-east-1", .service = "s3" } },
	[NAMED] = { .tls = TLS_VERIFY_FULL, .credential = { .as = AS_SIGV4, .region = "r", .service = "s", .key = KEY }, .role = KEY },
	[BROKEN] = { .tls = TLS_VERIFY_FULL, .credential = { .as = AS_BEARER } },
	[LOST] = { .tls = TLS_VERIFY_FULL, .credential = { .as = AS_COOKIE, .name = "c" } },
	[DB] = { .tls = TLS_VERIFY_FULL, .role = "app", .proofs = 1 << PROOF_CLEARTEXT },
};
static const char *const stored[TARGETS] = {
	"token-of-api\n", "pass:word", "loose", KEY ":" SECRET "\n", KEY ":" SECRET ":TOKEN==", SECRET, "two\nlines", NULL, "pencil",
};
static struct view_target targets[TARGETS];
static char place[] = "/tmp/keeper_lend_test.XXXXXX", paths[TARGETS][64];
static struct keeper keeper;
static int worker, recorder;

/* ---- the keeper's surroundings ---- */

static bool
hear_nothing(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	(void)arg, (void)from, (void)head, (void)body, (void)fd;
	return true;
}

static int
channel(unsigned int slot)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) || dup2(ends[0], MSG_FD_CHANNEL(slot)) < 0)
		abort();
	return ends[1];
}

static void
put_secrets(void)
{
	for (size_t i = 0; i < TARGETS; i++) {
		int fd;

		snprintf(paths[i], sizeof(paths[i]), "%s/%s", place, names[i]);
		secrets[i].target = targets[i].name = names[i];
		secrets[i].from = SECRET_FILE;
		secrets[i].path = paths[i];
		if (!secrets[i].role)
			secrets[i].role = "";
		if (!stored[i])
			continue;
		fd = open(paths[i], O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (fd < 0 || write(fd, stored[i], strlen(stored[i])) != (ssize_t)strlen(stored[i]))
			abort();
		close(fd);
	}
}

static void
begin(void)
{
	static struct view_keeper view = {
		.head = { .epoch = 1 }, .secrets = secrets, .secret_count = TARGETS, .targets = targets, .target_count = TARGETS,
	};
	struct loop *loop = NULL;

	while (open("/dev/null", O_RDONLY) < MSG_FD_PRIVATE)
		;
	CHECK(loop_new(&loop) == 0);
	worker = fcntl(channel(SLOT_WORKER), F_DUPFD_CLOEXEC, 100);
	recorder = fcntl(channel(SLOT_RECORDER), F_DUPFD_CLOEXEC, 100);
	for (int fd = MSG_FD_INSTANCE; fd < MSG_FD_PRIVATE; fd++)
		if (fd != MSG_FD_CHANNEL(SLOT_WORKER) && fd != MSG_FD_CHANNEL(SLOT_RECORDER))
			close(fd);
	CHECK(post_new(&keeper.post, loop, SLOT_KEEPER, hear_nothing, NULL) == 0);
	CHECK(scribe_new(&keeper.scribe, keeper.post, "keeper") == 0);
	CHECK(loans_new(&keeper.loans) == 0);
	CHECK(tokens_new(&keeper.tokens) == 0);
	CHECK(credentials_new(&keeper.credentials, geteuid()) == 0);
	CHECK(credentials_policy(keeper.credentials, &view) == 0);
	keeper.loop = loop;
	keeper.view = &view;
}

static void
end(void)
{
	scribe_free(&keeper.scribe);
	post_free(&keeper.post);
	loop_free(&keeper.loop);
	credentials_free(&keeper.credentials);
	loans_free(&keeper.loans);
	tokens_free(&keeper.tokens);
}

/* ---- asking ---- */

static int
ask(int target, uint32_t flow, uint8_t step, struct span input, struct span *output)
{
	static uint8_t packet[BODY_MAX];
	struct id id = { .kind = ID_FLOW, .slot = SLOT_WORKER, .chance = flow, .time = 1000 };
	struct msg_head head = { .type = MSG_PROOF, .id = 7 };
	struct out body = out_new(BODY_MAX);
	uint32_t status = 9999;
	struct span answer;
	uint8_t which;
	ssize_t n;

	out_block(&body, span_text(names[target]));
	msg_put_id(&body, &id);
	out_u8(&body, step);
	out_block(&body, input);
	CHECK(keeper_proof(&keeper, SLOT_WORKER, &head, out_view(&body)));
	out_free(&body);
	*output = SPAN("");
	n = recv(worker, packet, sizeof(packet), 0);
	if (!CHECK(n > (ssize_t)sizeof(head)))
		return -1;
	answer = span_of(packet + sizeof(head), (size_t)n - sizeof(head));
	CHECK(take_be32(&answer, &status) && take_u8(&answer, &which) && which == step && take_block(&answer, output) && !answer.n);
	CHECK(!status || !output->n);
	return (int)status;
}

static void
hear_entry(const char *target, const char *role, const char *detail)
{
	static uint8_t packet[BODY_MAX];
	struct span body, cbor = SPAN(""), text;
	uint64_t number;
	uint8_t level;
	ssize_t n = recv(recorder, packet, sizeof(packet), 0);

	if (!CHECK_ROW(detail, n > (ssize_t)sizeof(struct msg_head)))
		return;
	body = span_of(packet + sizeof(struct msg_head), (size_t)n - sizeof(struct msg_head));
	CHECK(take_u8(&body, &level) && take_be64(&body, &number) && take_be64(&body, &number) && take_block(&body, &cbor));
	CHECK_ROW(detail, entry_get_uint(cbor, KEY_KIND, &number) && number == ENTRY_CREDENTIAL);
	CHECK_ROW(detail, entry_get_text(cbor, KEY_DETAIL, &text) && span_is(text, detail));
	CHECK_ROW(detail, entry_get_text(cbor, KEY_TARGET, &text) && span_is(text, target));
	CHECK_ROW(detail, entry_get_text(cbor, KEY_FLOW, &text) && text.n == ID_TEXT_SIZE - 1);
	CHECK_ROW(detail, entry_get_text(cbor, KEY_NAME, &text) && span_is(text, "worker/0"));
	if (*role)
		CHECK_ROW(detail, entry_get_text(cbor, KEY_ROLE, &text) && span_is(text, role));
	CHECK_ROW(detail, !memmem(cbor.p, cbor.n, "token-of", 8) && !memmem(cbor.p, cbor.n, "wJalr", 5));
}

static void
hear_no_entry(const char *when)
{
	uint8_t packet[64];

	CHECK_ROW(when, recv(recorder, packet, sizeof(packet), 0) < 0 && errno == EAGAIN);
}

/* ---- what is tried ---- */

static void
check_lending(void)
{
	struct span output;

	CHECK(ask(API, 1, VAULT_LEND, SPAN("\1"), &output) == 0 && span_is(output, "token-of-api"));
	hear_entry("api", "", "lent bearer");
	CHECK(ask(OTHER, 2, VAULT_LEND, SPAN("\1"), &output) == 0 && span_is(output, "pass:word"));
	hear_entry("other", "ann", "lent basic");
	/* the leg is not verified TLS, by the worker's word or by the policy */
	CHECK(ask(API, 1, VAULT_LEND, SPAN("\0"), &output) == EOPNOTSUPP);
	CHECK(ask(API, 1, VAULT_LEND, SPAN("\2"), &output) == EOPNOTSUPP);
	CHECK(ask(API, 1, VAULT_LEND, SPAN(""), &output) == EOPNOTSUPP);
	CHECK(ask(API, 1, VAULT_LEND, SPAN("\1\1"), &output) == EOPNOTSUPP);
	CHECK(ask(LOOSE, 3, VAULT_LEND, SPAN("\1"), &output) == EOPNOTSUPP);
	/* a flow is one target's */
	CHECK(ask(OTHER, 1, VAULT_LEND, SPAN("\1"), &output) == EPERM);
	CHECK(ask(S3, 1, VAULT_SIGV4_KEY, SPAN(""), &output) == EPERM);
	CHECK(ask(DB, 1, VAULT_CLEARTEXT, SPAN("\1"), &output) == EPERM);
	/* not in the way of the policy */
	CHECK(ask(S3, 4, VAULT_LEND, SPAN("\1"), &output) == EOPNOTSUPP);
	CHECK(ask(API, 1, VAULT_SIGV4_KEY, SPAN(""), &output) == EOPNOTSUPP);
	CHECK(ask(API, 1, VAULT_CLEARTEXT, SPAN("\1"), &output) == EOPNOTSUPP);
	CHECK(ask(API, 1, VAULT_MD5, SPAN("salt"), &output) == EOPNOTSUPP);
	CHECK(ask(DB, 5, VAULT_LEND, SPAN("\1"), &output) == ENOENT);
	CHECK(ask(DB, 5, VAULT_SIGV4_KEY, SPAN(""), &output) == ENOENT);
	/* what is no secret of that kind, or is not there */
	CHECK(ask(BROKEN, 6, VAULT_LEND, SPAN("\1"), &output) == EINVAL);
	CHECK(ask(LOST, 7, VAULT_LEND, SPAN("\1"), &output) == ENOENT);
	hear_no_entry("nothing else was lent");
	CHECK(ask(DB, 8, VAULT_CLEARTEXT, SPAN("\1"), &output) == 0 && span_is(output, "pencil"));
	hear_entry("db", "app", "lent cleartext");
}

static void
check_limit(void)
{
	struct span output;

	for (size_t i = 0; i < LOANS_MOST; i++) {
		CHECK(ask(API, 20, VAULT_LEND, SPAN("\1"), &output) == 0);
		hear_entry("api", "", "lent bearer");
	}
	CHECK(ask(API, 20, VAULT_LEND, SPAN("\1"), &output) == EDQUOT);
	hear_no_entry("too often");
	CHECK(ask(API, 21, VAULT_LEND, SPAN("\1"), &output) == 0);
	hear_entry("api", "", "lent bearer");
}

/* The time `apart` seconds from now, and a hash. */
static struct span
input(int64_t apart, uint8_t room[VAULT_SIGV4_TIME + VAULT_SIGV4_HASH])
{
	time_t now = (time_t)((int64_t)(clock_wall() / SECOND_NS) + apart);
	char text[VAULT_SIGV4_TIME + 1];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm);
	memcpy(room, text, VAULT_SIGV4_TIME);
	memset(room + VAULT_SIGV4_TIME, 0xab, VAULT_SIGV4_HASH);
	return span_of(room, VAULT_SIGV4_TIME + VAULT_SIGV4_HASH);
}

static void
check_signing(void)
{
	uint8_t room[VAULT_SIGV4_TIME + VAULT_SIGV4_HASH];
	char expected[VAULT_SIGV4_SIGNATURE];
	struct span output, in = input(0, room), key, token;

	/* without TLS too: the secret is not sent */
	CHECK(ask(S3, 30, VAULT_SIGV4_KEY, SPAN(""), &output) == 0);
	CHECK(take_block(&output, &key) && take_block(&output, &token) && !output.n && span_is(key, KEY) && !token.n);
	CHECK(ask(SESSION, 31, VAULT_SIGV4_KEY, SPAN(""), &output) == 0);
	CHECK(take_block(&output, &key) && take_block(&output, &token) && span_is(key, KEY) && span_is(token, "TOKEN=="));
	CHECK(ask(NAMED, 32, VAULT_SIGV4_KEY, SPAN(""), &output) == 0);
	CHECK(take_block(&output, &key) && take_block(&output, &token) && span_is(key, KEY) && !token.n);
	hear_no_entry("nothing was signed");
	CHECK(ask(S3, 30, VAULT_SIGV4, in, &output) == 0);
	CHECK(sigv4_sign(SPAN(SECRET), span_head(in, VAULT_SIGV4_TIME), SPAN("us-east-1"), SPAN("s3"),
	    in.p + VAULT_SIGV4_TIME, expected) == 0);
	CHECK(span_equal(output, span_of(expected, sizeof(expected))));
	hear_entry("s3", "", "sigv4 signature");
	CHECK(ask(NAMED, 32, VAULT_SIGV4, in, &output) == 0 && !span_equal(output, span_of(expected, sizeof(expected))));
	hear_entry("named", KEY, "sigv4 signature");
	CHECK(ask(S3, 30, VAULT_SIGV4, input(299, room), &output) == 0);
	hear_entry("s3", "", "sigv4 signature");
	CHECK(ask(S3, 30, VAULT_SIGV4, input(400, room), &output) == ERANGE);
	CHECK(ask(S3, 30, VAULT_SIGV4, input(-400, room), &output) == ERANGE);
	CHECK(ask(S3, 30, VAULT_SIGV4, span_head(input(0, room), sizeof(room) - 1), &output) == EPROTO);
	CHECK(ask(S3, 30, VAULT_SIGV4, SPAN(""), &output) == EPROTO);
	CHECK(ask(S3, 30, VAULT_SIGV4_KEY, SPAN("x"), &output) == EPROTO);
	CHECK(ask(SESSION, 30, VAULT_SIGV4, input(0, room), &output) == EPERM);
	CHECK(ask(API, 33, VAULT_SIGV4, input(0, room), &output) == EOPNOTSUPP);
	hear_no_entry("nothing else was signed");
}

/* A question for two chunks behind a request of that age. */
static struct span
chunks(int64_t apart, uint8_t room[VAULT_SIGV4_CHUNKS_HEAD + 2 * VAULT_SIGV4_HASH])
{
	uint8_t hash[VAULT_SIGV4_TIME + VAULT_SIGV4_HASH];

	input(apart, hash);
	memset(room, 'a', VAULT_SIGV4_CHUNKS_HEAD);
	memcpy(room, hash, VAULT_SIGV4_TIME);
	room[VAULT_SIGV4_CHUNKS_HEAD - 1] = 1;
	memset(room + VAULT_SIGV4_CHUNKS_HEAD, 0xcd, (size_t)2 * VAULT_SIGV4_HASH);
	return span_of(room, VAULT_SIGV4_CHUNKS_HEAD + 2 * VAULT_SIGV4_HASH);
}

/* Signed after a request's signature, which is entered: they are not. */
static void
check_chunks(void)
{
	uint8_t room[VAULT_SIGV4_CHUNKS_HEAD + 2 * VAULT_SIGV4_HASH];
	uint8_t large[VAULT_SIGV4_CHUNKS_HEAD + (VAULT_SIGV4_CHUNKS_MOST + 1) * VAULT_SIGV4_HASH] = { 0 };
	char expected[2 * VAULT_SIGV4_SIGNATURE];
	struct span output, in = chunks(0, room);

	CHECK(ask(S3, 40, VAULT_SIGV4_CHUNKS, in, &output) == 0);
	CHECK(sigv4_sign_chunks(SPAN(SECRET), span_head(in, VAULT_SIGV4_TIME), SPAN("us-east-1"), SPAN("s3"),
	    in.p + VAULT_SIGV4_TIME, true, in.p + VAULT_SIGV4_CHUNKS_HEAD, 2, expected) == 0);
	CHECK(span_equal(output, span_of(expected, sizeof(expected))));
	CHECK(ask(S3, 40, VAULT_SIGV4_CHUNKS, chunks(-11 * 3600, room), &output) == 0);
	CHECK(ask(S3, 40, VAULT_SIGV4_CHUNKS, chunks(-13 * 3600, room), &output) == ERANGE);
	CHECK(ask(S3, 40, VAULT_SIGV4_CHUNKS, chunks(400, room), &output) == ERANGE);
	in = chunks(0, room);
	for (size_t n = 0; n < in.n; n++)
		CHECK((ask(S3, 40, VAULT_SIGV4_CHUNKS, span_head(in, n), &output) == EPROTO) ==
		    (n != VAULT_SIGV4_CHUNKS_HEAD + VAULT_SIGV4_HASH));
	room[VAULT_SIGV4_CHUNKS_HEAD - 1] = 2;
	CHECK(ask(S3, 40, VAULT_SIGV4_CHUNKS, in, &output) == EPROTO);
	chunks(0, room);
	room[VAULT_SIGV4_TIME + 3] = '\n';
	CHECK(ask(S3, 40, VAULT_SIGV4_CHUNKS, in, &output) == EPROTO);
	memcpy(large, chunks(0, room).p, VAULT_SIGV4_CHUNKS_HEAD);
	CHECK(ask(S3, 40, VAULT_SIGV4_CHUNKS, span_of(large, sizeof(large)), &output) == EPROTO);
	CHECK(ask(S3, 40, VAULT_SIGV4_CHUNKS, span_of(large, sizeof(large) - VAULT_SIGV4_HASH), &output) == 0);
	CHECK(ask(SESSION, 40, VAULT_SIGV4_CHUNKS, chunks(0, room), &output) == EPERM);
	CHECK(ask(API, 43, VAULT_SIGV4_CHUNKS, chunks(0, room), &output) == EOPNOTSUPP);
	hear_no_entry("nothing is entered of chunks");
}

int
main(void)
{
	char line[128];

	if (!mkdtemp(place))
		return 1;
	put_secrets();
	begin();
	check_lending();
	check_limit();
	check_signing();
	check_chunks();
	end();
	snprintf(line, sizeof(line), "rm -r %s", place);
	CHECK(system(line) == 0);
	return check_end();
}
