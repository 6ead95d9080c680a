/*
 * credential.c: `credential` of a target: how the daemon shows a secret in requests of HTTP.
 * Each way has a row: which keys it needs, which it may have. A key of another way is a fault, since whoever
 * wrote it meant something by it.
 */
#include <string.h>

#include "rules/work.h"

#define TEXT_LIMIT 128	/* bytes of most of them */
#define LONG_LIMIT 1024	/* of what is an address or a list */

static const char *const as_words[] = { "bearer", "basic", "header", "query", "cookie", "sigv4", "oauth2", NULL };
_Static_assert(COUNT(as_words) == AS_KINDS, "a word per way, but for none");

#define AT(name) offsetof(struct draft_target, shown.name)
static const struct key keys[] = {
	{ "as", SHAPE_WORD, AT(as), true, 0, 0, as_words },
	{ "secret", SHAPE_TEXT, AT(secret), false, 0, 0, NULL },
	{ "user", SHAPE_TEXT, AT(user), false, 0, 0, NULL },
	{ "name", SHAPE_TEXT, AT(name), false, 0, 0, NULL },
	{ "prefix", SHAPE_TEXT, AT(prefix), false, 0, 0, NULL },
	{ "region", SHAPE_TEXT, AT(region), false, 0, 0, NULL },
	{ "service", SHAPE_TEXT, AT(service), false, 0, 0, NULL },
	{ "key", SHAPE_TEXT, AT(key), false, 0, 0, NULL },
	{ "grant", SHAPE_WORD, AT(grant), false, 0, 0, grant_words },
	{ "token_endpoint", SHAPE_TEXT, AT(token_endpoint), false, 0, 0, NULL },
	{ "token_endpoint_auth_method", SHAPE_WORD, AT(auth), false, 0, 0, client_auth_words },
	{ "client_id", SHAPE_TEXT, AT(client_id), false, 0, 0, NULL },
	{ "client_secret", SHAPE_TEXT, AT(client_secret), false, 0, 0, NULL },
	{ "refresh_token", SHAPE_TEXT, AT(refresh_token), false, 0, 0, NULL },
	{ "scope", SHAPE_TEXT, AT(scope), false, 0, 0, NULL },
	{ "audience", SHAPE_TEXT, AT(audience), false, 0, 0, NULL },
	{ "resource", SHAPE_TEXT, AT(resource), false, 0, 0, NULL },
	{ "roots", SHAPE_TEXT, AT(roots), false, 0, 0, NULL },
};

/* ---- which texts may stand where ---- */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool
is_token(const char *text)
{
	return text[strspn(text, LETTERS DIGITS "!#$%&'*+-.^_`|~")] == '\0';	/* RFC 9110 section 5.6.2 */
}

/* A field that says how the message is cut, or where it goes, is no place for a secret. */
static bool
is_field(const char *text)
{
	static const char *const others[] = {
		"connection", "content-encoding", "content-length", "content-type", "cookie", "expect", "host", "keep-alive",
		"te", "trailer", "transfer-encoding", "upgrade",
	};

	for (size_t i = 0; i < COUNT(others); i++)
		if (!strcasecmp(text, others[i]))
			return false;
	return is_token(text);
}

static bool
is_visible(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool
is_user(const char *text)
{
	return is_visible(text) && !strchr(text, ':');	/* RFC 7617 section 2 */
}

/* As it stands in a scope: "20060102/REGION/SERVICE/aws4_request". */
static bool
is_scope(const char *text)
{
	return text[strspn(text, LETTERS DIGITS "-_.")] == '\0';
}

/* RFC 6749 appendix A: VSCHAR. */
static bool
is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

struct part {
	const char *key;
	bool is_needed;
	bool (*may)(const char *);	/* NULL: somebody else looks */
	const char *expected;
	size_t most;			/* bytes; 0: TEXT_LIMIT */
};
#define PARTS_MOST 10
#define SECRET { "secret", true, NULL, "file:/PATH or credential:NAME", LONG_LIMIT }

static const struct part parts[AS_KINDS][PARTS_MOST] = {
	[AS_BEARER] = { SECRET },
	[AS_BASIC] = { SECRET, { "user", false, is_user, "a user without ':'", 0 } },
	[AS_HEADER] = {
		SECRET,
		{ "name", true, is_field, "the name of a field that carries nothing else", 0 },
		{ "prefix", false, is_visible, "text without control characters", 0 },
	},
	[AS_QUERY] = { SECRET, { "name", true, is_visible, "the name of a parameter", 0 } },
	[AS_COOKIE] = { SECRET, { "name", true, is_token, "the name of a cookie", 0 } },
	[AS_SIGV4] = {
		SECRET,
		{ "region", true, is_scope, "a region like eu-central-1", 0 },
		{ "service", true, is_scope, "a service like s3", 0 },
		{ "key", false, is_scope, "an access key id", 0 },
	},
	[AS_OAUTH2] = {
		{ "token_endpoint", true, grant_is_endpoint, "https://HOST[:PORT]/PATH, in lower case up to the path, without "
		    "a fragment", LONG_LIMIT },
		{ "client_id", true, is_ascii, "visible ASCII characters", 0 },
		{ "scope", false, grant_is_scope, "words of visible ASCII characters, one blank between two", LONG_LIMIT },
		{ "audience", false, is_ascii, "visible ASCII characters", LONG_LIMIT },
		{ "resource", false, grant_is_resource, "an absolute URI without a fragment", LONG_LIMIT },
		{ "grant", false, NULL, "", 0 }, { "token_endpoint_auth_method", false, NULL, "", 0 },
		{ "client_secret", false, NULL, "", LONG_LIMIT }, { "refresh_token", false, NULL, "", LONG_LIMIT },
		{ "roots", false, NULL, "", LONG_LIMIT },
	},
};

static const struct part *
part_of(enum view_as as, const char *key)
{
	for (size_t i = 0; i < PARTS_MOST; i++)
		if (parts[as][i].key && !strcmp(parts[as][i].key, key))
			return &parts[as][i];
	return NULL;
}

/* Does the key belong to that way, and is what it says such a text? */
static void
check_part(struct work *work, const struct draft_target *target, const struct key *key, const char *what)
{
	const struct node *node = tree_find(target->credential, key->name);
	const struct part *part = part_of(target->shown.as, key->name);
	const char *way = as_words[target->shown.as - 1];

	if (!node && part && part->is_needed)
		fault_add(work->faults, target->credential->place, "%s: credential: key \"%s\" is missing, expected %s", what,
		    part->key, part->expected);
	if (node && !part)
		fault_add(work->faults, node->place, "%s: credential: found %s with as: %s, expected none: it means nothing there",
		    what, key->name, way);
	if (node && part && (node->n > (part->most ? part->most : TEXT_LIMIT) || (part->may && !part->may(node->text))))
		fault_add(work->faults, node->place, "%s: credential: %s: found \"%.60s\", expected %s, of at most %zu bytes",
		    what, key->name, node->text, part->expected, part->most ? part->most : TEXT_LIMIT);
}

/* A lent secret goes to whoever answers. */
static void
check_place(struct work *work, const struct draft_target *target, const char *what)
{
	if (target->protocol != PROTOCOL_HTTP)
		fault_add(work->faults, target->credential->place, "%s: found a credential without protocol: http, expected "
		    "login: only requests of HTTP carry one", what);
	else if (target->inspect == INSPECT_NONE)
		fault_add(work->faults, target->credential->place, "%s: found a credential with inspect none, expected none: "
		    "it is carried unseen", what);
	else if (target->shown.as != AS_SIGV4 && target->terms.backend < TLS_VERIFY_CA)
		fault_add(work->faults, target->credential->place, "%s: found a credential as: %s, expected tls: backend: "
		    "verify-ca or verify-full with it: else whoever answers gets the secret", what,
		    as_words[target->shown.as - 1]);
}

bool
credential_read(struct work *work, struct draft_target *target, const char *what)
{
	if (!schema_read(work->faults, target->credential, work_text(work, "%s: credential", what), keys, COUNT(keys), target))
		return false;
	target->shown.as++;	/* the words begin behind AS_NONE */
	for (size_t i = 0; i < COUNT(keys); i++)
		if (strcmp(keys[i].name, "as"))
			check_part(work, target, &keys[i], what);
	if (target->shown.as == AS_OAUTH2)
		grant_check(work, target, what);
	check_place(work, target, what);
	if (target->login)
		fault_add(work->faults, target->login->place, "%s: found a login beside a credential, expected one of them", what);
	return true;
}

void
credential_build(struct work *work, const struct draft_target *draft, const char *what, struct view_credential *shown,
    struct view_secret *secret)
{
	*shown = (struct view_credential){
		.as = draft->shown.as, .user = work_scalar(draft->shown.user), .name = work_scalar(draft->shown.name),
		.prefix = work_scalar(draft->shown.prefix), .region = work_scalar(draft->shown.region),
		.service = work_scalar(draft->shown.service), .key = work_scalar(draft->shown.key),
	};
	secret->credential = *shown;
	grant_build(work, draft, what, secret);
	if (!draft->shown.secret)
		return;
	secret->role = shown->as == AS_SIGV4 ? shown->key : shown->user;
	secret_place(work, draft->shown.secret, work_text(work, "%s: credential: secret", what), &secret->from,
	    &secret->path);
}
