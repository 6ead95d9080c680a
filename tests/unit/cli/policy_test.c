/*
 * The verbs of policy as a person types them: exit codes and what is printed.
 * The grammar program is this test itself, started with --once, which runs the
 * real grammar; the daemon is a child on a real socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "check.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "desk/control.h"
#include "grammar/grammar.h"
#include "msg.h"
#include "out.h"

static char directory[] = "/tmp/interlock-cli-XXXXXX";
static struct instance instance = { .uid_base = 60800 };
static char printed[65536];

/* What `interlock policy explain` starts: one statement in, its analysis out. */
static int
be_grammar(void)
{
	struct out packed = out_new(8 << 20);
	static char text[65536];
	size_t n = fread(text, 1, sizeof(text), stdin);

	bool is_whole = grammar_prepare() == 0 &&
	    grammar_analyse(span_of(text, n), &packed) == 0 &&
	    fwrite(packed.p, 1, packed.n, stdout) == packed.n;

	out_free(&packed);
	return is_whole ? 0 : 1;
}

static const char *
below(const char *name)
{
	static char path[4][400];
	static int next;
	char *here = path[next++ % 4];

	snprintf(here, 400, "%s/%s", directory, name);
	return here;
}

static void
put(const char *name, const char *text)
{
	FILE *file = fopen(below(name), "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

/* Run a verb with standard output and errors into `printed`. */
static int
run(int argc, ...)
{
	char *argv[16];
	int kept[2] = { dup(1), dup(2) }, code = 99;
	int to = open(below("printed"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	va_list words;
	ssize_t n;

	va_start(words, argc);
	for (int i = 0; i < argc; i++)
		argv[i] = va_arg(words, char *);
	va_end(words);
	argv[argc] = NULL;
	fflush(stdout);
	dup2(to, 1);
	dup2(to, 2);
	for (const struct cli_verb *verb = cli_policy_verbs; verb->name; verb++) {
		if (strcmp(verb->name, argv[0]) == 0)
			code = verb->run(&instance, argc, argv);
	}
	fflush(stdout);
	fflush(stderr);
	dup2(kept[0], 1);
	dup2(kept[1], 2);
	close(kept[0]);
	close(kept[1]);
	n = pread(to, printed, sizeof(printed) - 1, 0);
	printed[n > 0 ? n : 0] = '\0';
	close(to);
	return code;
}

static bool
said(const char *part)
{
	if (strstr(printed, part))
		return true;
	fprintf(stderr, "  printed: %s\n", printed);
	return false;
}

static void
check_check(void)
{
	put("policy.yaml", "version: 1\nbad: 1\nmasks: {m: {way: no}}\n");
	CHECK(run(2, "policy", "check") == CLI_NO);
	CHECK(said("policy.yaml:2:1: found unknown section \"bad\"") && said("2 faults"));
	CHECK(said("policy.yaml:3:"));
	CHECK(run(3, "policy", "check", "--json") == CLI_NO && said("\"line\":2"));
	put("policy.yaml", "version: 1\n");
	CHECK(run(2, "policy", "check") == CLI_OK && said("policy is right"));
	CHECK(run(3, "policy", "check", "/nonexistent") == CLI_FAILED);
	CHECK(run(4, "policy", "check", "scripts/deploy/policy", "--offline") == CLI_OK);
	CHECK(run(4, "policy", "check", "a", "b") == CLI_USAGE);
	CHECK(run(3, "policy", "check", "--what") == CLI_USAGE);
	CHECK(run(1, "policy") == CLI_USAGE && run(2, "policy", "dance") == CLI_USAGE);
}

static void
check_explain(void)
{
	const char *skill = "order-support", *sample = "scripts/deploy/policy";

	CHECK(run(9, "policy", "explain", "--directory", sample, "--skill", skill,
	    "--target", "shop", "SELECT email FROM customers") == CLI_OK);
	CHECK(said("verdict: allow") && said("rule: policy.yaml:") && said("masked by mail-columns"));
	CHECK(run(9, "policy", "explain", "--directory", sample, "--skill", skill,
	    "--target", "shop", "DROP TABLE orders") == CLI_OK);
	CHECK(said("verdict: deny") && said("define"));
	CHECK(run(10, "policy", "explain", "--json", "--directory", sample, "--skill", skill,
	    "--target", "shop", "DELETE FROM orders WHERE id = 1") == CLI_OK);
	CHECK(said("\"verdict\":\"hold\"") && said("\"approvers\":\"leads\""));
	CHECK(run(9, "policy", "explain", "--directory", sample, "--skill", "ghost",
	    "--target", "shop", "SELECT 1") == CLI_NO && said("no skill called ghost"));
	CHECK(run(9, "policy", "explain", "--directory", sample, "--skill", skill,
	    "--target", "ghost", "SELECT 1") == CLI_NO && said("no target called ghost"));
	CHECK(run(3, "policy", "explain", "SELECT 1") == CLI_USAGE);
}

static void
check_test(void)
{
	const char *sample = "scripts/deploy/policy";

	CHECK(run(4, "policy", "test", "--directory", sample) == CLI_OK);
	CHECK(said("13 passed, 0 failed"));
	put("cases.yaml", "version: 1\ncases:\n"
	    "  - {skill: order-support, target: shop, sql: SELECT 1, expect: deny}\n"
	    "  - {skill: order-support, target: shop, sql: BEGIN, expect: allow, rule: rule 9}\n"
	    "  - {skill: order-support, target: shop, sql: SELECT id FROM orders, expect: allow, masked: [id]}\n"
	    "  - {skill: order-support, target: shop, sql: SELECT email FROM customers, expect: allow, masked: []}\n"
	    "  - {skill: ghost, target: shop, sql: BEGIN, expect: allow}\n"
	    "  - {skill: order-support, target: shop, expect: maybe}\n"
	    "  - {skill: order-support, target: shop, sql: BEGIN, expect: allow}\n");
	CHECK(run(5, "policy", "test", "--directory", sample, below("cases.yaml")) == CLI_NO);
	CHECK(said("1 passed, ") && said("cases.yaml:3: ") && said("expected rule 9"));
	CHECK(said("email: found it masked") && said("skill \"ghost\"") && said("\"sql\" is missing"));
	put("policy.yaml", "version: 1\n");
	CHECK(run(2, "policy", "test") == CLI_NO && said("no cases found"));
}

#define WEB_POLICY "version: 1\npeople: {ann: {uid: 1}}\n" \
	"targets: {web: {protocol: http, names: [a.example], addresses: [10.0.0.1], " \
	"operations: [{name: getOrder, method: GET, path: '/orders/{id}'}]}}\n" \
	"duties:\n  d:\n    targets: [web]\n    rules:\n" \
	"      - {effects: [read], paths: ['/orders/**'], when: [{query: x, is: 1}], verdict: allow}\n" \
	"      - {effects: [insert], paths: [/orders], columns: [amount], when: [{header: X-A, is: b}], verdict: allow}\n" \
	"skills: {s: {owner: ann, start: {by: [ann], as: '7'}, duties: [d]}}\n"

/* Requests instead of statements, with head and body. */
static void
check_requests(void)
{
	static char body[256];

	put("policy.yaml", WEB_POLICY);
	put("body", "{\"amount\": 5}");
	snprintf(body, sizeof(body), "%s", below("body"));
	CHECK(run(7, "policy", "explain", "--skill", "s", "--target", "web", "GET /orders/5?x=1") == CLI_OK);
	CHECK(said("verdict: allow") && said("read     GET /orders/5, operation getOrder"));
	CHECK(run(7, "policy", "explain", "--skill", "s", "--target", "web", "DELETE /orders/5") == CLI_OK);
	CHECK(said("verdict: deny") && said("no rule of duty d names effect delete on DELETE /orders/5"));
	CHECK(run(8, "policy", "explain", "--json", "--skill", "s", "--target", "web", "GET https://a.example/orders/%35?x=1") == CLI_OK);
	CHECK(said("\"method\":\"GET\"") && said("\"host\":\"a.example\"") && said("\"object\":\"/orders/5\""));
	CHECK(run(7, "policy", "explain", "--skill", "s", "--target", "web", "GET https://b.example/orders/5?x=1") == CLI_OK);
	CHECK(said("verdict: deny") && said("none of the target's names"));
	CHECK(run(13, "policy", "explain", "--skill", "s", "--target", "web", "--header", "X-A: b", "--header",
	    "Content-Type: application/json", "--body", body, "POST /orders") == CLI_OK);
	CHECK(said("verdict: allow") && said("(amount)"));
	CHECK(run(9, "policy", "explain", "--skill", "s", "--target", "web", "--body", body, "POST /orders") == CLI_OK);
	CHECK(said("verdict: deny"));
	CHECK(run(7, "policy", "explain", "--skill", "s", "--target", "web", "nonsense") == CLI_USAGE);
	CHECK(run(9, "policy", "explain", "--skill", "s", "--target", "web", "--header", "nonsense", "GET /") == CLI_USAGE);
	CHECK(run(9, "policy", "explain", "--skill", "s", "--target", "web", "--body", "/none", "GET /") == CLI_FAILED);
	put("cases.yaml", "version: 1\ncases:\n"
	    "  - {skill: s, target: web, request: 'GET /orders/5?x=1', expect: allow, rule: rule 1}\n"
	    "  - {skill: s, target: web, request: POST /orders, headers: ['X-A: b', 'Content-Type: application/json'], body: '{\"amount\": 5}', expect: allow}\n"
	    "  - {skill: s, target: web, request: POST /orders, headers: ['X-A: b', 'Content-Type: application/json'], body: '{\"price\": 5}', expect: deny}\n"
	    "  - {skill: s, target: web, request: GET /orders/5, expect: allow}\n"
	    "  - {skill: s, target: web, sql: SELECT 1, expect: allow}\n");
	CHECK(run(3, "policy", "test", below("cases.yaml")) == CLI_NO);
	CHECK(said("3 passed, 2 failed") && said("cases.yaml:6: GET /orders/5: found deny") && said("expected request, and nothing else"));
}

/* A daemon that answers one request with `answer`, and writes down what it was asked. */
static pid_t
be_daemon(const char *answer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int door = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t child;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", below(CONTROL_SOCKET));
	unlink(address.sun_path);
	if (bind(door, (struct sockaddr *)&address, sizeof(address)) || listen(door, 1))
		abort();
	child = fork();
	if (child == 0) {
		int fd = accept(door, NULL, NULL);
		char line[4096];
		ssize_t n = read(fd, line, sizeof(line) - 1);

		line[n > 0 ? n : 0] = '\0';
		put("asked", line);
		for (const char *p = answer; *p; p++)	/* in the smallest pieces */
			if (write(fd, p, 1) != 1)
				break;
		_exit(0);
	}
	close(door);
	return child;
}

static bool
was_asked(pid_t child, const char *part)
{
	char line[4096] = "";
	FILE *file;

	waitpid(child, NULL, 0);
	file = fopen(below("asked"), "r");
	if (!file || !fgets(line, sizeof(line), file))
		return false;
	fclose(file);
	return strstr(line, part) && line[strlen(line) - 1] == '\n';
}

static void
check_reload(void)
{
	static const struct {
		const char *name, *answer, *said;
		int code;
	} rows[] = {
		{ "done", "{\"v\":1,\"ok\":true,\"epoch\":4}\n", "policy epoch 4 is in force", CLI_OK },
		{ "faults", "{\"v\":1,\"row\":{\"file\":\"policy.yaml\",\"line\":3,\"column\":1,\"fault\":\"bad\"}}\n"
		  "{\"v\":1,\"ok\":false,\"error\":\"1 fault\",\"code\":1}\n", "policy.yaml:3:1: bad", CLI_NO },
		{ "not permitted", "{\"v\":1,\"ok\":false,\"error\":\"not an admin\",\"code\":4}\n",
		  "interlock: not an admin", CLI_PERMISSION },
		{ "odd code", "{\"v\":1,\"ok\":false,\"error\":\"x\",\"code\":77}\n", "interlock: x", CLI_FAILED },
		{ "silence", "", "ended the conversation", CLI_DAEMON },
		{ "half a line", "{\"v\":1,\"ok\":true", "ended the conversation", CLI_DAEMON },
		{ "no JSON", "hello\n", "ended the conversation", CLI_DAEMON },
		{ "twice", "{\"ok\":true,\"ok\":false}\n", "ended the conversation", CLI_DAEMON },
	};

	CHECK(run(1, "reload") == CLI_DAEMON && said("is interlockd running?"));
	CHECK(run(2, "reload", "now") == CLI_USAGE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		pid_t child = be_daemon(rows[i].answer);

		CHECK_ROW(rows[i].name, run(1, "reload") == rows[i].code);
		CHECK_ROW(rows[i].name, said(rows[i].said));
		CHECK_ROW(rows[i].name, was_asked(child, "\"do\":\"reload\""));
	}
}

static int
set_secret_of(const char *secret, const char *option, const char *name)
{
	int kept = dup(0), code;

	put("typed", secret);
	close(0);
	if (open(below("typed"), O_RDONLY) != 0)
		abort();
	code = *option ? run(4, "secret", "set", option, name) : run(3, "secret", "set", name);
	dup2(kept, 0);
	close(kept);
	return code;
}

static int
set_secret(const char *secret, const char *target)
{
	return set_secret_of(secret, "", target);
}

static void
check_secret(void)
{
	char text[1024], content[64] = "";
	struct stat st;
	pid_t child;
	FILE *file;

	snprintf(text, sizeof(text), "version: 1\ntargets:\n  a: {addresses: [10.0.0.1], tls: {backend: disable}, "
	    "login: {role: r, secret: 'file:%s'}}\n  b: {addresses: [10.0.0.2], tls: {backend: disable}}\n"
	    "  c: {addresses: [10.0.0.3], tls: {backend: disable}, login: {role: r, secret: 'credential:c'}}\n",
	    below("secret"));
	put("policy.yaml", text);
	CHECK(run(2, "secret", "set") == CLI_USAGE);
	CHECK(set_secret("x\n", "ghost") == CLI_NO && said("no target called ghost"));
	CHECK(set_secret("x\n", "b") == CLI_NO && said("names no secret"));
	CHECK(set_secret("x\n", "c") == CLI_NO && said("systemd credential"));
	CHECK(set_secret("\n", "a") == CLI_USAGE && said("no secret was given"));
	if (geteuid() != 0)
		return;
	child = be_daemon("{\"v\":1,\"ok\":true}\n");
	CHECK(set_secret("correct horse\n", "a") == CLI_OK);
	CHECK(!strstr(printed, "horse"));
	CHECK(was_asked(child, "\"do\":\"secret_changed\",\"target\":\"a\""));
	CHECK(stat(below("secret"), &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(st.st_uid == 60800 + SLOT_KEEPER);
	file = fopen(below("secret"), "r");
	CHECK(file && fgets(content, sizeof(content), file) && strcmp(content, "correct horse") == 0);
	fclose(file);
	CHECK(access(below("secret.new"), F_OK) < 0);
	CHECK(run(2, "policy", "check") == CLI_OK);
	unlink(below(CONTROL_SOCKET));
	CHECK(set_secret("other", "a") == CLI_DAEMON && said("the secret is written"));
}

/* What a skill's password is checked against: a verifier, never the password. */
static void
check_verifier(void)
{
	char text[1024];
	pid_t child;

	if (geteuid() != 0)
		return;
	snprintf(text, sizeof(text), "version: 1\npeople: {ann: {uid: 1}, bob: {uid: 2}}\n"
	    "skills:\n  s: {owner: ann, start: {by: [bob], as: '7'}, verifier: 'file:%s'}\n"
	    "  t: {owner: ann, start: {by: [bob], as: '8'}}\n", below("verifier"));
	put("policy.yaml", text);
	CHECK(set_secret_of("x\n", "--skill", "ghost") == CLI_NO && said("no skill called ghost"));
	CHECK(set_secret_of("x\n", "--skill", "t") == CLI_NO && said("names no verifier"));
	CHECK(set_secret_of("correct horse\n", "--skill", "s") == CLI_USAGE && said("not a password"));
	CHECK(access(below("verifier"), F_OK) < 0);
	child = be_daemon("{\"v\":1,\"ok\":true}\n");
	CHECK(set_secret_of("SCRAM-SHA-256$1:s$k:k\n", "--skill", "s") == CLI_OK);
	CHECK(was_asked(child, "\"do\":\"secret_changed\",\"skill\":\"s\""));
	CHECK(access(below("verifier"), F_OK) == 0);
}

/* A key and its certificate go into one file; what does not fit never gets there. */
static void
check_certificate(void)
{
	char text[1024];
	struct stat st;
	pid_t child;

	if (geteuid() != 0)
		return;
	snprintf(text, sizeof(text), "cd %s && for n in one two; do openssl req -x509 -newkey ed25519 -nodes -subj /CN=$n "
	    "-keyout $n.key -out $n.crt 2>/dev/null; done && openssl pkey -in one.key -aes256 -passout pass:x -out locked.key",
	    directory);
	CHECK(system(text) == 0);
	snprintf(text, sizeof(text), "version: 1\ntargets:\n  a: {addresses: [10.0.0.1], tls: {backend: verify-ca}, "
	    "login: {role: r, certificate: 'file:%s'}}\n  b: {addresses: [10.0.0.2], tls: {backend: disable}}\n",
	    below("pem"));
	put("policy.yaml", text);
	CHECK(run(5, "secret", "set", "a", "--key", below("one.key")) == CLI_USAGE);
	CHECK(run(7, "secret", "set", "--skill", "s", "--key", "k", "--certificate") == CLI_USAGE);
	CHECK(run(7, "secret", "set", "b", "--key", "k", "--certificate", "c") == CLI_NO && said("names no certificate"));
	CHECK(set_secret("x\n", "a") == CLI_NO && said("names no secret"));
	CHECK(run(4, "secret", "set", "--skill", "ghost") == CLI_NO && said("no skill called ghost"));
	for (unsigned int i = 0; i < 3; i++) {
		static const char *const keys[] = { "two.key", "locked.key", "one.crt" };
		char key[PATH_MAX];

		snprintf(key, sizeof(key), "%s", below(keys[i]));
		CHECK_ROW(keys[i], run(7, "secret", "set", "a", "--key", key, "--certificate", below("one.crt")) == CLI_USAGE);
		CHECK_ROW(keys[i], said("without a pass phrase") && access(below("pem"), F_OK) < 0);
	}
	snprintf(text, sizeof(text), "%s", below("one.key"));
	child = be_daemon("{\"v\":1,\"ok\":true}\n");
	CHECK(run(7, "secret", "set", "a", "--key", text, "--certificate", below("one.crt")) == CLI_OK);
	CHECK(was_asked(child, "\"do\":\"secret_changed\",\"target\":\"a\""));
	CHECK(stat(below("pem"), &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_uid == 60800 + SLOT_KEEPER);
	snprintf(text, sizeof(text), "cd %s && cat one.key one.crt | cmp - pem", directory);
	CHECK(system(text) == 0);
}

int
main(int argc, char **argv)
{
	char command[PATH_MAX];

	if (argc == 2 && strcmp(argv[1], "--once") == 0)
		return be_grammar();
	if (!mkdtemp(directory))
		return 1;
	snprintf(instance.policy_directory, sizeof(instance.policy_directory), "%s", directory);
	snprintf(instance.program_directory, sizeof(instance.program_directory), "%s", directory);
	snprintf(instance.run_directory, sizeof(instance.run_directory), "%s", directory);
	if (!realpath("/proc/self/exe", command) || symlink(command, below("grammar"))) {
		perror("grammar");
		return 1;
	}
	check_check();
	check_explain();
	check_test();
	check_requests();
	check_reload();
	check_secret();
	check_certificate();
	check_verifier();
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command) ? 1 : check_end();
}
