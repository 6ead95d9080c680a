/*
 * content.c: what a rule asks of names and values of a request. Of several values
 * of one name a server may take any: all must be right for it to be so, and where
 * only some are it may be. The same where others could follow that are not known,
 * where a name differs in its case only, or where a value is no number that every
 * server reads alike.
 */
#include <inttypes.h>
#include <stdio.h>

#include "action.h"
#include "base/caseless.h"
#include "base/glob.h"
#include "decide/fit.h"
#include "base/number.h"
#include "view.h"

#define LIKE_MOST 65536	/* bytes of a value that patterns are tried on */

/* How the values of a name stand to a condition. */
struct poll {
	size_t yes, maybe, no;
};

static void
count_fit(struct poll *poll, enum fit fit)
{
	*(fit == FIT_YES ? &poll->yes : fit == FIT_NO ? &poll->no : &poll->maybe) += 1;
}

static struct span
trim(struct span in)
{
	while (in.n && in.p[0] <= ' ')
		in = span_skip(in, 1);
	while (in.n && in.p[in.n - 1] <= ' ')
		in.n--;
	return in;
}

/* One value beside one that a rule names: the same, the same to some, or another. */
static enum fit
fit_same(const struct http_pair *pair, const char *value)
{
	struct number here, there;

	if (span_is(pair->value, value))
		return FIT_YES;
	if (caseless_equal(trim(pair->value), span_text(value)))
		return FIT_MAYBE;
	if (number_read(pair->value, &here) && number_read(span_text(value), &there) && number_compare(&here, &there) == 0)
		return pair->form == HTTP_OTHER ? FIT_YES : FIT_MAYBE;
	return FIT_NO;
}

static enum fit
fit_number(const struct view_condition *condition, struct span value)
{
	struct number here, limit;
	int order;

	if (!number_read(span_text(condition->values[0]), &limit) || !number_read(value, &here))
		return FIT_MAYBE;
	order = number_compare(&here, &limit);
	return (condition->test == TEST_AT_MOST ? order <= 0 : order >= 0) ? FIT_YES : FIT_NO;
}

/* One value that is there. */
static enum fit
fit_value(const struct view_condition *condition, const struct http_pair *pair)
{
	enum fit fit = FIT_NO;

	if (condition->test == TEST_PRESENT || condition->test == TEST_ABSENT)
		return condition->test == TEST_PRESENT ? FIT_YES : FIT_NO;
	if (pair->form == HTTP_OPAQUE)
		return FIT_MAYBE;
	if (condition->test == TEST_AT_MOST || condition->test == TEST_AT_LEAST)
		return fit_number(condition, pair->value);
	if (condition->test == TEST_LIKE && pair->value.n > LIKE_MOST)
		return FIT_MAYBE;
	for (size_t i = 0; i < condition->value_count && fit != FIT_YES; i++) {
		enum fit one = condition->test == TEST_IS ? fit_same(pair, condition->values[i]) :
		    glob_match(condition->values[i], pair->value) ? FIT_YES : FIT_NO;

		fit = one > fit ? one : fit;
	}
	return fit;
}

static enum fit
result_of(const struct view_condition *condition, const struct poll *poll, bool is_open)
{
	bool is_absent = condition->test == TEST_ABSENT;

	if (poll->yes + poll->maybe + poll->no == 0)
		return is_open ? FIT_MAYBE : is_absent ? FIT_YES : FIT_NO;
	if (is_absent)	/* what is there stays there, whatever else comes */
		return poll->no ? FIT_NO : FIT_MAYBE;
	if (condition->test == TEST_PRESENT && poll->yes)
		return FIT_YES;
	if (poll->maybe || is_open || (poll->yes && poll->no))
		return FIT_MAYBE;
	return poll->yes ? FIT_YES : FIT_NO;
}

static enum fit
fit_list(const struct view_condition *condition, const struct http_list *list)
{
	bool is_header = condition->subject == SUBJECT_HEADER;
	bool asks_whether = condition->test == TEST_ABSENT || condition->test == TEST_PRESENT;
	struct span name = span_text(condition->name);
	struct poll poll = { 0 };

	for (size_t i = 0; i < list->count; i++) {
		const struct http_pair *pair = &list->pairs[i];
		bool is_same = span_equal(pair->name, name);

		if ((!is_same && !caseless_equal(pair->name, name)) || (pair->is_default && asks_whether))
			continue;
		count_fit(&poll, is_same || is_header ? fit_value(condition, pair) : FIT_MAYBE);
	}
	return result_of(condition, &poll, list->is_open);
}

/* The body's size: what more may come can only add to it. */
static enum fit
fit_size(const struct view_condition *condition, const struct http_facts *http)
{
	char text[24];
	enum fit fit;

	snprintf(text, sizeof(text), "%" PRIu64, http->length);
	fit = fit_number(condition, span_text(text));
	if (!http->is_longer)
		return fit;
	if (condition->test == TEST_AT_MOST)
		return fit == FIT_NO ? FIT_NO : FIT_MAYBE;
	return fit == FIT_YES ? FIT_YES : FIT_MAYBE;
}

static enum fit
fit_type(const struct view_condition *condition, const struct http_facts *http)
{
	const struct http_pair pair = { .value = http->content_type };
	const struct http_list *headers = &http->places[HTTP_HEADER];
	struct poll poll = { 0 };
	size_t said = 0;

	for (size_t i = 0; i < headers->count; i++)
		said += caseless_equal(headers->pairs[i].name, SPAN("content-type"));
	if (http->content_type.n)
		count_fit(&poll, fit_value(condition, &pair));
	return result_of(condition, &poll, said > 1);
}

static enum fit
fit_condition(const struct view_condition *condition, const struct http_facts *http)
{
	if (condition->subject == SUBJECT_SIZE)
		return fit_size(condition, http);
	if (condition->subject == SUBJECT_CONTENT_TYPE)
		return fit_type(condition, http);
	return fit_list(condition, &http->places[condition->subject]);
}

static bool
is_any(const struct view_rule *rule)
{
	for (size_t i = 0; i < rule->column_count; i++) {
		if (strcmp(rule->columns[i], "**") == 0)
			return true;
	}
	return false;
}

/*
 * The fields of a body beside a rule's columns. An allow speaks for a body all of
 * whose fields match, also for none; else one that matches, or could, is enough.
 */
static enum fit
fit_columns(const struct view_rule *rule, const struct act *act)
{
	bool is_open = act->http->places[HTTP_FIELD].is_open;
	size_t matching = 0;

	if (rule->column_count == 0)
		return FIT_YES;
	for (size_t i = 0; i < act->column_count; i++)
		matching += fit_any_glob(rule->columns, rule->column_count, act->columns[i]);
	if (act->column_count == 0 && !is_open)
		return rule->verdict == VERDICT_ALLOW ? FIT_YES : FIT_NO;
	if (matching == act->column_count && (!is_open || is_any(rule)))
		return FIT_YES;
	return matching > 0 || is_open ? FIT_MAYBE : FIT_NO;
}

enum fit
fit_content(const struct view_rule *rule, const struct act *act)
{
	enum fit fit = fit_columns(rule, act);

	for (size_t i = 0; i < rule->condition_count && fit != FIT_NO; i++) {
		enum fit one = fit_condition(&rule->conditions[i], act->http);

		fit = one < fit ? one : fit;
	}
	return fit;
}
