/*
 * The keeper as a process, over real channels: policy offered and swapped, leaves,
 * proofs, keys of masks, a replaced secret, and what it does with bodies that
 * are wrong. This test plays every other process. With an argument, that
 * program is the keeper (the release build, in its box; needs root).
 */
#include "vault/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/instance.h"
#include "base/log.h"
#include "base/secret.h"
#include "check.h"
#include "entry.h"
#include "id.h"
#include "loop/loop.h"
#include "msg/post.h"
#include "out.h"
#include "vault/keys.h"
#include "vault/md5.h"
#include "vault/scram.h"
#include "vault/vault.h"
#include "view.h"

#define PATIENCE_MS 5000
#define BODY_MAX 65536
#define VERIFIER "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$" \
	"WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="	/* of "pencil" */

static char place[] = "/tmp/keeper_test.XXXXXX";
static int channels[SLOTS];
static pid_t keeper_pid;
static uint64_t build;
static struct instance instance;

/* ---- the process, and talking to it ---- */

static void
serve(void)
{
	struct keeper *keeper = NULL;
	struct loop *loop = NULL;

	if (keeper_open(&keeper, &instance, instance.uid_base + SLOT_KEEPER))
		_exit(1);
	if (loop_new(&loop) || keeper_serve(keeper, loop))
		_exit(2);
	int r = loop_run(loop);
	keeper_free(&keeper);
	loop_free(&loop);
	exit(r ? 3 : 0);
}

static pid_t
start(const char *program)
{
	static const unsigned int slots[] = {
		SLOT_WARDEN, SLOT_POLICY, SLOT_BROKER, SLOT_RECORDER, SLOT_WORKER, SLOT_WORKER + 1,
	};
	int theirs[SLOTS], settings = instance_seal(&instance);
	pid_t pid;

	CHECK(settings >= 0);
	for (size_t i = 0; i < COUNT(slots); i++) {
		int ends[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
			abort();
		channels[slots[i]] = fcntl(ends[0], F_DUPFD_CLOEXEC, 100);
		theirs[slots[i]] = fcntl(ends[1], F_DUPFD_CLOEXEC, 100);
		close(ends[0]);
		close(ends[1]);
	}
	settings = fcntl(settings, F_DUPFD_CLOEXEC, 100);
	keeper_pid = pid = fork();
	if (pid) {
		for (size_t i = 0; i < COUNT(slots); i++)
			close(theirs[slots[i]]);
		return pid;
	}
	for (int fd = 3; fd < MSG_FD_PRIVATE; fd++)
		close(fd);
	while (open("/dev/null", O_RDONLY | O_CLOEXEC) < MSG_FD_PRIVATE)
		;	/* so that the loop's descriptors lie above */
	for (int fd = 3; fd < MSG_FD_PRIVATE; fd++)
		close(fd);
	dup2(settings, MSG_FD_INSTANCE);
	for (size_t i = 0; i < COUNT(slots); i++)
		dup2(theirs[slots[i]], MSG_FD_CHANNEL(slots[i]));
	if (program) {
		execl(program, program, NULL);
		_exit(127);
	}
	serve();
	_exit(4);
}

static void
say(unsigned int slot, uint16_t type, uint64_t id, struct span body)
{
	struct msg_head head = { MSG_VERSION, type, (uint32_t)body.n, build, id };
	struct iovec parts[] = {
		{ &head, sizeof(head) }, { (void *)(uintptr_t)body.p, body.n },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	CHECK(sendmsg(channels[slot], &message, MSG_NOSIGNAL) == (ssize_t)(sizeof(head) + body.n));
}

/* The next message of that type from the keeper; others are passed over. */
static bool
hear(unsigned int slot, uint16_t type, uint64_t id, struct span *body)
{
	static uint8_t room[sizeof(struct msg_head) + BODY_MAX];
	struct pollfd ready = { .fd = channels[slot], .events = POLLIN };
	struct msg_head head;
	ssize_t n;

	while (poll(&ready, 1, PATIENCE_MS) == 1) {
		n = recv(channels[slot], room, sizeof(room), 0);
		if (n < (ssize_t)sizeof(head))
			return false;
		memcpy(&head, room, sizeof(head));
		build = head.build;
		*body = span_of(room + sizeof(head), (size_t)n - sizeof(head));
		if (head.type == type && (!id || head.id == id))
			return true;
	}
	return false;
}

/* The next entry says this. */
static void
hear_entry(const char *target, const char *role, const char *detail)
{
	struct span body, cbor = SPAN(""), text;
	uint64_t number;
	uint8_t level;

	if (!CHECK_ROW(detail, hear(SLOT_RECORDER, MSG_ENTRY, 0, &body)))
		return;
	CHECK(take_u8(&body, &level) && take_be64(&body, &number) &&
	    take_be64(&body, &number) && take_block(&body, &cbor) && !body.n);
	CHECK_ROW(detail, entry_is_valid(cbor));
	CHECK_ROW(detail, entry_get_uint(cbor, KEY_KIND, &number) && number == ENTRY_CREDENTIAL);
	CHECK_ROW(detail, entry_get_text(cbor, KEY_DETAIL, &text) && span_is(text, detail));
	CHECK_ROW(detail, entry_get_text(cbor, KEY_TARGET, &text) && span_is(text, target));
	if (role) {
		CHECK_ROW(detail, entry_get_text(cbor, KEY_ROLE, &text) && span_is(text, role));
		CHECK_ROW(detail, entry_get_text(cbor, KEY_FLOW, &text) && text.n == ID_TEXT_SIZE - 1);
		CHECK_ROW(detail, entry_get_text(cbor, KEY_NAME, &text) && span_is(text, "worker/0"));
	}
}

/* Nothing more was entered. */
static void
hear_no_entry(const char *when)
{
	struct pollfd ready = { .fd = channels[SLOT_RECORDER], .events = POLLIN };

	CHECK_ROW(when, poll(&ready, 1, 50) == 0);
}

/* ---- policy ---- */

static char secret_path[128], missing_path[128], certificate_path[128], verifier_path[128];
static const char *hosts[] = { "db.example.org" };
static struct view_address address = { { [10] = 0xff, [11] = 0xff, 10, 0, 0, 5 }, 5432 };

static const char *const names[] = { "db", "lost", "bare", "lent", "loose", "shown", "api", "s3" };	/* of targets */

static struct span
name_of(uint32_t target)
{
	return span_text(target < COUNT(names) ? names[target] : "nobody's");
}

static void
put_policy(uint32_t epoch)
{
	struct view_secret secrets[] = {
		{ "db", "app", SECRET_FILE, secret_path, 1 << PROOF_SCRAM | 1 << PROOF_MD5, TLS_VERIFY_CA, SECRET_NONE, "", { 0 }, { 0 } },
		{ "lost", "app", SECRET_FILE, missing_path, (1 << PROOFS) - 1, TLS_VERIFY_FULL, SECRET_NONE, "", { 0 }, { 0 } },
		{ "bare", "", SECRET_NONE, "", 0, TLS_DISABLE, SECRET_NONE, "", { 0 }, { 0 } },
		{ "lent", "app", SECRET_FILE, secret_path, 1 << PROOF_CLEARTEXT, TLS_VERIFY_CA, SECRET_NONE, "", { 0 }, { 0 } },
		{ "loose", "app", SECRET_FILE, secret_path, 1 << PROOF_CLEARTEXT, TLS_REQUIRE, SECRET_NONE, "", { 0 }, { 0 } },
		{ "shown", "app", SECRET_NONE, "", 1 << PROOF_CERTIFICATE, TLS_VERIFY_CA, SECRET_FILE, certificate_path, { 0 }, { 0 } },
		{ "api", "", SECRET_FILE, secret_path, 0, TLS_VERIFY_CA, SECRET_NONE, "", { .as = AS_BEARER }, { 0 } },
		{ "s3", "AKID", SECRET_FILE, secret_path, 0, TLS_VERIFY_CA, SECRET_NONE, "",
		  { AS_SIGV4, "", "", "", "eu-1", "s3", "AKID" }, { 0 } },
	};
	struct view_verifier verifiers[] = {
		{ "support", SECRET_FILE, verifier_path }, { "lost", SECRET_FILE, missing_path },
	};
	struct view_target targets[] = {
		{ .name = "db", .hosts = hosts, .host_count = 1, .addresses = &address, .address_count = 1,
		  .socket = "", .tls_name = "", .tls_roots = "", .role = "app", .has_secret = true },
		{ .name = "lost", .socket = "", .tls_name = "", .tls_roots = "", .role = "app", .has_secret = true },
		{ .name = "bare", .socket = "", .tls_name = "", .tls_roots = "", .role = "" },
		{ .name = "lent", .socket = "", .tls_name = "", .tls_roots = "", .role = "" },
		{ .name = "loose", .socket = "", .tls_name = "", .tls_roots = "", .role = "" },
		{ .name = "shown", .socket = "", .tls_name = "", .tls_roots = "", .role = "" },
		{ .name = "api", .socket = "", .tls_name = "", .tls_roots = "", .role = "" },
		{ .name = "s3", .socket = "", .tls_name = "", .tls_roots = "", .role = "" },
	};
	const char *masks[] = { "card", "email" };
	struct view_keeper view = {
		.head = { .epoch = epoch, .digest = { 1, 2, 3 } },
		.secrets = secrets, .secret_count = COUNT(secrets),
		.verifiers = verifiers, .verifier_count = COUNT(verifiers),
		.masks = masks, .mask_count = COUNT(masks),
		.targets = targets, .target_count = COUNT(targets),
	};
	struct out out = out_new(BODY_MAX), swap = out_new(4);
	struct span body;

	view_keeper_pack(&view, &out);
	CHECK(!out.failed);
	say(SLOT_POLICY, MSG_VIEW_OFFER, 7, out_view(&out));
	CHECK(hear(SLOT_POLICY, MSG_VIEW_TAKEN, 0, &body));
	CHECK(body.n == 8 && span_be32(body, 0) == epoch && span_be32(body, 4) == 0);
	out_be32(&swap, epoch);
	say(SLOT_POLICY, MSG_VIEW_SWAP, 0, out_view(&swap));
	CHECK(hear(SLOT_POLICY, MSG_VIEW_SWAPPED, 0, &body));	/* another channel may overtake this one */
	out_free(&out);
	out_free(&swap);
}

static void
put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchown(fd, instance.uid_base + SLOT_KEEPER, (gid_t)-1))
		abort();
	close(fd);
}

static void
put_secret(const char *text)
{
	put_file(secret_path, text);
}

/* ---- asking ---- */

static uint64_t last_id;

/* Ask for a proof; the status, and the output which is good until the next message. */
static int
ask_of(unsigned int worker, struct span name, uint32_t flow, uint8_t step, struct span input, struct span *output)
{
	struct id id = { .kind = ID_FLOW, .slot = (uint8_t)worker, .chance = flow, .time = 1000 };
	struct out out = out_new(BODY_MAX);
	uint32_t status = 9999;
	struct span body;
	uint8_t which;

	out_block(&out, name);
	msg_put_id(&out, &id);
	out_u8(&out, step);
	out_block(&out, input);
	say(worker, MSG_PROOF, ++last_id, out_view(&out));
	out_free(&out);
	*output = SPAN("");
	if (!CHECK(hear(worker, MSG_PROOF_IS, last_id, &body)))
		return -1;
	CHECK(take_be32(&body, &status) && take_u8(&body, &which) && which == step &&
	    take_block(&body, output) && !body.n);
	CHECK(!status || !output->n);
	return (int)status;
}

static int
ask(unsigned int worker, uint32_t target, uint32_t flow, uint8_t step, struct span input, struct span *output)
{
	return ask_of(worker, name_of(target), flow, step, input, output);
}

/* A server that knows the password: its signature over the dialogue. */
static void
sign(const char *password, const char *first_bare, const char *server_first, struct span final,
    char *message, bool *proof_is_right)
{
	char auth[2048], text[64];
	const char *proof = memmem(final.p, final.n, ",p=", 3);
	struct scram scram = { .stage = SCRAM_BEGUN, .binding = 'n' };
	struct scram_offer offer;
	struct secret keys = { 0 };
	struct out own = out_new(1024);
	uint8_t signature[SCRAM_KEY];
	int n;

	snprintf(scram.nonce, sizeof(scram.nonce), "%.64s", first_bare + 5);
	CHECK(scram_read(&scram, span_text(server_first), &offer) == 0);
	CHECK(make_keys(span_text(password), &offer, &keys) == 0);
	n = snprintf(auth, sizeof(auth), "%s,%s,%.*s", first_bare, server_first,
	    (int)(proof - (const char *)final.p), (const char *)final.p);
	HMAC(EVP_sha256(), keys.p + SCRAM_KEY, SCRAM_KEY, (uint8_t *)auth, (size_t)n, signature, NULL);
	EVP_EncodeBlock((uint8_t *)text, signature, sizeof(signature));
	snprintf(message, 128, "v=%s", text);
	CHECK(scram_final(&scram, span_text(server_first), &offer, &keys, &own) == 0);
	*proof_is_right = span_equal(out_view(&own), final);
	out_free(&own);
	secret_free(&keys);
}

/* A whole dialogue. `knows`: the password the server has; `status` of the last step. */
static uint32_t renew;	/* epoch of a policy that comes in the middle; 0: none does */

static void
check_scram(const char *name, uint32_t flow, const char *password, const char *knows, int status)
{
	char bare[128], server_first[256], server_final[128];
	struct span output;
	bool right = false;

	CHECK_ROW(name, ask(SLOT_WORKER, 0, flow, VAULT_SCRAM_FIRST, SPAN("n"), &output) == 0);
	CHECK_ROW(name, output.n == 8 + 24 && !memcmp(output.p, "n,,n=,r=", 8));
	snprintf(bare, sizeof(bare), "%.*s", (int)output.n - 3, (const char *)output.p + 3);
	snprintf(server_first, sizeof(server_first), "r=%sSERVER,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", bare + 5);
	hear_no_entry(name);
	if (renew)	/* a login that has begun goes on under another policy */
		put_policy(renew);
	CHECK_ROW(name, ask(SLOT_WORKER, 0, flow, VAULT_SCRAM_FINAL, span_text(server_first), &output) == 0);
	sign(knows, bare, server_first, output, server_final, &right);
	CHECK_ROW(name, right == !strcmp(password, knows));
	hear_entry("db", "app", "scram proof");
	CHECK_ROW(name, ask(SLOT_WORKER, 0, flow, VAULT_SCRAM_CHECK, span_text(server_final), &output) == status);
	/* the dialogue is over */
	CHECK_ROW(name, ask(SLOT_WORKER, 0, flow, VAULT_SCRAM_CHECK, span_text(server_final), &output) == EPROTO);
	CHECK_ROW(name, ask(SLOT_WORKER, 0, flow, VAULT_SCRAM_FINAL, span_text(server_first), &output) == EPROTO);
	hear_no_entry(name);
}

static void
check_dialogues(void)
{
	struct span output;
	char offer[256];

	/* another worker, target or flow has no part in it, and a bad offer ends it */
	CHECK(ask(SLOT_WORKER, 0, 50, VAULT_SCRAM_FIRST, SPAN("n"), &output) == 0);
	snprintf(offer, sizeof(offer), "r=%.*sX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", 24, (const char *)output.p + 8);
	CHECK(ask(SLOT_WORKER + 1, 0, 50, VAULT_SCRAM_FINAL, span_text(offer), &output) == EPROTO);
	CHECK(ask(SLOT_WORKER, 0, 51, VAULT_SCRAM_FINAL, span_text(offer), &output) == EPROTO);
	CHECK(ask(SLOT_WORKER, 0, 50, VAULT_SCRAM_FINAL, SPAN("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"), &output) == EPROTO);
	CHECK(ask(SLOT_WORKER, 0, 50, VAULT_SCRAM_FINAL, span_text(offer), &output) == EPROTO);
	/* a worker that died leaves none behind */
	CHECK(ask(SLOT_WORKER, 0, 52, VAULT_SCRAM_FIRST, SPAN("n"), &output) == 0);
	snprintf(offer, sizeof(offer), "r=%.*sX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", 24, (const char *)output.p + 8);
	say(SLOT_WARDEN, MSG_PEER_DOWN, 0, SPAN("\10"));
	usleep(100000);
	CHECK(ask(SLOT_WORKER, 0, 52, VAULT_SCRAM_FINAL, span_text(offer), &output) == EPROTO);
	hear_no_entry("no proof was made");
}

/* A proof is asked for and not waited for. */
static uint64_t
ask_later(unsigned int worker, uint32_t flow, const char *nonce, unsigned int salt, unsigned int count)
{
	struct id id = { .kind = ID_FLOW, .slot = (uint8_t)worker, .chance = flow, .time = 1000 };
	struct out out = out_new(BODY_MAX);
	char offer[256];

	snprintf(offer, sizeof(offer), "r=%sX,s=W22ZaJ0SNY7soEsUEjb%ugQ==,i=%u", nonce, salt, count);
	out_block(&out, name_of(0));
	msg_put_id(&out, &id);
	out_u8(&out, VAULT_SCRAM_FINAL);
	out_block(&out, span_text(offer));
	say(worker, MSG_PROOF, ++last_id, out_view(&out));
	out_free(&out);
	return last_id;
}

/* What the answer to it said; 0 and a proof, or an errno. */
static int
hear_later(unsigned int worker, uint64_t id)
{
	struct span body;
	uint32_t status;

	return hear(worker, MSG_PROOF_IS, id, &body) && take_be32(&body, &status) ? (int)status : -1;
}

/* A backend that asks for many rounds, anew at each login, holds up nobody else. */
static void
check_slow(void)
{
	char nonces[5][32];
	uint64_t ids[5];
	struct span output, body;

	for (unsigned int i = 0; i < COUNT(ids); i++) {
		CHECK(ask(SLOT_WORKER, 0, 60 + i, VAULT_SCRAM_FIRST, SPAN("n"), &output) == 0);
		snprintf(nonces[i], sizeof(nonces[i]), "%.24s", output.p + 8);
	}
	CHECK(kill(keeper_pid, SIGSTOP) == 0);	/* it finds all of them at once */
	for (unsigned int i = 0; i < COUNT(ids); i++)
		ids[i] = ask_later(SLOT_WORKER, 60 + i, nonces[i], i, SCRAM_COUNT_MAX);
	CHECK(kill(keeper_pid, SIGCONT) == 0);
	/* the fifth is one too many, and is told so before the others are done */
	CHECK(hear(SLOT_WORKER, MSG_PROOF_IS, 0, &body));
	CHECK(body.n > 4 && span_be32(body, 0) == EAGAIN);
	say(SLOT_WORKER + 1, MSG_MASK_KEYS, ++last_id, SPAN(""));
	CHECK(hear(SLOT_WORKER + 1, MSG_MASK_KEYS_ARE, last_id, &body));
	for (unsigned int i = 0; i < 4; i++) {
		CHECK(hear_later(SLOT_WORKER, ids[i]) == 0);
		hear_entry("db", "app", "scram proof");
	}
	hear_no_entry("the fifth");
}

/* What requests carry; keeper_lend_test.c has the rest of it. */
static void
check_requests(void)
{
	uint8_t input[VAULT_SIGV4_TIME + VAULT_SIGV4_HASH + 1] = { 0 };
	time_t now = time(NULL);
	struct span output;
	struct tm tm;

	CHECK(ask(SLOT_WORKER, 6, 80, VAULT_LEND, SPAN("\1"), &output) == 0 && span_is(output, "pencil"));
	hear_entry("api", NULL, "lent bearer");
	CHECK(ask(SLOT_WORKER, 7, 80, VAULT_LEND, SPAN("\1"), &output) == EOPNOTSUPP);
	CHECK(ask(SLOT_WORKER, 7, 80, VAULT_SIGV4_KEY, SPAN(""), &output) == EPERM);
	gmtime_r(&now, &tm);
	strftime((char *)input, VAULT_SIGV4_TIME + 1, "%Y%m%dT%H%M%SZ", &tm);
	CHECK(ask(SLOT_WORKER, 7, 81, VAULT_SIGV4, span_of(input, sizeof(input) - 1), &output) == 0);
	CHECK(output.n == VAULT_SIGV4_SIGNATURE);
	hear_entry("s3", "AKID", "sigv4 signature");
}

static void
check_proofs(void)
{
	static const char *const unbound[] = { "", "p", "x", "nDIGEST", "yDIGEST" };
	char expected[MD5_PROOF + 1];
	struct span output;

	CHECK(md5_prove(SPAN("pencil"), SPAN("app"), SPAN("salt"), expected) == 0);
	CHECK(ask(SLOT_WORKER, 0, 1, VAULT_MD5, SPAN("salt"), &output) == 0);
	CHECK(span_is(output, expected));
	hear_entry("db", "app", "md5 proof");
	CHECK(ask(SLOT_WORKER, 0, 1, VAULT_MD5, SPAN("sal"), &output) == EINVAL);
	/* a password is lent where the policy says so, over TLS that it has verified */
	CHECK(ask(SLOT_WORKER, 0, 1, VAULT_CLEARTEXT, SPAN("\1"), &output) == EOPNOTSUPP);
	CHECK(ask(SLOT_WORKER, 4, 1, VAULT_CLEARTEXT, SPAN("\1"), &output) == EOPNOTSUPP);
	CHECK(ask(SLOT_WORKER, 3, 1, VAULT_CLEARTEXT, SPAN("\0"), &output) == EOPNOTSUPP);
	CHECK(ask(SLOT_WORKER, 3, 1, VAULT_CLEARTEXT, SPAN(""), &output) == EOPNOTSUPP);
	CHECK(ask(SLOT_WORKER, 3, 1, VAULT_CLEARTEXT, SPAN("\2"), &output) == EOPNOTSUPP);
	CHECK(ask(SLOT_WORKER, 3, 1, VAULT_MD5, SPAN("salt"), &output) == EOPNOTSUPP);
	CHECK(ask(SLOT_WORKER, 3, 1, VAULT_SCRAM_FIRST, SPAN("n"), &output) == EOPNOTSUPP);
	hear_no_entry("nothing was lent");
	CHECK(ask(SLOT_WORKER, 3, 1, VAULT_CLEARTEXT, SPAN("\1"), &output) == 0);
	CHECK(span_is(output, "pencil"));
	hear_entry("lent", "app", "lent cleartext");
	CHECK(ask(SLOT_WORKER, 1, 1, VAULT_MD5, SPAN("salt"), &output) == ENOENT);
	CHECK(ask(SLOT_WORKER, 2, 1, VAULT_MD5, SPAN("salt"), &output) == ENOENT);
	CHECK(ask(SLOT_WORKER, 2, 1, VAULT_SCRAM_FIRST, SPAN("n"), &output) == ENOENT);
	CHECK(ask(SLOT_WORKER, 9, 1, VAULT_MD5, SPAN("salt"), &output) == ENOENT);
	CHECK(ask(SLOT_WORKER, UINT32_MAX, 1, VAULT_MD5, SPAN("salt"), &output) == ENOENT);
	hear_no_entry("no secret, no use");
	for (size_t i = 0; i < COUNT(unbound); i++)
		CHECK_ROW(unbound[i], ask(SLOT_WORKER, 0, 9, VAULT_SCRAM_FIRST,
		    span_text(unbound[i]), &output) == EPROTO);
	CHECK(ask(SLOT_WORKER, 0, 9, VAULT_SCRAM_FIRST, SPAN("pDIGEST"), &output) == 0);
	CHECK(span_equal(span_head(output, 29), SPAN("p=tls-server-end-point,,n=,r=")));
	check_scram("scram", 10, "pencil", "pencil", 0);
	check_scram("a server that does not know it", 11, "pencil", "crayon", EACCES);
	check_requests();
	check_dialogues();
	check_slow();
}

/* A person commands. */
static void
command(const char *json, const char *answer)
{
	struct out out = out_new(BODY_MAX);
	struct span body, text;
	uint8_t last = 0;

	out_block(&out, SPAN("maria"));
	out_be32(&out, 1000);
	out_be32(&out, 4242);
	out_block(&out, span_text(json));
	say(SLOT_BROKER, MSG_DO, ++last_id, out_view(&out));
	out_free(&out);
	if (!CHECK_ROW(json, hear(SLOT_BROKER, MSG_DONE, last_id, &body)))
		return;
	CHECK_ROW(json, take_u8(&body, &last) && last == 1 && take_block(&body, &text) && !body.n);
	CHECK_ROW(json, memmem(text.p, text.n, answer, strlen(answer)) != NULL);
}

/* A file with a key and its certificate, made by the command that operators have. */
static void
put_certificate(void)
{
	char line[1024];

	snprintf(line, sizeof(line), "openssl req -x509 -newkey ed25519 -nodes -subj /CN=app -keyout %s -out %s.crt "
	    "2>/dev/null && cat %s.crt >>%s && chmod 600 %s && chown %u %s", certificate_path, certificate_path,
	    certificate_path, certificate_path, certificate_path, instance.uid_base + SLOT_KEEPER, certificate_path);
	if (system(line))
		abort();
}

/* The keeper shows the certificate, never the key, and signs nothing but a client's handshake. */
static void
check_certificate(void)
{
	static const char label[] = "TLS 1.3, client CertificateVerify", other[] = "TLS 1.3, server CertificateVerify";
	uint8_t content[64 + sizeof(label) + 32];
	struct span output;

	memset(content, ' ', sizeof(content));
	memcpy(content + 64, label, sizeof(label));
	CHECK(ask(SLOT_WORKER, 5, 30, VAULT_CHAIN, SPAN(""), &output) == 0);
	CHECK(output.n > 27 && !memcmp(output.p, "-----BEGIN CERTIFICATE-----", 27));
	CHECK(!memmem(output.p, output.n, "PRIVATE", 7));
	hear_no_entry("nothing was proven yet");
	CHECK(ask(SLOT_WORKER, 5, 30, VAULT_SIGN, span_of(content, sizeof(content)), &output) == 0);
	CHECK(output.n == 64);
	hear_entry("shown", "app", "certificate proof");
	memcpy(content + 64, other, sizeof(other));
	CHECK(ask(SLOT_WORKER, 5, 30, VAULT_SIGN, span_of(content, sizeof(content)), &output) == EPERM);
	CHECK(ask(SLOT_WORKER, 5, 30, VAULT_SIGN, SPAN("GRANT ALL"), &output) == EPERM);
	CHECK(ask(SLOT_WORKER, 5, 30, VAULT_SIGN, SPAN(""), &output) == EPERM);
	CHECK(ask(SLOT_WORKER, 5, 30, VAULT_MD5, SPAN("salt"), &output) == EOPNOTSUPP);
	CHECK(ask(SLOT_WORKER, 0, 30, VAULT_CHAIN, SPAN(""), &output) == EOPNOTSUPP);
	CHECK(ask(SLOT_WORKER, 1, 30, VAULT_CHAIN, SPAN(""), &output) == ENOENT);
	CHECK(ask(SLOT_WORKER, 2, 30, VAULT_SIGN, SPAN(""), &output) == ENOENT);
	hear_no_entry("nothing else was signed");
	put_certificate();
	command("{\"v\":1,\"do\":\"secret_changed\",\"target\":\"shown\"}", "\"ok\":true");
	hear_entry("shown", NULL, "secret replaced");
	CHECK(!truncate(certificate_path, 100));
	command("{\"v\":1,\"do\":\"secret_changed\",\"target\":\"shown\"}", "\"ok\":false");
	hear_entry("shown", NULL, "secret replaced");
	CHECK(ask(SLOT_WORKER, 5, 30, VAULT_CHAIN, SPAN(""), &output) == EINVAL);
}

/* A skill proves its password, "pencil" (RFC 7677 section 3): the whole of it, and what ends it early. */
static int
verify(const char *skill, const char *password, uint32_t flow, const char *bound_to, struct span *output)
{
	char bare[] = "n=,r=rOprNGfwEbeRWgbNEkqO", server_first[512];
	struct span channel = span_text(bound_to);
	struct out first = out_new(1024), final = out_new(1024);
	struct scram client = { 0 };
	struct scram_offer offer;
	struct secret keys = { 0 };
	int r;

	CHECK(scram_begin(&client, SPAN(""), span_text(bare + 5)) == 0);
	CHECK(scram_bind(&client, channel.n ? 'p' : 'n', channel) == 0);
	out_u8(&first, channel.n > 0);
	out_block(&first, channel);
	scram_first(&client, &first);
	r = ask_of(SLOT_WORKER, span_text(skill), flow, VAULT_VERIFY_FIRST, out_view(&first), output);
	if (!r) {
		snprintf(server_first, sizeof(server_first), "%.*s", (int)output->n, (const char *)output->p);
		CHECK(scram_read(&client, span_text(server_first), &offer) == 0 && offer.count == 4096);
		CHECK(make_keys(span_text(password), &offer, &keys) == 0);
		CHECK(scram_final(&client, span_text(server_first), &offer, &keys, &final) == 0);
		r = ask_of(SLOT_WORKER, span_text(skill), flow, VAULT_VERIFY_FINAL, out_view(&final), output);
		CHECK(r || scram_check(&client, *output) == 0);
	}
	secret_free(&keys);
	out_free(&first);
	out_free(&final);
	return r;
}

static void
check_verifying(void)
{
	struct span output;

	CHECK(verify("support", "pencil", 70, "", &output) == 0);
	CHECK(verify("support", "pencil", 71, "DIGEST", &output) == 0);
	CHECK(verify("support", "crayon", 72, "", &output) == EACCES);
	CHECK(verify("support", "crayon", 73, "DIGEST", &output) == EACCES);
	CHECK(verify("other", "pencil", 74, "", &output) == ENOENT);
	CHECK(verify("lost", "pencil", 75, "", &output) == ENOENT);
	CHECK(verify("db", "pencil", 76, "", &output) == ENOENT);
	/* out of turn, and what is not such a message */
	CHECK(ask_of(SLOT_WORKER, SPAN("support"), 77, VAULT_VERIFY_FINAL, SPAN("c=biws,r=x,p=x"), &output) == EPROTO);
	CHECK(ask_of(SLOT_WORKER, SPAN("support"), 77, VAULT_VERIFY_FIRST, SPAN(""), &output) == EPROTO);
	CHECK(ask_of(SLOT_WORKER, SPAN("support"), 77, VAULT_VERIFY_FIRST, SPAN("\2\0\0\0\0n,,n=,r=x"), &output) == EPROTO);
	CHECK(ask_of(SLOT_WORKER, SPAN("support"), 77, VAULT_VERIFY_FIRST, SPAN("\0\0\0\0\1"), &output) == EPROTO);
	CHECK(ask_of(SLOT_WORKER, SPAN("support"), 77, VAULT_VERIFY_FIRST, SPAN("\0\0\0\0\1Dy,,n=,r=x"), &output) == EPROTOTYPE);
	/* a dialogue of a skill is none of a target, nor the other way round */
	CHECK(ask_of(SLOT_WORKER, SPAN("support"), 78, VAULT_VERIFY_FIRST, SPAN("\0\0\0\0\0n,,n=,r=x"), &output) == 0);
	CHECK(ask(SLOT_WORKER, 0, 78, VAULT_SCRAM_FINAL, SPAN("r=x1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"), &output) == EPROTO);
	CHECK(ask_of(SLOT_WORKER, SPAN("support"), 78, VAULT_VERIFY_FINAL, SPAN("c=biws,r=x,p=x"), &output) == EPROTO);
	hear_no_entry("no secret of ours was used");
	put_file(verifier_path, "pencil");
	CHECK(verify("support", "pencil", 79, "", &output) == 0);
	command("{\"v\":1,\"do\":\"secret_changed\",\"skill\":\"ghost\"}", "no verifier for this skill");
	command("{\"v\":1,\"do\":\"secret_changed\",\"skill\":\"support\"}", "the secret cannot be used");
	CHECK(verify("support", "pencil", 80, "", &output) == EINVAL);
	put_file(verifier_path, VERIFIER "\n");
	command("{\"v\":1,\"do\":\"secret_changed\",\"skill\":\"support\"}", "\"ok\":true");
	CHECK(verify("support", "pencil", 81, "", &output) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(hear(SLOT_RECORDER, MSG_ENTRY, 0, &output));
}

static uint32_t
ask_leaf(uint32_t target, const char *name, struct span *chain, struct span *key)
{
	struct out out = out_new(BODY_MAX);
	uint32_t status = 9999;
	struct span body;

	out_block(&out, name_of(target));
	out_block(&out, span_text(name));
	out_bytes(&out, address.ip, 16);
	say(SLOT_WORKER, MSG_LEAF, ++last_id, out_view(&out));
	out_free(&out);
	*chain = *key = SPAN("");
	if (CHECK(hear(SLOT_WORKER, MSG_LEAF_IS, last_id, &body)))
		CHECK(take_be32(&body, &status) && take_block(&body, chain) &&
		    take_block(&body, key) && !body.n);
	return status;
}

static uint8_t mask_keys[3 * 32];

/* Keys of two masks and of holds, which are the same for all workers, and after a restart. */
static void
check_mask_keys(unsigned int worker, uint32_t epoch)
{
	struct span body;

	say(worker, MSG_MASK_KEYS, ++last_id, SPAN(""));
	CHECK(hear(worker, MSG_MASK_KEYS_ARE, last_id, &body));
	CHECK(body.n == 8 + 96 && span_be32(body, 0) == epoch && span_be32(body, 4) == 2);
	CHECK(memcmp(body.p + 8, body.p + 40, 32) && memcmp(body.p + 40, body.p + 72, 32));
	if (!span_equal(span_of(mask_keys, 8), SPAN("\0\0\0\0\0\0\0\0")))
		CHECK(!memcmp(mask_keys, body.p + 8, sizeof(mask_keys)));
	memcpy(mask_keys, body.p + 8, sizeof(mask_keys));
}

/* Keys of tickets, the same for all workers; others after a restart. */
static void
check_ticket_keys(void)
{
	static uint8_t before[80];
	struct span body;

	for (unsigned int worker = SLOT_WORKER; worker < SLOT_WORKER + 2; worker++) {
		say(worker, MSG_TICKET_KEYS, ++last_id, SPAN(""));
		CHECK(hear(worker, MSG_TICKET_KEYS_ARE, last_id, &body));
		CHECK(body.n == 4 + 80 && span_be32(body, 0) > 3000 && span_be32(body, 0) <= 3600);
		CHECK(worker == SLOT_WORKER ? memcmp(before, body.p + 4, 80) != 0 : memcmp(before, body.p + 4, 80) == 0);
		memcpy(before, body.p + 4, sizeof(before));
	}
}

static void
check_leaves(void)
{
	struct span chain, key;

	CHECK(ask_leaf(0, "db.example.org", &chain, &key) == 0);
	CHECK(chain.n > 27 && !memcmp(chain.p, "-----BEGIN CERTIFICATE-----", 27));
	CHECK(key.n > 27 && !memcmp(key.p, "-----BEGIN PRIVATE KEY-----", 27));
	CHECK(ask_leaf(0, "", &chain, &key) == 0);
	CHECK(ask_leaf(0, "evil.org", &chain, &key) == EPERM && !chain.n && !key.n);
	CHECK(ask_leaf(1, "", &chain, &key) == EPERM);
	CHECK(ask_leaf(9, "", &chain, &key) == ENOENT);

	check_mask_keys(SLOT_WORKER, 5);
	check_mask_keys(SLOT_WORKER + 1, 5);
}

/* A person replaces the secret. */
static void
check_replacing(void)
{
	put_secret("crayon\n");
	check_scram("not told yet", 20, "pencil", "pencil", 0);
	command("{\"v\":1,\"do\":\"secret_changed\",\"target\":\"db\"}", "\"ok\":true");
	hear_entry("db", NULL, "secret replaced");
	check_scram("told", 21, "crayon", "crayon", 0);
	command("{\"v\":1,\"do\":\"secret_changed\",\"target\":\"lost\"}", "\"ok\":false");
	hear_entry("lost", NULL, "secret replaced");
	command("{\"v\":1,\"do\":\"secret_changed\",\"target\":\"none\"}", "no such target");
	command("{\"v\":1,\"do\":\"reload\"}", "\"ok\":false");
	command("{\"v\":1,\"do\":\"secret_changed\"", "\"ok\":false");
	CHECK(!chmod(secret_path, 0644));
	command("{\"v\":1,\"do\":\"secret_changed\",\"target\":\"db\"}", "mode 0600");
	hear_entry("db", NULL, "secret replaced");
	CHECK(!chmod(secret_path, 0600));
}

/* Bodies that are wrong are told to the warden, with their sender and type. */
static const struct {
	const char *name;
	unsigned int from;
	uint16_t type;
	struct span body;
} faults[] = {
	{ "proof cut", SLOT_WORKER, MSG_PROOF, SPAN("\0\0\0\2db" "\0\0\0\0\0\0\0\1\0\0\0\1\10\3\0\0" "\1\0\0\0\4sal") },
	{ "proof and a byte", SLOT_WORKER, MSG_PROOF, SPAN("\0\0\0\2db" "\0\0\0\0\0\0\0\1\0\0\0\1\10\3\0\0" "\1\0\0\0\4saltx") },
	{ "a flow of another worker", SLOT_WORKER, MSG_PROOF, SPAN("\0\0\0\2db" "\0\0\0\0\0\0\0\1\0\0\0\1\11\3\0\0" "\1\0\0\0\4salt") },
	{ "a flow that is a turn", SLOT_WORKER, MSG_PROOF, SPAN("\0\0\0\2db" "\0\0\0\0\0\0\0\1\0\0\0\1\10\4\0\0" "\1\0\0\0\4salt") },
	{ "step 0", SLOT_WORKER, MSG_PROOF, SPAN("\0\0\0\2db" "\0\0\0\0\0\0\0\1\0\0\0\1\10\3\0\0" "\0\0\0\0\4salt") },
	{ "step beyond", SLOT_WORKER, MSG_PROOF, SPAN("\0\0\0\2db" "\0\0\0\0\0\0\0\1\0\0\0\1\10\3\0\0" "\377\0\0\0\4salt") },
	{ "leaf cut", SLOT_WORKER, MSG_LEAF, SPAN("\0\0\0\2db" "\0\0\0\0" "0123456789abcde") },
	{ "leaf with a length beyond", SLOT_WORKER, MSG_LEAF, SPAN("\0\0\0\2db" "\377\377\377\377" "0123456789abcdef") },
	{ "no view", SLOT_POLICY, MSG_VIEW_OFFER, SPAN("nonsense") },
	{ "not from a worker", SLOT_BROKER, MSG_MASK_KEYS, SPAN("") },
	{ "keys of tickets, and not from a worker", SLOT_BROKER, MSG_TICKET_KEYS, SPAN("") },
	{ "command cut", SLOT_BROKER, MSG_DO, SPAN("\0\0\0\1x\0\0\0\1\0\0\0\1\0\0\0\1") },
};

/* No prefix of a right body is a body. */
static void
check_prefixes(uint16_t type, struct span whole)
{
	struct span body;

	for (size_t n = 25; n < whole.n; n++) {
		say(SLOT_WORKER, type, ++last_id, span_head(whole, n));
		CHECK(hear(SLOT_WARDEN, MSG_SENDER_FAULT, 0, &body));
		CHECK(body.n == 3 && body.p[0] == SLOT_WORKER && span_be16(body, 1) == type);
	}
}

static void
check_faults(void)
{
	struct span body;

	check_prefixes(MSG_PROOF, SPAN("\0\0\0\2db" "\0\0\0\0\0\0\0\1\0\0\0\1\10\3\0\0" "\1\0\0\0\4salt"));
	check_prefixes(MSG_LEAF, SPAN("\0\0\0\2db" "\0\0\0\16" "db.example.org" "0123456789abcdef"));

	for (size_t i = 0; i < COUNT(faults); i++) {
		struct span sent = faults[i].body;

		say(faults[i].from, faults[i].type, ++last_id, sent);
		if (CHECK_ROW(faults[i].name, hear(SLOT_WARDEN, MSG_SENDER_FAULT, 0, &body)))
			CHECK_ROW(faults[i].name, body.n == 3 && body.p[0] == faults[i].from &&
			    span_be16(body, 1) == faults[i].type);
	}
}

static void
begin(uint32_t epoch)
{
	struct pollfd answer = { .fd = channels[SLOT_WORKER], .events = POLLIN };
	struct span body;

	CHECK(hear(SLOT_WARDEN, MSG_READY, 0, &body));
	CHECK(hear(SLOT_POLICY, MSG_VIEW_ASK, 0, &body));
	/* before there is a policy what is asked waits, and is answered then */
	say(SLOT_WORKER, MSG_MASK_KEYS, ++last_id, SPAN(""));
	say(SLOT_WARDEN, MSG_PEER_UP, 0, SPAN("\2"));
	CHECK(hear(SLOT_POLICY, MSG_VIEW_ASK, 0, &body));
	CHECK(poll(&answer, 1, 100) == 0);
	put_policy(epoch);
	CHECK(hear(SLOT_WORKER, MSG_MASK_KEYS_ARE, last_id, &body));
}

static void
quit(pid_t pid)
{
	struct span output;
	int status = 0;

	/* a dialogue has begun: it is waited for, and another one does not begin */
	CHECK(ask(SLOT_WORKER, 0, 90, VAULT_SCRAM_FIRST, SPAN("n"), &output) == 0);
	say(SLOT_WARDEN, MSG_QUIT, 0, SPAN(""));
	usleep(100000);		/* it has heard that */
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	CHECK(ask(SLOT_WORKER, 0, 91, VAULT_SCRAM_FIRST, SPAN("n"), &output) == EAGAIN);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (unsigned int i = 0; i < SLOTS; i++)
		if (channels[i])
			close(channels[i]);
}

int
main(int argc, char **argv)
{
	char line[256];
	pid_t pid;

	if (!mkdtemp(place) || chmod(place, 0755))
		return 1;
	instance.uid_base = geteuid() + (argc > 1 ? 60900 : 0) - (argc > 1 ? 0 : SLOT_KEEPER);
	instance.log_level = LOG_LEVEL_INFO;
	snprintf(instance.state_directory, sizeof(instance.state_directory), "%s", place);
	snprintf(secret_path, sizeof(secret_path), "%s/db.secret", place);
	snprintf(missing_path, sizeof(missing_path), "%s/lost.secret", place);
	snprintf(certificate_path, sizeof(certificate_path), "%s/shown.secret", place);
	put_secret("pencil\n");
	snprintf(verifier_path, sizeof(verifier_path), "%s/support.verifier", place);
	put_file(verifier_path, VERIFIER);
	put_certificate();
	signal(SIGPIPE, SIG_IGN);
	pid = start(argc > 1 ? argv[1] : NULL);
	begin(5);
	check_proofs();
	check_certificate();
	check_verifying();
	check_leaves();
	check_ticket_keys();
	check_replacing();
	put_policy(6);
	check_scram("after a swap", 30, "crayon", "crayon", 0);
	renew = 7;
	check_scram("a swap within", 31, "crayon", "crayon", 0);
	renew = 0;
	check_faults();
	quit(pid);
	/* again, with what the first one left */
	pid = start(argc > 1 ? argv[1] : NULL);
	begin(7);
	check_mask_keys(SLOT_WORKER, 7);
	check_ticket_keys();
	check_scram("after a restart", 40, "crayon", "crayon", 0);
	quit(pid);
	snprintf(line, sizeof(line), "rm -r %s", place);
	CHECK(system(line) == 0);
	return check_end();
}
