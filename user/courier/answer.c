/* answer.c: a table of the members that count, each with what it must be. */
#include "courier/answer.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>

#define OK 200

/* RFC 9110 section 8.3.1: the name without its parameters, in any case. */
static bool
is_json(struct span type)
{
	static const char name[] = "application/json";
	size_t n = sizeof(name) - 1;

	if (type.n < n || strncasecmp((const char *)type.p, name, n) != 0)
		return false;
	return type.n == n || type.p[n] == ';' || type.p[n] == ' ' || type.p[n] == '\t';
}

/* RFC 6750 section 2.1 has fewer characters; what stands in a field and ends at no blank is what counts. */
static bool
is_visible(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return n > 0;
}

/* A member that is text of visible characters. False: it is something else. */
static bool
take_text_of(const json_t *object, const char *name, char *room, size_t most)
{
	const json_t *member = json_object_get(object, name);
	size_t n = json_string_length(member);

	if (!json_is_string(member) || n > most || !is_visible(json_string_value(member), n))
		return false;
	memcpy(room, json_string_value(member), n + 1);
	return true;
}

static bool
take_lifetime(const json_t *object, uint32_t *out)
{
	const json_t *member = json_object_get(object, "expires_in");
	json_int_t seconds = json_integer_value(member);

	if (member && (!json_is_integer(member) || seconds <= 0))
		return false;
	*out = !member ? ANSWER_LIFETIME : seconds > ANSWER_LIFETIME_MOST ? ANSWER_LIFETIME_MOST : (uint32_t)seconds;
	return true;
}

static bool
is_bearer(const json_t *object)
{
	const json_t *member = json_object_get(object, "token_type");

	return json_is_string(member) && json_string_length(member) == 6 &&
	    strcasecmp(json_string_value(member), "bearer") == 0;
}

static const char *
read_token(const json_t *object, struct answer *out)
{
	if (!is_bearer(object))
		return "the token is not of type Bearer";
	if (!take_lifetime(object, &out->lifetime))
		return "expires_in is not a positive whole number";
	if (json_object_get(object, "refresh_token") &&
	    !take_text_of(object, "refresh_token", out->refresh, ANSWER_TOKEN))
		return "refresh_token is not text of visible ASCII characters, or too long";
	if (!take_text_of(object, "access_token", out->token, ANSWER_TOKEN))
		return "access_token is missing, not text of visible ASCII characters, or too long";
	return NULL;
}

/* Its name goes into logs and entries: letters as RFC 6749 and its extensions have them, no more. */
static void
read_error(const json_t *object, struct answer *out)
{
	if (!take_text_of(object, "error", out->error, ANSWER_ERROR) ||
	    out->error[strspn(out->error, "abcdefghijklmnopqrstuvwxyz_0123456789")] != '\0')
		memset(out->error, 0, sizeof(out->error));
}

int
answer_read(unsigned int status, struct span type, struct span body, struct answer *out, const char **why)
{
	json_t *object = NULL;

	memset(out, 0, sizeof(*out));
	*why = NULL;
	if (body.n <= ANSWER_BYTES && is_json(type))
		object = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object))
		*why = "the answer is not a JSON object";
	else if (status == OK)
		*why = read_token(object, out);
	else
		read_error(object, out);
	json_decref(object);
	if (*why)
		explicit_bzero(out, sizeof(*out));
	if (status != OK && (*why || !out->error[0]))
		*why = "the status is not 200, and no error of OAuth comes with it";
	return *why ? -EPROTO : status == OK ? 0 : -EACCES;
}
