/* `credential: {as: oauth2}`: what is wrong with each, and what the keeper is told of a right one. */
#include "rules/rules.h"

#include <errno.h>

#include "check.h"

static char directory[] = "/tmp/interlock-grant-XXXXXX";
static struct faults faults;

static struct rules *
load(const char *text, int *status)
{
	struct rules_options options = { .uid_base = 60800, .is_offline = true };
	struct rules *rules = NULL;
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/policy.yaml", directory);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
	memset(&faults, 0, sizeof(faults));
	*status = rules_load(&rules, directory, &options, &faults);
	return rules;
}

#define HEAD "version: 1\ntargets:\n"
#define TARGET(name, address, keys) \
	"  " name ": {protocol: http, port: 443, addresses: [" address "], tls: {name: n}, credential: {as: oauth2, " keys "}}\n"
#define ONE(keys) HEAD TARGET("x", "10.0.0.1", keys)
#define SECRET "client_id: c, client_secret: 'credential:s'"
#define AT(url) ONE("token_endpoint: '" url "', " SECRET)
#define URL "token_endpoint: 'https://a.example/token'"
#define REFRESH "grant: refresh_token, refresh_token: 'credential:r'"

static const struct {
	const char *name, *text, *fault;	/* NULL: right */
} rows[] = {
	{ "least", ONE(URL ", " SECRET), NULL },
	{ "all", ONE(URL ", " SECRET ", scope: 'a b', audience: x, resource: 'https://r.example/', "
	    "token_endpoint_auth_method: client_secret_post, grant: client_credentials"), NULL },
	{ "refresh", ONE(URL ", " SECRET ", " REFRESH), NULL },
	{ "refresh of an open client", ONE(URL ", client_id: c, token_endpoint_auth_method: none, " REFRESH), NULL },
	{ "a port", AT("https://a.example:8443/token?tenant=1"), NULL },
	{ "an address", AT("https://192.0.2.1/token"), NULL },
	{ "an IPv6 address", AT("https://[2001:db8::1]:8443/token"), NULL },
	{ "no endpoint", ONE(SECRET), "key \"token_endpoint\" is missing" },
	{ "no client", ONE(URL ", client_secret: 'credential:s'"), "key \"client_id\" is missing" },
	{ "no secret", ONE(URL ", client_id: c"), "key \"client_secret\" is missing" },
	{ "the secret of another way", ONE(URL ", " SECRET ", secret: 'credential:x'"), "found secret with as: oauth2" },
	{ "keys with another way", HEAD "  x: {protocol: http, port: 443, addresses: [10.0.0.1], tls: {name: n}, credential: "
	    "{as: bearer, secret: 'credential:x', grant: refresh_token}}\n", "found grant with as: bearer" },
	{ "in the clear", AT("http://a.example/token"), "expected https://" },
	{ "in the clear, to itself", AT("http://127.0.0.1/token"), "expected https://" },
	{ "a fragment", AT("https://a.example/token#x"), "expected https://" },
	{ "a user", AT("https://u:p@a.example/token"), "expected https://" },
	{ "a blank", AT("https://a.example/to ken"), "expected https://" },
	{ "capitals", AT("https://A.example/token"), "expected https://" },
	{ "a number for a host", AT("https://127.1/token"), "expected https://" },
	{ "a hexadecimal one", AT("https://0x7f000001/token"), "expected https://" },
	{ "no host", AT("https:///token"), "expected https://" },
	{ "a port too many", AT("https://a.example:65536/token"), "expected https://" },
	{ "a port that is none", AT("https://a.example:/token"), "expected https://" },
	{ "an open bracket", AT("https://[2001:db8::1/token"), "expected https://" },
	{ "brackets around nothing", AT("https://[]/token"), "expected https://" },
	{ "brackets around a name", AT("https://[a.example]/token"), "expected https://" },
	{ "a backslash", AT("https://a.example\\@b.example/"), "expected https://" },
	{ "a scope of two blanks", ONE(URL ", " SECRET ", scope: 'a  b'"), "expected words" },
	{ "a scope with a quote", ONE(URL ", " SECRET ", scope: 'a\"b'"), "expected words" },
	{ "a resource that is none", ONE(URL ", " SECRET ", resource: 'r.example/'"), "expected an absolute URI" },
	{ "a resource with a fragment", ONE(URL ", " SECRET ", resource: 'https://r/#x'"), "expected an absolute URI" },
	{ "an unknown grant", ONE(URL ", " SECRET ", grant: password"), "expected one of client_credentials or refresh_token" },
	{ "refresh without a token", ONE(URL ", " SECRET ", grant: refresh_token"), "key \"refresh_token\" is missing" },
	{ "a token without refresh", ONE(URL ", " SECRET ", refresh_token: 'credential:r'"), "expected grant: refresh_token" },
	{ "an open client alone", ONE(URL ", client_id: c, token_endpoint_auth_method: none"), "expected a client with a secret" },
	{ "an open client with a secret", ONE(URL ", " SECRET ", token_endpoint_auth_method: none, " REFRESH),
	    "found client_secret" },
	{ "a secret in the policy", ONE(URL ", client_id: c, client_secret: hunter2"), "never the secret itself" },
	{ "whoever answers", HEAD "  x: {protocol: http, port: 443, addresses: [10.0.0.1], tls: {backend: require}, credential: "
	    "{as: oauth2, " URL ", " SECRET "}}\n", "whoever answers gets the secret" },
	{ "one refresh token, one set of terms", ONE(URL ", " SECRET ", " REFRESH) TARGET("y", "10.0.0.2", URL ", " SECRET ", "
	    REFRESH), NULL },
	{ "of two", ONE(URL ", " SECRET ", " REFRESH) TARGET("y", "10.0.0.2", URL ", " SECRET ", scope: s, " REFRESH),
	    "expected one of its own" },
};

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool hit = !rows[i].fault;
		int status;
		struct rules *rules = load(rows[i].text, &status);

		for (size_t n = 0; n < faults.count && rows[i].fault; n++)
			hit |= strstr(faults.v[n].text, rows[i].fault) != NULL && faults.v[n].line > 2;
		if (!CHECK_ROW(rows[i].name, hit && status == (rows[i].fault ? -EINVAL : 0)))
			for (size_t n = 0; n < faults.count; n++)
				fprintf(stderr, "  %u:%u: %s\n", faults.v[n].line, faults.v[n].column, faults.v[n].text);
		rules_free(&rules);
	}
}

/* Only the keeper hears of it; the worker shows a token, whatever it is of. */
static void
check_view(void)
{
	int status;
	struct rules *rules = load(ONE("token_endpoint: 'https://[2001:db8::1]:8443/t', " SECRET ", scope: 'a b', " REFRESH), &status);
	const struct view_secret *secret;

	if (!CHECK(rules != NULL))
		return;
	secret = &rules->keeper.secrets[0];
	CHECK(secret->from == SECRET_CREDENTIAL && !strcmp(secret->path, "s") && !strcmp(secret->role, "c"));
	CHECK(secret->grant.type == GRANT_REFRESH && secret->grant.auth == CLIENT_SECRET_BASIC && secret->grant.port == 8443);
	CHECK(!strcmp(secret->grant.host, "2001:db8::1") && !strcmp(secret->grant.scope, "a b"));
	CHECK(secret->grant.refresh_from == SECRET_CREDENTIAL && !strcmp(secret->grant.refresh, "r"));
	CHECK(rules->worker.targets[0].credential.as == AS_OAUTH2 && !*rules->worker.targets[0].credential.user);
	rules_free(&rules);
}

int
main(void)
{
	char line[128];

	if (!mkdtemp(directory))
		return 1;
	check_rows();
	check_view();
	snprintf(line, sizeof(line), "rm -r %s", directory);
	CHECK(system(line) == 0);
	return check_end();
}
