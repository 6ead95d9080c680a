/*
 * token.c: secrets of services, one table. Most begin with letters of their own, are of
 * one alphabet and so long; a few are known by what stands in their middle or at their
 * end; and any random value is one where a word before it says that it is a secret.
 * A value of few different characters is a placeholder. Marks and lengths are those the
 * services document, or that the rules of gitleaks (MIT licence) know them by.
 */
#include "mask/inside.h"

#define CONTEXT 48	/* bytes before an assignment that may name a secret */
#define NAMED_LEAST 14	/* bytes of a value that only its name makes a secret */
#define GAP_MOST 12	/* blanks, quotes and signs between the name and its value */
#define SHORTEST 14	/* a mark with its value */
#define LOOK_MOST 128	/* bytes that tell whether it is one; no mark needs more */
#define DIFFERENT 5	/* characters, at the least */

enum alphabet {
	HEX,		/* 0-9 a-f A-F */
	WORD,		/* letters and digits */
	NAME,		/* and _ - */
	VALUE,		/* and . = */
	BASE64,		/* and + / */
	ALPHABETS
};

#define LETTER (1 << WORD | 1 << NAME | 1 << VALUE | 1 << BASE64)

/* What a byte may be part of: bit per alphabet. */
static const uint8_t alphabets[256] = {
	['0' ... '9'] = 1 << HEX | LETTER, ['a' ... 'f'] = 1 << HEX | LETTER, ['A' ... 'F'] = 1 << HEX | LETTER,
	['g' ... 'z'] = LETTER, ['G' ... 'Z'] = LETTER,
	['_'] = 1 << NAME | 1 << VALUE | 1 << BASE64, ['-'] = 1 << NAME | 1 << VALUE | 1 << BASE64,
	['.'] = 1 << VALUE | 1 << BASE64, ['='] = 1 << VALUE | 1 << BASE64,
	['+'] = 1 << BASE64, ['/'] = 1 << BASE64, ['~'] = 1 << BASE64,
};

struct mark {
	const char *text;
	uint8_t alphabet, least;	/* of what follows */
};

/* By first letter, in the order of ASCII. */
static const struct mark marks[] = {
	{ "1//0", NAME, 30 },			/* Google, refresh */
	{ "A3-", NAME, 30 },			/* 1Password */
	{ "AAAAAAAAAAAAAAAAAAAAA", BASE64, 60 },	/* Twitter, bearer */
	{ "ABSK", BASE64, 100 },		/* Amazon Bedrock */
	{ "AGE-SECRET-KEY-1", WORD, 58 },	/* age */
	{ "AIza", NAME, 35 },			/* Google API */
	{ "AKCp", WORD, 60 },			/* JFrog */
	{ "APKAAE", WORD, 12 },
	{ "AQVN", NAME, 35 },			/* Yandex */
	{ "ATATT3", VALUE, 100 },		/* Atlassian */
	{ "ATCTT3", VALUE, 100 },
	{ "BBDC-", BASE64, 40 },		/* Bitbucket Data Center */
	{ "CCIPAT_", NAME, 40 },		/* CircleCI */
	{ "CCIPRJ_", NAME, 40 },
	{ "CFPAT-", NAME, 40 },			/* Contentful */
	{ "CLOJARS_", WORD, 60 },
	{ "EAAAE", NAME, 55 },			/* Square */
	{ "EAAC", WORD, 60 },			/* Facebook */
	{ "EAAM", WORD, 60 },
	{ "EZAK", WORD, 54 },			/* EasyPost */
	{ "EZTK", WORD, 54 },
	{ "FLWPUBK_TEST-", NAME, 12 },		/* Flutterwave */
	{ "FLWSECK-", NAME, 12 },
	{ "FLWSECK_TEST-", NAME, 12 },
	{ "FwoGZXIvYXdz", BASE64, 80 },		/* AWS, session */
	{ "GOCSPX-", NAME, 28 },		/* Google OAuth client */
	{ "GR1348941", NAME, 20 },		/* GitLab runner registration */
	{ "LTAI", WORD, 16 },			/* Alibaba */
	{ "NRAK-", WORD, 27 },			/* New Relic */
	{ "NRII-", NAME, 32 },
	{ "NRJS-", HEX, 19 },
	{ "PMAK-", NAME, 59 },			/* Postman */
	{ "SG.", VALUE, 60 },			/* SendGrid */
	{ "SK", HEX, 32 },			/* Twilio */
	{ "YC", NAME, 38 },			/* Yandex, AWS style */
	{ "ZXlK", BASE64, 40 },			/* a JWT in base64 */
	{ "_gitlab_session=", HEX, 32 },
	{ "_gitlab_session=", WORD, 32 },
	{ "access-development-", NAME, 36 },	/* Plaid */
	{ "access-production-", NAME, 36 },
	{ "access-sandbox-", NAME, 36 },
	{ "amzn.mws.", NAME, 36 },
	{ "api_org_", WORD, 34 },		/* Hugging Face */
	{ "authress_", VALUE, 40 },
	{ "bkua_", HEX, 40 },			/* Buildkite */
	{ "dapi", HEX, 32 },			/* Databricks */
	{ "dckr_oat_", NAME, 27 },		/* Docker */
	{ "dckr_pat_", NAME, 27 },
	{ "dnkey-", VALUE, 70 },		/* Defined Networking */
	{ "doo_v1_", HEX, 64 },			/* DigitalOcean */
	{ "dop_v1_", HEX, 64 },
	{ "dor_v1_", HEX, 64 },
	{ "dp.audit.", WORD, 40 },		/* Doppler */
	{ "dp.ct.", WORD, 40 },
	{ "dp.pt.", WORD, 40 },
	{ "dp.sa.", WORD, 40 },
	{ "dp.scim.", WORD, 40 },
	{ "dp.st.", VALUE, 40 },
	{ "dt0c01.", VALUE, 80 },		/* Dynatrace */
	{ "dt0s16.", VALUE, 80 },
	{ "duffel_live_", VALUE, 43 },
	{ "duffel_test_", VALUE, 43 },
	{ "eyJrIjoi", BASE64, 60 },		/* Grafana, before 9 */
	{ "figd_", NAME, 36 },			/* Figma */
	{ "fio-u-", VALUE, 60 },		/* Frame.io */
	{ "fm1a_", BASE64, 60 },		/* Fly.io */
	{ "fm1r_", BASE64, 60 },
	{ "fm2_", BASE64, 60 },
	{ "fo1_", NAME, 43 },
	{ "glagent-", NAME, 50 },		/* GitLab */
	{ "glc_", BASE64, 32 },			/* Grafana Cloud */
	{ "glcbt-", NAME, 20 },
	{ "gldt-", NAME, 20 },
	{ "glffct-", NAME, 20 },
	{ "glft-", NAME, 20 },
	{ "glimt-", NAME, 25 },
	{ "gloas-", NAME, 64 },
	{ "glpat-", NAME, 20 },
	{ "glptt-", HEX, 40 },
	{ "glrt-", NAME, 20 },
	{ "glsa_", NAME, 41 },			/* Grafana */
	{ "glsoat-", NAME, 20 },
	{ "gsk_", WORD, 48 },			/* Groq */
	{ "hf_", WORD, 34 },			/* Hugging Face */
	{ "hvb.", NAME, 100 },			/* HashiCorp Vault */
	{ "hvs.", NAME, 20 },
	{ "ico-", WORD, 32 },			/* Infracost */
	{ "key-", HEX, 32 },			/* Mailgun */
	{ "lin_api_", WORD, 40 },		/* Linear */
	{ "lin_oauth_", WORD, 40 },
	{ "live_pub_", HEX, 31 },		/* Lob */
	{ "lsv2_", NAME, 40 },			/* LangSmith */
	{ "nfp_", WORD, 36 },			/* Netlify */
	{ "npm_", WORD, 36 },
	{ "ntn_", WORD, 40 },			/* Notion */
	{ "ops_eyJ", BASE64, 100 },		/* 1Password */
	{ "pat-eu1-", NAME, 36 },		/* HubSpot */
	{ "pat-na1-", NAME, 36 },
	{ "pat.", VALUE, 66 },			/* Harness */
	{ "phc_", WORD, 40 },			/* PostHog */
	{ "phx_", WORD, 40 },
	{ "pk.", VALUE, 80 },			/* Mapbox */
	{ "pk_live_", WORD, 20 },		/* Stripe */
	{ "pnu_", WORD, 36 },			/* Prefect */
	{ "pplx-", WORD, 48 },			/* Perplexity */
	{ "pscale_oauth_", VALUE, 30 },		/* PlanetScale */
	{ "pscale_pw_", VALUE, 30 },
	{ "pscale_tkn_", VALUE, 30 },
	{ "pubkey-", HEX, 32 },			/* Mailgun */
	{ "pul-", HEX, 40 },			/* Pulumi */
	{ "pypi-AgEIcHlwaS5vcmc", NAME, 50 },
	{ "r8_", WORD, 37 },			/* Replicate */
	{ "rdme_", WORD, 70 },			/* ReadMe */
	{ "rk_live_", WORD, 10 },		/* Stripe */
	{ "rk_prod_", WORD, 10 },
	{ "rk_test_", WORD, 10 },
	{ "rnd_", WORD, 28 },			/* Render */
	{ "rubygems_", HEX, 48 },
	{ "sat.", VALUE, 66 },			/* Harness */
	{ "sb_secret_", NAME, 20 },		/* Supabase */
	{ "sbp_", HEX, 40 },
	{ "sc_", VALUE, 60 },			/* Authress */
	{ "secret_", WORD, 43 },		/* Notion */
	{ "sgp_", NAME, 40 },			/* Sourcegraph */
	{ "sha256~", NAME, 43 },		/* OpenShift */
	{ "shippo_live_", HEX, 40 },
	{ "shippo_test_", HEX, 40 },
	{ "shpat_", HEX, 32 },			/* Shopify */
	{ "shpca_", HEX, 32 },
	{ "shppa_", HEX, 32 },
	{ "shpss_", HEX, 32 },
	{ "sk-", NAME, 40 },			/* OpenAI, Anthropic and others */
	{ "sk.", VALUE, 80 },			/* Mapbox */
	{ "sk_live_", WORD, 10 },		/* Stripe */
	{ "sk_prod_", WORD, 10 },
	{ "sk_test_", WORD, 10 },
	{ "sm_aat_", WORD, 16 },		/* SettleMint */
	{ "sm_pat_", WORD, 16 },
	{ "sm_sat_", WORD, 16 },
	{ "sntrys_eyJ", BASE64, 60 },		/* Sentry */
	{ "sntryu_", HEX, 64 },
	{ "sq0atp-", NAME, 22 },		/* Square */
	{ "sq0csp-", NAME, 43 },
	{ "t1.", VALUE, 80 },			/* Yandex */
	{ "test_pub_", HEX, 31 },		/* Lob */
	{ "tfp_", VALUE, 50 },			/* Typeform */
	{ "tk-us-", NAME, 48 },			/* Scalingo */
	{ "tskey-", NAME, 30 },			/* Tailscale */
	{ "vcp_", WORD, 40 },			/* Vercel */
	{ "whsec_", BASE64, 20 },		/* webhook signatures, Stripe and others */
	{ "xai-", WORD, 70 },			/* xAI */
	{ "xkeysib-", NAME, 80 },		/* Brevo */
	{ "ya29.", NAME, 40 },			/* Google, access */
};

/* At most `most` bytes are looked at, so that many beginnings in one run cost no more than that each. */
static size_t
run_of(struct span text, size_t at, enum alphabet alphabet, size_t most)
{
	size_t n = 0;

	while (n < most && at + n < text.n && alphabets[text.p[at + n]] >> alphabet & 1)
		n++;
	return n;
}

/* Are there at least so many different characters? */
static bool
has_variety(struct span value, unsigned int least)
{
	uint64_t seen[4] = { 0 };
	unsigned int n = 0;

	for (size_t i = 0; i < value.n && n < least; i++) {
		uint64_t bit = 1ULL << (value.p[i] & 63);

		n += !(seen[value.p[i] >> 6] & bit);
		seen[value.p[i] >> 6] |= bit;
	}
	return n >= least;
}

/* A sentence ends in what some alphabets have too. */
static size_t
without_end(struct span text, size_t at, size_t n)
{
	while (n && (text.p[at + n - 1] == '.' || text.p[at + n - 1] == '-'))
		n--;
	return n;
}

/* The first mark that begins with `c`: they stand in the order of their first bytes. */
static const struct mark *
marks_from(uint8_t c)
{
	size_t low = 0, high = COUNT(marks);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uint8_t)marks[middle].text[0] < c)
			low = middle + 1;
		else
			high = middle;
	}
	return &marks[low];
}

static bool
marked_at(struct span text, size_t at, struct mask_hit *hit)
{
	uint8_t c = text.p[at], next = at + 1 < text.n ? text.p[at + 1] : 0;
	const struct mark *mark = marks_from(c);

	for (; mark < marks + COUNT(marks) && (uint8_t)mark->text[0] == c; mark++) {
		struct span head;
		size_t n;

		if ((uint8_t)mark->text[1] != next)
			continue;
		head = span_text(mark->text);
		if (!goes_on(text, at, head))
			continue;
		n = run_of(text, at + head.n, mark->alphabet, LOOK_MOST);
		if (n < mark->least || !has_variety(span_of(text.p + at + head.n, n), DIFFERENT))
			continue;
		n = without_end(text, at + head.n, run_of(text, at + head.n, mark->alphabet, text.n));
		if (!ends_word(text, at + head.n + n))
			continue;
		*hit = (struct mask_hit){ at, head.n + n };
		return true;
	}
	return false;
}

/* ---- known by their middle or their end ------------------------------------------ */

/* Telegram: the bot's number, a colon, 35 characters. */
static bool
telegram_at(struct span text, size_t at, struct mask_hit *hit)
{
	size_t n = 0, key;

	while (at + n < text.n && n < 17 && is_digit(text.p[at + n]))
		n++;
	if (n < 5 || n > 16 || !goes_on(text, at + n, SPAN(":A")))
		return false;
	key = run_of(text, at + n + 1, NAME, 64);
	if (key != 35)
		return false;
	*hit = (struct mask_hit){ at, n + 1 + key };
	return true;
}

/* Mailchimp: 32 hex digits, then its data centre. */
static bool
mailchimp_at(struct span text, size_t at, struct mask_hit *hit)
{
	size_t n = run_of(text, at, HEX, 64), i = at + n + 3;

	if (n != 32 || !goes_on(text, at + n, SPAN("-us")) || i >= text.n || !is_digit(text.p[i]))
		return false;
	i += 1 + (i + 1 < text.n && is_digit(text.p[i + 1]));
	*hit = (struct mask_hit){ at, i - at };
	return ends_word(text, i);
}

/* Three parts with points between: a bot of Discord, HCP Terraform's "x.atlasv1.y". */
static bool
dotted_at(struct span text, size_t at, struct mask_hit *hit)
{
	size_t a = run_of(text, at, NAME, 64), b, c;

	if (a < 14 || a > 30 || !goes_on(text, at + a, SPAN(".")))
		return false;
	b = run_of(text, at + a + 1, NAME, 64);
	if (!goes_on(text, at + a + 1 + b, SPAN(".")))
		return false;
	c = run_of(text, at + a + b + 2, VALUE, 256);
	if (goes_on(text, at + a, SPAN(".atlasv1.")) ? c < 60 : a < 23 || b != 6 || c < 27 || c > 40 ||
	    !memchr("MNO", text.p[at], 3))
		return false;
	*hit = (struct mask_hit){ at, a + b + c + 2 };
	return has_variety(span_of(text.p + at, a), 8);
}

/* Entra ID: three characters, a digit, "Q~", 31 to 34 more. */
static bool
entra_at(struct span text, size_t at, struct mask_hit *hit)
{
	size_t n;

	if (text.n - at < 6 || !is_digit(text.p[at + 3]) || !goes_on(text, at + 4, SPAN("Q~")))
		return false;
	n = run_of(text, at + 6, BASE64, 64);
	*hit = (struct mask_hit){ at, 6 + n };
	return n >= 31 && n <= 34 && has_variety(span_of(text.p + at + 6, n), DIFFERENT);
}

/* A password in an address: scheme://user:password@host. `at` is the colon of "://". */
static bool
address_at(struct span text, size_t at, struct mask_hit *hit)
{
	size_t i = at + 3, colon = 0;

	for (; i < text.n && i - at < 300; i++) {
		uint8_t c = text.p[i];

		if (c == '@' || c == '/' || c == '?' || c == '#' || c <= ' ' || strchr("\"'`<>{}", c))
			break;
		if (c == ':' && !colon)
			colon = i;
	}
	if (i >= text.n || text.p[i] != '@' || !colon || i - colon < 4)
		return false;
	*hit = (struct mask_hit){ colon + 1, i - colon - 1 };
	return has_variety(span_of(text.p + colon + 1, i - colon - 1), 3);
}

/* ---- known by name --------------------------------------------------------------- */

/* Changes between letters and digits: words have few, random text many. A long hex number has perhaps none. */
static bool
is_random(struct span value)
{
	bool is_plain = true, is_hex = true;
	size_t changes = 0;

	for (size_t i = 0; i < value.n; i++) {
		changes += i && is_digit(value.p[i]) != is_digit(value.p[i - 1]);
		is_plain &= is_word(value.p[i]);
		is_hex &= alphabets[value.p[i]] >> HEX & 1;
	}
	if (!has_variety(value, 8))
		return false;
	return changes >= (is_plain ? 2 : 3) || (is_hex && value.n >= 32);
}

/* A scheme before the value: "Bearer x" (RFC 7235). */
static size_t
skip_scheme(struct span text, size_t at)
{
	static const char *const schemes[] = { "Bearer ", "bearer ", "Basic ", "Token ", "token " };

	for (size_t i = 0; i < COUNT(schemes); i++)
		if (goes_on(text, at, span_text(schemes[i])))
			return at + strlen(schemes[i]);
	return at;
}

/* How far before the sign its name may stand: in a list, where a comma is the sign, only in the text just before. */
static size_t
name_reach(struct span text, size_t at)
{
	size_t n = 1;

	if (text.p[at] != ',')
		return CONTEXT;
	while (n < CONTEXT && n < at && text.p[at - 1 - n] != text.p[at - 1])
		n++;
	return n;
}

/* A random value behind "secret =", "api_key: '" and the like; `at` is the sign between. */
static bool
named_at(struct span text, size_t at, struct mask_hit *hit)
{
	static const char *const names[] = {
		"token", "secret", "apikey", "api_key", "api-key", "api key", "access_key", "accesskey", "access-key",
		"account_key", "accountkey", "private_key", "auth_key", "authkey", "license_key", "licensekey", "passwd",
		"password", "credential", "authorization", "bearer", "client_key", "signing_key", "encryption_key", NULL
	};
	size_t from = at, n;

	while (from < text.n && from - at < GAP_MOST && text.p[from] && strchr("=:>|?, \t\r\n\"'`(", text.p[from]))
		from++;
	from = skip_scheme(text, from);
	if (from < text.n && text.p[from] == '=')
		return false;
	n = without_end(text, from, run_of(text, from, BASE64, LOOK_MOST));
	if (n < NAMED_LEAST || !is_random(span_of(text.p + from, n)) ||
	    !mask_follows(text, at, name_reach(text, at), names))
		return false;
	if (text.p[from] == '/' || memmem(text.p + from, n, "//", 2))
		return false;	/* a path */
	*hit = (struct mask_hit){ from, without_end(text, from, run_of(text, from, BASE64, text.n)) };
	return true;
}

/* What stands between a name and its value: an assignment, the end of a tag, a comma behind a quote. */
static bool
is_between(struct span text, size_t at)
{
	uint8_t c = text.p[at];

	return c == '=' || c == ':' || c == '>' || (c == ',' && at && strchr("\"'", text.p[at - 1]) && text.p[at - 1]);
}

/* Shorter than any mark with its value: most words are done here. */
static bool
is_short(struct span text, size_t at)
{
	return run_of(text, at, BASE64, SHORTEST) < SHORTEST && !is_digit(text.p[at]);
}

bool
mask_find_token(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at < text.n; at++) {
		uint8_t c = text.p[at];
		bool begins = (is_word(c) || c == '_') && begins_word(text, at) && !is_short(text, at);

		if (begins && marked_at(text, at, hit))
			return true;
		if (begins && is_word(c) && (telegram_at(text, at, hit) || mailchimp_at(text, at, hit) ||
		    dotted_at(text, at, hit) || entra_at(text, at, hit)))
			return true;
		if (goes_on(text, at, SPAN("://")) && address_at(text, at, hit))
			return true;
		if (is_between(text, at) && named_at(text, at, hit))
			return true;
		while (is_word(c) && at + 1 < text.n && is_word(text.p[at + 1]))
			at++;	/* nothing begins within a word */
	}
	return false;
}
