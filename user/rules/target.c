/*
 * target.c: the section `targets`: registered backends, from what a skill dials
 * to how the daemon logs in.
 */
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "rules/work.h"

#define HOST_LIMIT 253		/* RFC 1035 section 2.3.4 */
#define SOCKET_LIMIT 107	/* unix(7): sun_path, with its NUL */
#define SYSTEM_ROOTS "/etc/ssl/certs/ca-certificates.crt"

const char *const protocol_words[] = { "postgresql", "raw", "http", NULL };
static const char *const inspect_words[] = { "full", "none", NULL };
static const char *const namespace_words[] = { "host", "skill", NULL };
static const char *const resolve_words[] = { "never", "system", "dns", NULL };
static const char *const tls_words[] = {
	"disable", "require", "verify-ca", "verify-full", NULL
};
static const char *const proof_words[] = { "scram", "scram-plus", "md5", "cleartext", "none", "certificate", NULL };
_Static_assert(COUNT(proof_words) == PROOFS + 1, "a word per proof");
_Static_assert(COUNT(protocol_words) == PROTOCOLS + 1, "a word per protocol");
_Static_assert(COUNT(tls_words) == TLS_VERIFY_FULL + 2, "a word per terms");
enum { RESOLVE_NEVER, RESOLVE_SYSTEM, RESOLVE_DNS };

#define AT(name) offsetof(struct draft_target, name)
static const struct key target_keys[] = {
	{ "protocol", SHAPE_WORD, AT(protocol), false, 0, 0, protocol_words },
	{ "names", SHAPE_TEXTS, AT(names), false, 0, 0, NULL },
	{ "addresses", SHAPE_TEXTS, AT(addresses), false, 0, 0, NULL },
	{ "resolve", SHAPE_WORD, AT(resolve), false, 0, 0, resolve_words },
	{ "ranges", SHAPE_TEXTS, AT(ranges), false, 0, 0, NULL },
	{ "port", SHAPE_NUMBER, AT(port), false, 1, 65535, NULL },
	{ "namespace", SHAPE_WORD, AT(namespace), false, 0, 0, namespace_words },
	{ "inspect", SHAPE_WORD, AT(inspect), false, 0, 0, inspect_words },
	{ "socket", SHAPE_MAP, AT(socket), false, 0, 0, NULL },
	{ "tls", SHAPE_MAP, AT(tls), false, 0, 0, NULL },
	{ "login", SHAPE_MAP, AT(login), false, 0, 0, NULL },
	{ "credential", SHAPE_MAP, AT(credential), false, 0, 0, NULL },
	{ "profile", SHAPE_WORD, AT(profile), false, 0, 0, profile_words },
	{ "api", SHAPE_WORD, AT(api), false, 0, 0, api_words },
	{ "operations", SHAPE_LIST, AT(operations), false, 0, 0, NULL },
	{ "openapi", SHAPE_TEXT, AT(openapi), false, 0, 0, NULL },
	{ "descriptors", SHAPE_TEXT, AT(descriptors), false, 0, 0, NULL },
	{ "unparsable", SHAPE_WORD, AT(unparsable), false, 0, 0, unparsable_words },
};
static const struct key socket_keys[] = {
	{ "path", SHAPE_TEXT, AT(local.path), true, 0, 0, NULL },
	{ "owner", SHAPE_TEXT, AT(local.owner), true, 0, 0, NULL },
};
static const struct key tls_keys[] = {
	{ "backend", SHAPE_WORD, AT(terms.backend), false, 0, 0, tls_words },
	{ "name", SHAPE_TEXT, AT(terms.name), false, 0, 0, NULL },
	{ "roots", SHAPE_TEXT, AT(terms.roots), false, 0, 0, NULL },
	{ "resume", SHAPE_BOOL, AT(terms.resumes), false, 0, 0, NULL },
};
static const struct key login_keys[] = {
	{ "role", SHAPE_TEXT, AT(account.role), false, 0, 0, NULL },
	{ "databases", SHAPE_TEXTS, AT(account.databases), false, 0, 0, NULL },
	{ "secret", SHAPE_TEXT, AT(account.secret), false, 0, 0, NULL },
	{ "certificate", SHAPE_TEXT, AT(account.certificate), false, 0, 0, NULL },
	{ "proofs", SHAPE_WORDS, AT(account.proofs), false, 0, 0, proof_words },
};

/* What makes no sense together in a login. */
static void
check_login(struct work *work, const struct draft_target *target, const char *what)
{
	const struct node *secret = target->account.secret, *certificate = target->account.certificate;
	uint64_t proofs = target->account.proofs;

	if ((secret || certificate) && !target->account.role)
		fault_add(work->faults, target->login->place, "%s: found a "
		    "secret without a role, expected the role it belongs to",
		    what);
	if (proofs && !secret && !certificate)
		fault_add(work->faults, target->login->place, "%s: found proofs "
		    "without a secret, expected the secret they are of", what);
	if (proofs >> PROOF_SCRAM_PLUS & 1 && target->terms.backend == TLS_DISABLE)
		fault_add(work->faults, target->login->place, "%s: found proofs "
		    "with scram-plus and no TLS, expected another tls: backend: "
		    "it binds a proof to the backend's certificate", what);
	if (proofs >> PROOF_CLEARTEXT & 1 && target->terms.backend < TLS_VERIFY_CA)
		fault_add(work->faults, target->login->place, "%s: found proofs "
		    "with cleartext, expected tls: backend: verify-ca or verify-full "
		    "with it: else whoever answers gets the password", what);
	if (proofs && (proofs >> PROOF_CERTIFICATE & 1) != !!certificate)
		fault_add(work->faults, target->login->place, certificate ?
		    "%s: found a certificate and proofs without it, expected certificate among them" :
		    "%s: found proofs with certificate, expected certificate: file:/PATH", what);
	if (certificate && target->terms.backend < TLS_VERIFY_CA)
		fault_add(work->faults, target->login->place, "%s: found a certificate, expected "
		    "tls: backend: verify-ca or verify-full with it: else whoever answers "
		    "is believed", what);
}

/* What makes no sense together where DNS is asked. */
static void
check_learned(struct work *work, const struct draft_target *target,
    const struct node *entry, const char *what)
{
	bool is_learned = target->resolve == RESOLVE_DNS;

	if (is_learned && !target->names)
		fault_add(work->faults, entry->place, "%s: found resolve: dns "
		    "without names, expected the names to ask for", what);
	if (is_learned && (target->namespace || target->socket))
		fault_add(work->faults, entry->place, "%s: found resolve: dns "
		    "with %s, expected addresses: DNS knows nothing of it", what,
		    target->socket ? "a socket" : "namespace skill");
	if (!is_learned && target->ranges)
		fault_add(work->faults, target->ranges->place, "%s: found ranges "
		    "without resolve: dns, expected it: they say where answers of "
		    "DNS may lead to", what);
}

/* What makes no sense together. */
static void
check_target(struct work *work, const struct draft_target *target,
    const struct node *entry, const char *what)
{
	bool is_raw = target->protocol == PROTOCOL_RAW;

	if (is_raw && target->inspect == INSPECT_FULL)
		fault_add(work->faults, entry->place, "%s: found protocol raw "
		    "without inspect: none, expected it: bytes of no known "
		    "protocol are carried unseen", what);
	if (is_raw && target->port == 0)
		fault_add(work->faults, entry->place, "%s: key \"port\" is "
		    "missing, expected it: protocol raw has no default", what);
	if (target->inspect == INSPECT_NONE && target->tls)
		fault_add(work->faults, target->tls->place, "%s: found tls with "
		    "inspect none, expected no tls: it is carried unseen", what);
	if (target->inspect == INSPECT_NONE && target->login)
		fault_add(work->faults, target->login->place, "%s: found login "
		    "with inspect none, expected no login: it is the skill's "
		    "own", what);
	if (target->login)
		check_login(work, target, what);
	if (target->socket && target->tls)
		fault_add(work->faults, target->tls->place, "%s: found tls with "
		    "a socket, expected no tls: whose process listens is "
		    "checked instead", what);
	if (target->socket && target->namespace)
		fault_add(work->faults, target->socket->place, "%s: found a "
		    "socket with namespace skill, expected namespace host: its "
		    "path is the host's", what);
	if (!target->names && !target->addresses)
		fault_add(work->faults, entry->place, "%s: found neither names "
		    "nor addresses, expected what a skill dials", what);
	if (target->names && !target->addresses &&
	    target->resolve == RESOLVE_NEVER)
		fault_add(work->faults, entry->place, "%s: found names without "
		    "addresses, expected addresses, or resolve: system or dns", what);
	check_learned(work, target, entry, what);
	operations_check(work, target, entry, what);
}

void
target_read(struct work *work, const struct node *entry)
{
	struct draft_target *target = work_take(work, sizeof(*target));
	const char *what = work_text(work, "target %s", entry->key->text);
	bool is_good;

	if (!target)
		return;
	target->draft = (struct draft){ entry->key->text, entry->key, false };
	target->terms.backend = TLS_VERIFY_FULL;
	target->terms.resumes = true;
	list_add(work, &work->targets, target);
	is_good = schema_read(work->faults, entry, what, target_keys,
	    COUNT(target_keys), target);
	if (target->tls)
		is_good &= schema_read(work->faults, target->tls,
		    work_text(work, "%s: tls", what), tls_keys,
		    COUNT(tls_keys), target);
	if (target->socket)
		is_good &= schema_read(work->faults, target->socket,
		    work_text(work, "%s: socket", what), socket_keys,
		    COUNT(socket_keys), target);
	if (target->socket && !target->tls)
		target->terms.backend = TLS_DISABLE;
	if (target->login)
		is_good &= schema_read(work->faults, target->login,
		    work_text(work, "%s: login", what), login_keys,
		    COUNT(login_keys), target);
	if (target->credential)
		is_good &= credential_read(work, target, what);
	if (is_good)
		check_target(work, target, entry, what);
	if (target->port == 0 && target->protocol == PROTOCOL_POSTGRESQL)
		target->port = 5432;
	if (target->port == 0 && target->protocol == PROTOCOL_HTTP)
		target->port = target->terms.backend == TLS_DISABLE ? 80 : 443;
	if (target->inspect == INSPECT_NONE)
		target->terms.backend = TLS_DISABLE;
}

bool
work_is_host(const char *text)
{
	size_t n = strlen(text);
	uint8_t ip[16];

	return n > 0 && n <= HOST_LIMIT && text[0] != '.' && text[0] != '-' &&
	    text[n - 1] != '.' && !strstr(text, "..") &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == n &&
	    !address_read(text, ip);
}

static void
check_hosts(struct work *work, const struct draft_target *draft,
    const char *what)
{
	for (const struct node *item = draft->names ? draft->names->first :
	    NULL; item; item = item->next) {
		if (item->n > 0 && !work_is_host(item->text))
			fault_add(work->faults, item->place, "%s: names: found "
			    "\"%.80s\", expected a host name in lower case",
			    what, item->text);
	}
}

static void
add_literal(struct work *work, const struct node *item, uint16_t port,
    const char *what, struct list *addresses)
{
	struct view_address *address = work_take(work, sizeof(*address));

	if (!address || item->n == 0)
		return;
	address->port = port;
	if (address_read(item->text, address->ip))
		list_add(work, addresses, address);
	else
		fault_add(work->faults, item->place, "%s: addresses: found "
		    "\"%.60s\", expected an IPv4 or IPv6 address", what,
		    item->text);
}

static void
build_addresses(struct work *work, const struct draft_target *draft,
    const char *what, struct view_target *target)
{
	uint16_t port = (uint16_t)draft->port;
	struct list found = { 0 };

	for (const struct node *item = draft->addresses ?
	    draft->addresses->first : NULL; item; item = item->next)
		add_literal(work, item, port, what, &found);
	for (const struct node *item = draft->names &&
	    draft->resolve == RESOLVE_SYSTEM && !work->options->is_offline ?
	    draft->names->first : NULL; item; item = item->next)
		resolve_name(work, item, port, &found);
	target->addresses = work_take(work,
	    found.n * sizeof(*target->addresses));
	for (size_t i = 0; target->addresses && i < found.n; i++)
		target->addresses[target->address_count++] =
		    *(struct view_address *)found.v[i];
}

/* Where its addresses may lie, when DNS has them. */
static void
build_ranges(struct work *work, const struct draft_target *draft,
    const char *what, struct view_target *target)
{
	const struct node *list = draft->ranges;

	target->is_learned = draft->resolve == RESOLVE_DNS;
	target->port = (uint16_t)draft->port;
	target->ranges = work_take(work, (list ? list->count : 0) * sizeof(*target->ranges));
	for (const struct node *item = list ? list->first : NULL;
	    item && target->ranges; item = item->next) {
		if (item->n == 0)
			continue;
		if (address_read_range(item->text, &target->ranges[target->range_count]))
			target->range_count++;
		else
			fault_add(work->faults, item->place, "%s: ranges: found "
			    "\"%.60s\", expected a range like 10.0.0.0/8 or fd00::/8",
			    what, item->text);
	}
}

/* Where it listens, and whose process must. */
static void
build_socket(struct work *work, const struct draft_target *draft,
    const char *what, struct view_target *target)
{
	const struct node *path = draft->local.path, *owner = draft->local.owner;
	uint32_t gid;
	const char *name;

	target->socket = "";
	if (!draft->socket || !path || !owner)
		return;
	target->socket = work_scalar(path);
	if (target->socket[0] != '/' || strlen(target->socket) > SOCKET_LIMIT)
		fault_add(work->faults, path->place, "%s: socket: path: found "
		    "\"%.120s\", expected a path that begins with / of at most "
		    "%d bytes", what, target->socket, SOCKET_LIMIT);
	if (!work_user(owner->text, &target->socket_uid, &gid, &name, work))
		fault_add(work->faults, owner->place, "%s: socket: owner: found "
		    "\"%.40s\", expected a user of /etc/passwd or a uid", what,
		    owner->text);
}

/* The system's bundle is read once, for all targets that name no other. */
const char *
system_roots(struct work *work, const struct node *at, const char *what)
{
	if (!work->system_roots)
		work->system_roots = roots_read(work, at, SYSTEM_ROOTS, what);
	return work->system_roots;
}

static void
build_tls(struct work *work, const struct draft_target *draft,
    const char *what, struct view_target *target)
{
	const struct node *at = draft->terms.roots ? draft->terms.roots :
	    draft->draft.at;
	const char *path = work_scalar(draft->terms.roots);

	target->tls = (enum view_tls)draft->terms.backend;
	target->resumes = target->protocol == PROTOCOL_HTTP && draft->terms.resumes;
	target->tls_name = target->tls_roots = "";
	if (target->tls < TLS_VERIFY_CA)
		return;
	target->tls_name = draft->terms.name ? work_scalar(draft->terms.name) :
	    target->host_count ? target->hosts[0] : "";
	if (target->tls == TLS_VERIFY_FULL && !target->tls_name[0])
		fault_add(work->faults, at->place, "%s: tls: name is missing "
		    "and target has no names, expected the name in the "
		    "backend's certificate", what);
	if (work->options->is_offline)
		return;
	if (!path[0])
		target->tls_roots = system_roots(work, at, work_text(work, "%s: tls", what));
	else if (path[0] == '/')
		target->tls_roots = roots_read(work, at, path, work_text(work, "%s: tls", what));
	else
		fault_add(work->faults, at->place, "%s: tls: roots: found "
		    "\"%.80s\", expected a path that begins with /", what, path);
	if (!target->tls_roots)
		target->tls_roots = "";
}

/*
 * What the backend may ask for where the policy does not say: the mutual proof, and
 * md5 only of who has shown a certificate, since what md5 gives away can be guessed
 * from at leisure. A certificate that is there is to be asked for.
 */
static uint32_t
proofs_of(const struct draft_target *draft)
{
	uint32_t proofs = 0;

	if (draft->account.proofs)
		return (uint32_t)draft->account.proofs;
	if (draft->account.certificate)
		proofs |= 1u << PROOF_CERTIFICATE;
	if (draft->account.secret)
		proofs |= 1u << PROOF_SCRAM;
	if (draft->account.secret && draft->terms.backend >= TLS_VERIFY_CA)
		proofs |= 1u << PROOF_MD5;
	return proofs;
}

static void
build_secret(struct work *work, const struct draft_target *draft,
    const char *what, struct view_secret *secret)
{
	secret->target = draft->draft.name;
	secret->role = work_scalar(draft->account.role);
	secret->proofs = proofs_of(draft);
	secret->tls = (enum view_tls)draft->terms.backend;
	secret_place(work, draft->account.secret, work_text(work, "%s: login: secret", what),
	    &secret->from, &secret->path);
	secret_place(work, draft->account.certificate, work_text(work, "%s: login: certificate", what),
	    &secret->certificate_from, &secret->certificate);
}

/* One address and port can mean one target only. */
static void
check_same_address(struct work *work, size_t n)
{
	const struct view_target *targets = work->rules->worker.targets;
	const struct view_target *target = &targets[n];
	const struct draft *draft = work->targets.v[n];

	for (size_t i = 0; i < n; i++) {
		for (size_t a = 0; a < target->address_count *
		    targets[i].address_count; a++) {
			const struct view_address *mine =
			    &target->addresses[a / targets[i].address_count];
			const struct view_address *other =
			    &targets[i].addresses[a % targets[i].address_count];

			if (mine->port != other->port ||
			    memcmp(mine->ip, other->ip, 16) != 0)
				continue;
			fault_add(work->faults, draft->at->place, "target %s: "
			    "has an address and port that target %s has too, "
			    "expected them in one", target->name,
			    targets[i].name);
			return;
		}
	}
}

static void
build_one(struct work *work, size_t i)
{
	const struct draft_target *draft = work->targets.v[i];
	struct view_target *target = &work->rules->worker.targets[i];
	const char *what = work_text(work, "target %s", draft->draft.name);

	target->name = draft->draft.name;
	target->protocol = (enum view_protocol)draft->protocol;
	target->inspect = (enum view_inspect)draft->inspect;
	target->from_skill = draft->namespace != 0;
	check_hosts(work, draft, what);
	work_no_doubles(work, draft->names, what);
	target->hosts = work_texts(work, draft->names, &target->host_count);
	build_addresses(work, draft, what, target);
	build_ranges(work, draft, what, target);
	build_socket(work, draft, what, target);
	build_tls(work, draft, what, target);
	target->role = work_scalar(draft->account.role);
	target->databases = work_texts(work, draft->account.databases,
	    &target->database_count);
	target->has_secret = draft->account.secret || draft->shown.secret || draft->shown.client_secret;
	target->has_certificate = draft->account.certificate;
	target->needs_proof = draft->account.secret && !draft->account.certificate &&
	    !(proofs_of(draft) >> PROOF_NONE & 1);
	build_secret(work, draft, what, &work->rules->keeper.secrets[i]);
	operations_build(work, draft, what, target);
	credential_build(work, draft, what, &target->credential, &work->rules->keeper.secrets[i]);
	check_same_address(work, i);
}

/* What loader, keeper and resolver may know of a target: where it is, no more. */
static void
build_short(const struct view_target *whole, struct view_target *target)
{
	*target = (struct view_target){
		.name = whole->name, .from_skill = whole->from_skill,
		.protocol = whole->protocol, .inspect = whole->inspect,
		.hosts = whole->hosts, .host_count = whole->host_count,
		.addresses = whole->addresses,
		.address_count = whole->address_count,
		.is_learned = whole->is_learned, .port = whole->port,
		.ranges = whole->ranges, .range_count = whole->range_count,
		.socket = whole->socket, .socket_uid = whole->socket_uid,
		.tls_name = "", .tls_roots = "", .role = "",
		.credential = { AS_NONE, "", "", "", "", "", "" },
	};
}

void
target_build(struct work *work)
{
	struct rules *rules = work->rules;
	size_t n = work->targets.n;
	struct view_target *brief = work_take(work, n * sizeof(*brief));

	rules->worker.targets = work_take(work, n * sizeof(*brief));
	rules->keeper.secrets = work_take(work,
	    n * sizeof(*rules->keeper.secrets));
	rules->broker.targets = work_take(work,
	    n * sizeof(*rules->broker.targets));
	if (!work->has_memory)
		return;
	for (size_t i = 0; i < n; i++) {
		build_one(work, i);
		build_short(&rules->worker.targets[i], &brief[i]);
		rules->broker.targets[i] = brief[i].name;
	}
	rules->broker.target_count = n;
	rules->loader.targets = rules->keeper.targets = brief;
	rules->resolver.targets = brief;
	rules->resolver.target_count = n;
	rules->worker.target_count = rules->loader.target_count = n;
	rules->keeper.target_count = rules->keeper.secret_count = n;
}
