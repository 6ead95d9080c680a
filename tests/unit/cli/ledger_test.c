/*
 * The verbs over the record say what the ledger has: sessions counted, a
 * session replayed with what others entered about it and with its bodies, a
 * refusal explained with the rule's lines and the smallest change, a ledger
 * verified, and all exit codes.
 */
#include "cli/ledger.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "id.h"
#include "ledger/blob.h"
#include "ledger/ledger.h"

#define SESSION "ses-00f3k9zt048a4r7"
#define FLOW "flo-00f3k9zt108a4r7"
#define TURN "trn-00f3k9zt108a4r7"
#define HOLD "hld-00f3k9zt108a4r7"
#define REFUSAL "ref-00f3k9zt108a4r7"

static struct instance instance;
static struct ledger *ledger;
static uint8_t room[ENTRY_LIMIT];
static char output[1 << 16];
static uint64_t sequence;

static struct entry
begin_as(const char *process, enum entry_kind kind, const char *session)
{
	static uint64_t sequences[8];
	struct entry e;

	entry_begin(&e, room, kind);
	entry_text(&e, KEY_PROCESS, span_text(process));
	sequence++;
	entry_uint(&e, KEY_SEQUENCE, ++sequences[process[0] & 7]);
	entry_uint(&e, KEY_INCARNATION, 7);
	entry_uint(&e, KEY_WALL, 1795345528123000000ULL + sequence * 1000000000);
	if (session) {
		entry_text(&e, KEY_SKILL, SPAN("support-agent"));
		entry_text(&e, KEY_SESSION, span_text(session));
	}
	return e;
}

/* As the process whose business it is. */
static struct entry
begin(enum entry_kind kind, const char *session)
{
	static const char *const writers[ENTRY_KINDS] = {
		[ENTRY_ATTACH] = "loader", [ENTRY_DETACH] = "loader",
		[ENTRY_HOLD] = "broker", [ENTRY_DECISION] = "broker",
		[ENTRY_CREDENTIAL] = "keeper",
	};

	return begin_as(writers[kind] ? writers[kind] : "worker/0", kind, session);
}

static void
add(struct entry *e)
{
	struct span whole;

	CHECK(entry_end(e, &whole) == 0 && ledger_append(ledger, whole) == 0);
}

static void
add_acts(struct entry *e, const char *effect, uint64_t reach)
{
	entry_array(e, KEY_ACTS, 2);
	for (int i = 0; i < 2; i++) {
		entry_item_array(e, 4);
		entry_item_text(e, span_text(effect));
		entry_item_text(e, i ? SPAN("public.b") : SPAN("public.a"));
		entry_item_uint(e, reach);
		entry_item_array(e, 1);
		entry_item_text(e, SPAN("name"));
	}
}

static void
add_ask(const char *turn, const char *effect, const char *verdict, const char *rule,
    const char *refusal, const char *hold)
{
	struct entry e = begin(ENTRY_ASK, SESSION);

	entry_text(&e, KEY_FLOW, SPAN(FLOW));
	entry_text(&e, KEY_TURN, span_text(turn));
	entry_text(&e, KEY_TARGET, SPAN("crm"));
	entry_text(&e, KEY_TEXT, SPAN("DROP TABLE a\n\033[31m"));
	add_acts(&e, effect, 2);
	entry_text(&e, KEY_VERDICT, span_text(verdict));
	entry_text(&e, KEY_RULE, span_text(rule));
	entry_text(&e, KEY_REFUSAL, span_text(refusal));
	entry_text(&e, KEY_HOLD, span_text(hold));
	add(&e);
}

static void
fill(void)
{
	struct entry e = begin(ENTRY_ATTACH, SESSION);

	entry_text(&e, KEY_STARTER, SPAN("anna"));
	add(&e);
	e = begin(ENTRY_FLOW, SESSION);
	entry_text(&e, KEY_FLOW, SPAN(FLOW));
	add(&e);
	add_ask(TURN, "delete", "deny", "policy.yaml:3 duty support rule 1", REFUSAL, "");
	add_ask("trn-00f3k9zt108a4r8", "read", "deny", "", "ref-00f3k9zt108a4r8", "");
	add_ask("trn-00f3k9zt108a4r9", "update", "hold", "policy.yaml:5 duty support rule 2",
	    "", HOLD);
	e = begin(ENTRY_HOLD, SESSION);
	entry_text(&e, KEY_HOLD, SPAN(HOLD));
	add(&e);
	e = begin(ENTRY_DECISION, NULL);	/* knows the hold only */
	entry_text(&e, KEY_HOLD, SPAN(HOLD));
	entry_text(&e, KEY_PERSON, SPAN("bert"));
	entry_text(&e, KEY_DECISION, SPAN("approve"));
	add(&e);
	e = begin(ENTRY_CREDENTIAL, NULL);	/* knows the flow only */
	entry_text(&e, KEY_FLOW, SPAN(FLOW));
	entry_text(&e, KEY_DETAIL, SPAN("scram"));
	add(&e);
	e = begin(ENTRY_ANSWER, SESSION);
	entry_uint(&e, KEY_ROWS, 4);
	entry_map(&e, KEY_MASKED, 2);
	entry_item_text(&e, SPAN("pan"));
	entry_item_uint(&e, 30);
	entry_item_text(&e, SPAN("email"));
	entry_item_uint(&e, 12);
	add(&e);
	e = begin(ENTRY_DETACH, SESSION);
	add(&e);
	e = begin(ENTRY_FLOW, "ses-00f3k9zt048a4r8");
	add(&e);
	CHECK(ledger_write(ledger) == 0 && ledger_checkpoint(ledger) == 0);
}

typedef int (*verb_fn)(const struct instance *, int argc, char **argv);

/* Run a verb; its standard output into `output`. */
static int
run(verb_fn verb, const char *a, const char *b, const char *c)
{
	char *argv[] = { (char *)"verb", (char *)a, (char *)b, (char *)c, NULL };
	FILE *file = tmpfile();
	int kept = dup(STDOUT_FILENO), argc = 1, code;
	ssize_t n;

	while (argv[argc])
		argc++;
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	code = verb(&instance, argc, argv);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	n = pread(fileno(file), output, sizeof(output) - 1, 0);
	output[n > 0 ? n : 0] = '\0';
	fclose(file);
	return code;
}

static bool
says(const char *text)
{
	bool found = strstr(output, text) != NULL;

	if (!found)
		fprintf(stderr, "not said: %s\nbut:\n%s\n", text, output);
	return found;
}

static size_t
lines(void)
{
	size_t n = 0;

	for (const char *p = output; *p; p++)
		n += *p == '\n';
	return n;
}

static void
sessions(void)
{
	CHECK(run(cli_sessions, NULL, NULL, NULL) == CLI_OK && lines() == 2);
	CHECK(says(SESSION "  support-agent  anna  2026-11-22T11:05:29.123Z  "
	    "2026-11-22T11:05:38.123Z  flows 1 asks 3 denied 2 held 1 masked 42\n"));
	CHECK(says("(no end)"));
	CHECK(run(cli_sessions, "--json", "--skill", "support-agent") == CLI_OK);
	CHECK(says("{\"session\":\"" SESSION "\",\"skill\":\"support-agent\","
	    "\"starter\":\"anna\",\"begin\":\"2026-11-22T11:05:29.123000000Z\""));
	CHECK(says("\"account\":\"uncounted\"}\n"));
	CHECK(run(cli_sessions, "--json", NULL, NULL) == CLI_OK && says("\"account\":\"open\"}\n"));
	CHECK(run(cli_sessions, "--skill", "other", NULL) == CLI_OK && lines() == 0);
	CHECK(run(cli_sessions, "--since", "2026-11-22T11:05:39", NULL) == CLI_OK &&
	    lines() == 1);
	CHECK(run(cli_sessions, "--since", "2040-01-01", NULL) == CLI_OK && lines() == 0);
	CHECK(run(cli_sessions, "--since", "yesterday", NULL) == CLI_USAGE);
	CHECK(run(cli_sessions, "more", NULL, NULL) == CLI_USAGE);
}

static void
replay(void)
{
	CHECK(run(cli_replay, SESSION, "--json", NULL) == CLI_OK && lines() == 10);
	CHECK(says("{\"index\":0,\"version\":1,\"kind\":\"attach\""));
	CHECK(says("\"person\":\"bert\"") && says("\"detail\":\"scram\""));
	CHECK(run(cli_replay, SESSION, NULL, NULL) == CLI_OK);
	CHECK(says("asked DROP TABLE a\n        \\x1b[31m"));	/* no escape gets through */
	CHECK(says("masked pan x 30, email x 12"));
	CHECK(says("effects delete public.a, delete public.b"));
	CHECK(run(cli_replay, TURN, "--json", NULL) == CLI_OK && lines() == 1);
	CHECK(run(cli_replay, HOLD, "--json", NULL) == CLI_OK && lines() == 3);
	CHECK(run(cli_replay, "flo-00", "--json", NULL) == CLI_OK && lines() == 7);
	CHECK(run(cli_replay, "ses-", NULL, NULL) == CLI_NO);	/* more than one */
	CHECK(run(cli_replay, "ses-1", NULL, NULL) == CLI_NO);
	CHECK(run(cli_replay, "", NULL, NULL) == CLI_NO);
	CHECK(run(cli_replay, NULL, NULL, NULL) == CLI_USAGE);
}

static void
why(void)
{
	CHECK(run(cli_why, REFUSAL, NULL, NULL) == CLI_OK);
	CHECK(says(REFUSAL " is entry 2 of the ledger"));
	CHECK(says("  policy.yaml:3        - effects: [delete]\n"
	    "  policy.yaml:4          verdict: deny\n"));
	CHECK(!strstr(output, "policy.yaml:5"));
	CHECK(says("That rule denies it"));
	CHECK(run(cli_why, "ref-00f3k9zt108a4r8", NULL, NULL) == CLI_OK);
	CHECK(says("No rule speaks of it"));
	CHECK(says("      - effects: [read]\n"
	    "        objects: [\"public.a\", \"public.b\"]\n"
	    "        columns: [\"name\"]\n"
	    "        where: absent\n"
	    "        verdict: allow\n"));
	CHECK(run(cli_why, HOLD, NULL, NULL) == CLI_OK);
	CHECK(says("It was held, and decided: approve by \"bert\".") && says("policy.yaml:5"));
	CHECK(!strstr(output, "interlock approve"));
	CHECK(run(cli_why, "trn-00f3k9zt108a4r9", NULL, NULL) == CLI_OK);
	CHECK(says("It was held, and decided"));
	CHECK(run(cli_why, "ref-none", NULL, NULL) == CLI_NO);
}

/* What an entry names is shown in it; where it is gone, what is left is, and that is said. */
static void
bodies(int directory)
{
	static const char text[] = "select 'the whole of it\033'";
	const struct span body[] = { SPAN(text), SPAN("\x83\x64long\xf6\x41\xff") };
	struct entry e = begin(ENTRY_ASK, "ses-00f3k9zt048a4rb");
	char path[BLOB_PATH_SIZE];
	struct hash names[2];

	entry_text(&e, KEY_TEXT, SPAN("select 'the"));
	for (int i = 0; i < 2; i++) {
		hash_bytes(&names[i], -1, body[i], span_of(NULL, 0));
		CHECK(ledger_append_blob(ledger, &names[i], body[i]) == 0);
		entry_bytes(&e, i ? KEY_VALUES_BLOB : KEY_TEXT_BLOB, span_of(names[i].p, HASH_SIZE));
	}
	add(&e);
	CHECK(ledger_write(ledger) == 0 && ledger_checkpoint(ledger) == 0);
	CHECK(run(cli_replay, "ses-00f3k9zt048a4rb", NULL, NULL) == CLI_OK);
	CHECK(says("asked select 'the whole of it\\x1b'\n") && says("values long, null, \\xff\n"));
	CHECK(run(cli_replay, "ses-00f3k9zt048a4rb", "--json", NULL) == CLI_OK && lines() == 1);
	CHECK(says("\"text\":\"select 'the whole of it\\u001b'\",\"values\":[\"long\",null,\"ff\"],"));
	CHECK(run(cli_verify, NULL, NULL, NULL) == CLI_OK && says("; bodies: 2\n"));
	CHECK(renameat(directory, blob_path(path, &names[0]), directory, "aside") == 0);
	CHECK(run(cli_replay, "ses-00f3k9zt048a4rb", "--json", NULL) == CLI_FAILED && lines() == 1);
	CHECK(says("\"text\":\"select 'the\",\"values\":[\"long\","));
	CHECK(run(cli_verify, NULL, NULL, NULL) == CLI_NO);
	CHECK(says("wrong: entry 11 (ask, ") && says(") in ") && says(path));
	CHECK(says(": a body that the entry names is missing\n"));
	CHECK(renameat(directory, "aside", directory, path) == 0);
}

static void
verify(const char *state)
{
	char path[300], note[300], was;
	int fd;

	snprintf(path, sizeof(path), "%s/ledger", state);
	snprintf(note, sizeof(note), "%s/ledger/checkpoint", state);
	CHECK(run(cli_verify, NULL, NULL, NULL) == CLI_OK);
	CHECK(says("right: interlock.local/test, 12 entries signed; not yet signed: 0; bodies: 2\n"));
	CHECK(says("all told of in 0 sessions, some lost in 0, WRONG in 0; "
	    "no count yet of 2, none of 1\n"));
	CHECK(run(cli_verify, path, "--since", note) == CLI_OK);
	CHECK(says("held against a checkpoint of 12"));
	CHECK(run(cli_verify, "--json", NULL, NULL) == CLI_OK);
	CHECK(says("{\"right\":true,\"origin\":\"interlock.local/test\",\"size\":12,"));
	CHECK(says("\"unaccounted\":[],\"sessions\":{\"open\":2,\"uncounted\":1,"
	    "\"whole\":0,\"lost\":0,\"wrong\":0}}\n"));
	CHECK(run(cli_verify, "/nowhere", NULL, NULL) == CLI_FAILED);
	CHECK(run(cli_verify, "--nonsense", NULL, NULL) == CLI_USAGE);
	snprintf(path, sizeof(path), "%s/ledger/tile/entries/000.p/12", state);
	fd = open(path, O_RDWR);
	CHECK(pread(fd, &was, 1, 200) == 1 && pwrite(fd, "!", 1, 200) == 1);
	CHECK(run(cli_verify, NULL, NULL, NULL) == CLI_NO);
	CHECK(says("wrong: entry 2 (ask, 2026-11-22T11:05:31.123Z, " SESSION
	    ") in tile/entries/000.p/12: the entry was changed\nWRONG: "));
	CHECK(run(cli_verify, "--json", NULL, NULL) == CLI_NO);
	CHECK(says("\"faults\":[{\"index\":2,\"file\":\"tile/entries/000.p/12\",") &&
	    says("\"kind\":\"ask\",\"session\":\"" SESSION "\""));
	CHECK(pwrite(fd, &was, 1, 200) == 1);
	close(fd);
}

/* What a taken-over worker entered before the recorder knew who may: nobody believes it. */
static void
forged(void)
{
	struct entry e = begin_as("worker/0", ENTRY_ATTACH, "ses-00f3k9zt048a4r9");

	entry_text(&e, KEY_STARTER, SPAN("carol"));
	add(&e);
	e = begin_as("worker/0", ENTRY_DECISION, NULL);
	entry_text(&e, KEY_HOLD, SPAN(HOLD));
	entry_text(&e, KEY_PERSON, SPAN("carol"));
	add(&e);
	e = begin_as("worker/0", ENTRY_ASK, NULL);
	entry_text(&e, KEY_FLOW, SPAN("flo-00f3k9zt2c8a4r7"));	/* of another slot */
	entry_text(&e, KEY_VERDICT, SPAN("allow"));
	add(&e);
	CHECK(ledger_write(ledger) == 0 && ledger_checkpoint(ledger) == 0);

	CHECK(run(cli_sessions, NULL, NULL, NULL) == CLI_OK && lines() == 3);
	CHECK(says("ses-00f3k9zt048a4r8  -  -  (no start)  (no end)"));
	CHECK(!says("carol"));
	CHECK(run(cli_replay, HOLD, "--json", NULL) == CLI_OK && lines() == 4);
	CHECK(says("\"person\":\"carol\"") && says("\"believed\":false}"));
	CHECK(run(cli_replay, HOLD, NULL, NULL) == CLI_OK && says("NOT TO BE BELIEVED"));
	CHECK(run(cli_why, "flo-00f3k9zt2c8a4r7", NULL, NULL) == CLI_NO && lines() == 0);
	CHECK(run(cli_verify, NULL, NULL, NULL) == CLI_NO);
	CHECK(says("wrong: entry 12 (attach, ") && says("its writer may not enter this"));
	CHECK(says("wrong: entry 13 (decision, ") && says("wrong: entry 14 (ask, "));
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int
main(void)
{
	static const char policy[] = "duties:\n  support:\n"
	    "      - effects: [delete]\n        verdict: deny\n"
	    "      - effects: [update]\n        verdict: hold\n";
	char state[] = "/tmp/cli-ledger-test-XXXXXX", path[300];
	struct ledger_found found;
	int fd;

	CHECK(mkdtemp(state) != NULL);
	snprintf(instance.state_directory, sizeof(instance.state_directory), "%s", state);
	snprintf(instance.policy_directory, sizeof(instance.policy_directory), "%s", state);
	snprintf(path, sizeof(path), "%s/policy.yaml", state);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK(write(fd, policy, sizeof(policy) - 1) == sizeof(policy) - 1);
	close(fd);
	CHECK(run(cli_sessions, NULL, NULL, NULL) == CLI_FAILED);	/* no ledger yet */
	snprintf(path, sizeof(path), "%s/ledger", state);
	CHECK(mkdir(path, 0700) == 0);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(ledger_open(&ledger, fd, "interlock.local/test", NULL, NULL, &found) == 0);
	fill();
	sessions();
	replay();
	why();
	bodies(fd);
	verify(state);
	forged();
	ledger_close(&ledger);
	close(fd);
	nftw(state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return check_end();
}
