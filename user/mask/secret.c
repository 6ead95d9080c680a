/*
 * secret.c: credentials that say what they are: JSON web tokens, private key
 * blocks, keys of AWS, GitHub and Slack. Each begins with letters of its own,
 * is so long, and stands alone; only the secret key of AWS has no mark and is
 * taken by its shape next to a word that names it.
 */
#include "mask/inside.h"

#define CONTEXT 80	/* bytes before an AWS secret key that may name it */

static bool
is_base64(uint8_t c)
{
	return is_word(c) || c == '/' || c == '+' || c == '=';
}

static bool
is_slack(uint8_t c)
{
	return is_word(c) || c == '-';
}

static bool
is_github(uint8_t c)
{
	return is_word(c) || c == '_';
}

static bool
is_webhook(uint8_t c)
{
	return is_word(c) || c == '/' || c == '+' || c == '_' || c == '-';
}

/* How many bytes from `at` satisfy `is`. */
static size_t
run_of(struct span text, size_t at, bool (*is)(uint8_t))
{
	size_t n = 0;

	while (at + n < text.n && is(text.p[at + n]))
		n++;
	return n;
}

/* RFC 7519: "eyJ" is base64url for '{"'. The signature may be empty (alg none). */
bool
mask_find_jwt(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at + 3 <= text.n; at++) {
		const uint8_t *found = memmem(text.p + at, text.n - at, "eyJ", 3);
		size_t end, n;

		if (!found)
			return false;
		at = (size_t)(found - text.p);
		if (at && is_base64url(text.p[at - 1]))
			continue;
		n = run_of(text, at, is_base64url);
		end = at + n;
		if (n < 10 || !goes_on(text, end, SPAN(".ey"))) {
			at = end - 1;
			continue;
		}
		n = run_of(text, end + 1, is_base64url);
		if (n < 10 || !goes_on(text, end + 1 + n, SPAN("."))) {
			at = end;	/* the payload may begin a token of its own */
			continue;
		}
		end += 2 + n;
		end += run_of(text, end, is_base64url);
		*hit = (struct mask_hit){ at, end - at };
		return true;
	}
	return false;
}

/* Is "-----BEGIN …PRIVATE KEY…-----" at `at`? Gives the offset after it. */
static bool
key_begins(struct span text, size_t at, size_t *after)
{
	struct span head = SPAN("-----BEGIN "), name;
	size_t i = at + head.n;

	if (!goes_on(text, at, head))
		return false;
	while (i < text.n && i - at < 64 && (is_upper(text.p[i]) ||
	    is_digit(text.p[i]) || text.p[i] == ' '))
		i++;
	name = span_of(text.p + at, i - at);
	*after = i;
	return name.n && memmem(name.p, name.n, "PRIVATE KEY", 11) != NULL;
}

/* From BEGIN to the end of its END line, or to the end of the text. */
bool
mask_find_private_key(struct span text, size_t from, struct mask_hit *hit)
{
	size_t at = from, after;

	for (;;) {
		const uint8_t *p = memmem(text.p + at, text.n - at, "-----BEGIN ", 11);

		if (!p)
			return false;
		at = (size_t)(p - text.p);
		if (key_begins(text, at, &after))
			break;
		at += 11;
	}
	struct span rest = span_skip(text, after);
	const uint8_t *end = memmem(rest.p, rest.n, "-----END ", 9);
	size_t stop = text.n;

	if (end) {
		size_t i = (size_t)(end - text.p) + 9;

		while (i < text.n && (is_upper(text.p[i]) || is_digit(text.p[i]) ||
		    text.p[i] == ' '))
			i++;
		while (i < text.n && text.p[i] == '-')
			i++;
		stop = i;
	}
	*hit = (struct mask_hit){ at, stop - at };
	return true;
}

/* An access key id: 20 capitals and digits with a prefix of AWS. */
static bool
aws_id_at(struct span text, size_t at)
{
	static const char prefix[][5] = { "AKIA", "ASIA", "ABIA", "ACCA" };
	bool known = goes_on(text, at, SPAN("A3T"));

	for (size_t i = 0; i < COUNT(prefix) && !known; i++)
		known = goes_on(text, at, span_of(prefix[i], 4));
	if (!known || text.n - at < 20 || !ends_word(text, at + 20))
		return false;
	for (size_t i = at; i < at + 20; i++) {
		if (!is_upper(text.p[i]) && !is_digit(text.p[i]))
			return false;
	}
	return true;
}

static bool
is_unpadded(uint8_t c)
{
	return is_word(c) || c == '/' || c == '+';
}

/*
 * A secret access key: exactly 40 of base64, of mixed kinds, after a word that names it.
 * It begins a run, or follows the '=' of "key=VALUE"; of a longer run only 41 are looked at.
 */
static bool
aws_secret_at(struct span text, size_t at)
{
	static const char *const context[] = {
		"aws", "secret", "amazon", "akia", "asia", "access_key", NULL
	};
	struct mask_class class;
	size_t n = 0, end;

	if (at && is_unpadded(text.p[at - 1]))
		return false;
	while (n <= 40 && at + n < text.n && is_unpadded(text.p[at + n]))
		n++;
	for (end = at + n; end < text.n && text.p[end] == '=' && end - at < 44; end++)
		;
	if (n != 40 || (end < text.n && is_base64(text.p[end])))
		return false;
	class = mask_class_of(span_of(text.p + at, n));
	return class.digits && (class.bits & CLASS_UPPER) && (class.bits & CLASS_LOWER) &&
	    mask_follows(text, at, CONTEXT, context);
}

bool
mask_find_aws(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at < text.n; at++) {
		if (text.p[at] == 'A' && begins_word(text, at) && aws_id_at(text, at)) {
			*hit = (struct mask_hit){ at, 20 };
			return true;
		}
		if (is_unpadded(text.p[at]) && aws_secret_at(text, at)) {
			*hit = (struct mask_hit){ at, 40 };
			return true;
		}
	}
	return false;
}

/* "ghp_xxxx…": the last ten characters are all one. */
static bool
is_placeholder(struct span text, size_t at, size_t n)
{
	size_t same = 1;

	while (same < 10 && same < n && text.p[at + n - 1 - same] == text.p[at + n - 1])
		same++;
	return same == 10;
}

bool
mask_find_github(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at + 4 < text.n; at++) {
		size_t n;

		if (text.p[at] != 'g' || !begins_word(text, at))
			continue;
		if (goes_on(text, at, SPAN("github_pat_"))) {
			n = run_of(text, at, is_github);
			if (n < 11 + 22)
				continue;
		} else if (text.p[at + 1] == 'h' && memchr("pousr", text.p[at + 2], 5) &&
		    text.p[at + 3] == '_') {
			n = 4 + run_of(text, at + 4, is_word);
			if (n < 4 + 36)
				continue;
		} else {
			continue;
		}
		if (is_placeholder(text, at, n))
			continue;
		*hit = (struct mask_hit){ at, n };
		return true;
	}
	return false;
}

/* Bytes of a Slack token at `at`; 0: none. */
static size_t
slack_token(struct span text, size_t at)
{
	size_t n, head;

	if (goes_on(text, at, SPAN("xapp-"))) {
		head = 5;
	} else if (goes_on(text, at, SPAN("xoxe.xox"))) {
		head = 10;	/* "xoxe.xoxp-" */
	} else if (goes_on(text, at, SPAN("xox")) && text.n - at > 5 &&
	    memchr("abceoprsd", text.p[at + 3], 9) && text.p[at + 4] == '-') {
		head = 5;
	} else {
		return 0;
	}
	if (at + head >= text.n)
		return 0;
	n = run_of(text, at + head, is_slack);
	return n >= 10 ? head + n : 0;
}

/* Bytes of an incoming webhook's address at `at`; 0: none. */
static size_t
slack_webhook(struct span text, size_t at)
{
	static const char *const kinds[] = { "services/", "workflows/", "triggers/" };
	struct span host = SPAN("hooks.slack.com/");

	if (!goes_on(text, at, host))
		return 0;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct span kind = span_text(kinds[i]);
		size_t n;

		if (!goes_on(text, at + host.n, kind))
			continue;
		n = run_of(text, at + host.n + kind.n, is_webhook);
		return n >= 20 ? host.n + kind.n + n : 0;
	}
	return 0;
}

bool
mask_find_slack(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at + 5 < text.n; at++) {
		size_t n;

		if ((text.p[at] != 'x' && text.p[at] != 'h') || !begins_word(text, at))
			continue;
		n = text.p[at] == 'x' ? slack_token(text, at) : slack_webhook(text, at);
		if (n && !is_placeholder(text, at, n)) {
			*hit = (struct mask_hit){ at, n };
			return true;
		}
	}
	return false;
}
