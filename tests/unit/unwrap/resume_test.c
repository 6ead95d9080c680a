/* Sessions are taken up by who is bound to the same, for as long as they may be, and by nobody else; the clocks are ours. */
#include <errno.h>
#include <openssl/ssl.h>
#include <time.h>

#include "base/clock.h"
#include "check.h"
#include "unwrap/tls_inside.h"
#include "vault/authority.h"

#define LIMIT (1u << 20)
#define NAME "api.example.org"
#define OTHER "other.example.org"
#define WEEK_S (7 * 86400)	/* how long a leaf is good */

static struct authority *authority;
static struct out root_pem, chain_pem, key_pem;
static uint64_t boot, wall;

uint64_t
clock_mono(void)
{
	return boot;
}

uint64_t
clock_boot(void)
{
	return boot;
}

uint64_t
clock_wall(void)
{
	return wall;
}

void
clock_rest(uint64_t ns)
{
	boot += ns;
}

/* What each side is made with. Empty bonds: it does not resume. */
struct terms {
	const char *bond, *backend_bond;
	const char *name, *protocol;
	enum view_tls how;
};

static const struct terms same = { "run 1", "10.0.0.1", NAME, "http/1.1", TLS_VERIFY_FULL };

struct pair {
	struct tls *client, *server;
	struct out to_server, to_client, plain;
	bool was_asked;		/* for a leaf */
};

static void
pair_free(struct pair *pair)
{
	tls_free(&pair->client);
	tls_free(&pair->server);
	out_free(&pair->to_server);
	out_free(&pair->to_client);
	out_free(&pair->plain);
}

static void
pair_new(struct pair *pair, const struct terms *terms, const struct tls_roots *roots)
{
	*pair = (struct pair){ .to_server = out_new(LIMIT), .to_client = out_new(LIMIT), .plain = out_new(LIMIT) };
	CHECK(tls_server_new(&pair->server, terms->protocol, false) == 0);
	CHECK(tls_client_new(&pair->client, terms->how, roots, terms->name, terms->protocol) == 0);
	if (*terms->bond)
		tls_resume(pair->server, span_text(terms->bond));
	if (*terms->backend_bond)
		tls_resume(pair->client, span_text(terms->backend_bond));
}

/* Shake hands and say something, so that tickets arrive. */
static void
shake(struct pair *pair)
{
	struct span name;

	tls_write(pair->client, SPAN(""), &pair->to_server);
	while (pair->to_server.n || pair->to_client.n) {
		tls_read(pair->server, out_view(&pair->to_server), &pair->plain, &pair->to_client);
		out_clear(&pair->to_server);
		if (tls_needs_leaf(pair->server, &name)) {
			pair->was_asked = true;
			CHECK(tls_set_leaf(pair->server, out_view(&chain_pem), out_view(&key_pem)) == 0);
			tls_write(pair->server, SPAN(""), &pair->to_client);
		}
		tls_read(pair->client, out_view(&pair->to_client), &pair->plain, &pair->to_server);
		out_clear(&pair->to_client);
	}
}

/* One connection in these terms. True: it has taken up a session, and both sides know. */
static bool
is_taken_up(const char *row, const struct terms *terms, const struct tls_roots *roots)
{
	struct pair pair;
	bool is_resumed;

	pair_new(&pair, terms, roots);
	shake(&pair);
	CHECK_ROW(row, tls_write(pair.client, SPAN("ask"), &pair.to_server) == TLS_OPEN);
	shake(&pair);
	CHECK_ROW(row, span_is(out_view(&pair.plain), "ask") && span_is(tls_protocol(pair.server), terms->protocol));
	CHECK_ROW(row, tls_is_resumed(pair.client) == tls_is_resumed(pair.server));
	is_resumed = tls_is_resumed(pair.server);
	CHECK_ROW(row, pair.was_asked != is_resumed);
	pair_free(&pair);
	return is_resumed;
}

/* A set of ticket keys: those named by the letters. */
static void
use_keys(const char *letters)
{
	uint8_t keys[TLS_TICKET_KEYS * TLS_TICKET_KEY];
	size_t n = strlen(letters);

	for (size_t i = 0; i < n; i++)
		memset(keys + i * TLS_TICKET_KEY, letters[i], TLS_TICKET_KEY);
	CHECK(tls_tickets(span_of(keys, n * TLS_TICKET_KEY)) == 0);
}

static void
new_roots(struct tls_roots **roots)
{
	tls_roots_free(roots);
	CHECK(tls_roots_new(roots, out_view(&root_pem)) == 0);
}

/* After a full handshake in the terms above, one in others. */
static void
check_bonds(void)
{
	static const struct {
		const char *name;
		struct terms terms;
		bool right;
	} rows[] = {
		{ "the same", { "run 1", "10.0.0.1", NAME, "http/1.1", TLS_VERIFY_FULL }, true },
		{ "another run", { "run 2", "10.0.0.1", NAME, "http/1.1", TLS_VERIFY_FULL }, false },
		{ "one that is longer", { "run 11", "10.0.0.1", NAME, "http/1.1", TLS_VERIFY_FULL }, false },
		{ "the server takes none", { "", "10.0.0.1", NAME, "http/1.1", TLS_VERIFY_FULL }, false },
		{ "another name", { "run 1", "10.0.0.1", OTHER, "http/1.1", TLS_VERIFY_FULL }, false },
		{ "another protocol", { "run 1", "10.0.0.1", NAME, "h2", TLS_VERIFY_FULL }, false },
		{ "another backend", { "run 1", "10.0.0.2", NAME, "http/1.1", TLS_VERIFY_FULL }, false },
		{ "the client takes none", { "run 1", "", NAME, "http/1.1", TLS_VERIFY_FULL }, false },
		{ "nothing is verified", { "run 1", "10.0.0.1", NAME, "http/1.1", TLS_REQUIRE }, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tls_roots *roots = NULL;

		new_roots(&roots);
		CHECK_ROW(rows[i].name, !is_taken_up(rows[i].name, &same, roots));
		CHECK_ROW(rows[i].name, is_taken_up(rows[i].name, &rows[i].terms, roots) == rows[i].right);
		tls_roots_free(&roots);
	}
}

static void
check_keys(void)
{
	uint8_t long_keys[3 * TLS_TICKET_KEY] = { 0 };
	struct tls_roots *roots = NULL;

	new_roots(&roots);
	use_keys("b");
	CHECK(!is_taken_up("first", &same, roots));
	use_keys("ab");
	CHECK(is_taken_up("by the older", &same, roots));
	use_keys("ca");
	CHECK(is_taken_up("its ticket was made by the newer", &same, roots));
	use_keys("ed");
	CHECK(!is_taken_up("neither is there any more", &same, roots));
	CHECK(is_taken_up("by a new one", &same, roots));
	CHECK(tls_tickets(span_of(long_keys, sizeof(long_keys))) == -EINVAL);
	CHECK(tls_tickets(span_of(long_keys, TLS_TICKET_KEY - 1)) == -EINVAL);
	CHECK(tls_tickets(SPAN("")) == -EINVAL);
	CHECK(is_taken_up("none of these has changed anything", &same, roots));
	tls_roots_free(&roots);
}

/* A policy's roots are its sessions' too. */
static void
check_policy(void)
{
	struct tls_roots *roots = NULL, *others = NULL;
	struct pair pair;

	new_roots(&roots);
	new_roots(&others);
	CHECK(!is_taken_up("first", &same, roots));
	CHECK(!is_taken_up("of other roots", &same, others));
	CHECK(is_taken_up("of the same", &same, roots));
	/* a leg outlives them, and what it still gets is kept nowhere else */
	pair_new(&pair, &same, roots);
	tls_roots_free(&roots);
	shake(&pair);
	CHECK(tls_write(pair.client, SPAN("ask"), &pair.to_server) == TLS_OPEN);
	pair_free(&pair);
	tls_roots_free(&others);
}

static void
check_life(void)
{
	struct tls_roots *roots = NULL;

	new_roots(&roots);
	CHECK(!is_taken_up("first", &same, roots));
	boot += (TLS_SESSION_LIFE_S - 1) * SECOND_NS;
	CHECK(is_taken_up("just before it is too old", &same, roots));
	boot += SECOND_NS;
	CHECK(!is_taken_up("one that came of it is no younger", &same, roots));
	CHECK(is_taken_up("of the new one", &same, roots));
	wall += (WEEK_S - 120) * SECOND_NS;
	CHECK(!is_taken_up("tickets of half a day ago", &same, roots));
	CHECK(is_taken_up("and the certificate is still good", &same, roots));
	wall += 120 * SECOND_NS;
	CHECK(!is_taken_up("now it is not", &same, roots));
	wall -= WEEK_S * SECOND_NS;
	tls_roots_free(&roots);
}

/* A session of TLS 1.3 is used once; what is over after a failure is not tried again. */
static void
check_use(void)
{
	struct tls_roots *roots = NULL;
	struct pair first, second;

	new_roots(&roots);
	CHECK(!is_taken_up("first", &same, roots));
	pair_new(&first, &same, roots);
	pair_new(&second, &same, roots);	/* there was one only */
	shake(&second);
	CHECK(!tls_is_resumed(second.client) && !tls_is_resumed(second.server));
	shake(&first);
	CHECK(tls_is_resumed(first.client) && tls_is_resumed(first.server));
	pair_free(&first);
	pair_free(&second);

	pair_new(&first, &same, roots);
	tls_write(first.client, SPAN(""), &first.to_server);
	CHECK(tls_read(first.client, SPAN("\25\3\3\0\2\2\50"), &first.plain, &first.to_server) == TLS_BROKEN);	/* handshake_failure */
	pair_free(&first);
	CHECK(!is_taken_up("after a failure", &same, roots));
	CHECK(is_taken_up("and then", &same, roots));
	tls_roots_free(&roots);
}

/* Who is refused sees no handshake end, however good the ticket is. */
static void
check_refused(void)
{
	struct tls_roots *roots = NULL;
	struct span name, protocols;
	struct pair pair;

	new_roots(&roots);
	CHECK(!is_taken_up("first", &same, roots));
	pair_new(&pair, &same, roots);
	tls_free(&pair.server);
	CHECK(tls_server_new(&pair.server, NULL, false) == 0);
	tls_resume(pair.server, span_text(same.bond));
	tls_write(pair.client, SPAN(""), &pair.to_server);
	CHECK(tls_read(pair.server, out_view(&pair.to_server), &pair.plain, &pair.to_client) == TLS_SHAKING);
	CHECK(tls_needs_choice(pair.server, &name, &protocols));
	tls_refuse(pair.server);
	CHECK(tls_write(pair.server, SPAN(""), &pair.to_client) == TLS_BROKEN);
	CHECK(pair.to_client.n == 7 && pair.to_client.p[0] == 21);	/* an alert, and nothing else */
	CHECK(tls_read(pair.client, out_view(&pair.to_client), &pair.plain, &pair.to_server) == TLS_BROKEN);
	pair_free(&pair);
	tls_roots_free(&roots);
}

/* A connection whose leaf is asked for by that question. True: another's answer was shown. */
static bool
is_recalled(const struct tls_roots *roots, const char *question)
{
	struct terms terms = { "", "", NAME, "http/1.1", TLS_VERIFY_FULL };
	struct pair pair;
	struct span name;
	bool is;

	pair_new(&pair, &terms, roots);
	CHECK(!tls_recall_leaf(pair.server, span_text(question)));	/* it wants none yet */
	tls_write(pair.client, SPAN(""), &pair.to_server);
	tls_read(pair.server, out_view(&pair.to_server), &pair.plain, &pair.to_client);
	out_clear(&pair.to_server);
	CHECK(tls_needs_leaf(pair.server, &name));
	is = tls_recall_leaf(pair.server, span_text(question));
	CHECK(tls_needs_leaf(pair.server, &name) == !is);
	if (!is)
		CHECK(tls_set_leaf(pair.server, out_view(&chain_pem), out_view(&key_pem)) == 0);
	tls_write(pair.server, SPAN(""), &pair.to_client);
	shake(&pair);
	CHECK(tls_write(pair.client, SPAN("ask"), &pair.to_server) == TLS_OPEN);
	pair_free(&pair);
	return is;
}

static void
check_recall(void)
{
	struct tls_roots *roots = NULL;

	new_roots(&roots);
	CHECK(!is_recalled(roots, "one"));
	CHECK(is_recalled(roots, "one"));
	CHECK(!is_recalled(roots, "two"));
	CHECK(!is_recalled(roots, "one"));	/* that leaf answers the other one now */
	boot += (TLS_LEAF_RECALL_S - 1) * SECOND_NS;
	CHECK(is_recalled(roots, "one"));
	boot += SECOND_NS;
	CHECK(!is_recalled(roots, "one"));
	tls_roots_free(&roots);
}

/* Every byte of a ticket counts: whichever is another, there is a full handshake, and no word of it. */
static void
check_flipped(void)
{
	struct tls_roots *roots = NULL;

	new_roots(&roots);
	for (size_t i = 0; i < 240; i += 3) {
		struct pair pair;
		size_t from;

		CHECK(!is_taken_up("first", &same, roots));
		pair_new(&pair, &same, roots);
		tls_write(pair.client, SPAN(""), &pair.to_server);
		from = pair.to_server.n - 51 - 240;	/* before the binder, and within the ticket */
		pair.to_server.p[from + i] ^= 1;
		shake(&pair);
		CHECK(!tls_is_resumed(pair.server));
		pair_free(&pair);
		new_roots(&roots);
	}
	tls_roots_free(&roots);
}

int
main(void)
{
	static const char *const names[] = { NAME, OTHER };
	struct span texts[] = { span_text(names[0]), span_text(names[1]) };
	struct leaf_terms terms = { texts, COUNT(texts), NULL };
	struct tls_roots *roots = NULL;

	boot = 1000 * SECOND_NS;
	wall = (uint64_t)time(NULL) * SECOND_NS;
	root_pem = chain_pem = key_pem = out_new(LIMIT);
	CHECK(authority_new(&authority, wall / SECOND_NS) == 0);
	CHECK(authority_certificate(authority, &root_pem) == 0);
	CHECK(authority_sign(authority, &terms, wall / SECOND_NS, &chain_pem, &key_pem) == 0);
	new_roots(&roots);
	CHECK(!is_taken_up("without keys", &same, roots));
	CHECK(!is_taken_up("there are no tickets", &same, roots));
	tls_roots_free(&roots);
	use_keys("a");
	check_bonds();
	check_keys();
	check_policy();
	check_life();
	check_use();
	check_flipped();
	check_refused();
	check_recall();
	authority_free(&authority);
	out_free(&root_pem);
	out_free(&chain_pem);
	out_free(&key_pem);
	return check_end();
}
