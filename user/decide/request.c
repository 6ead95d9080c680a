/*
 * request.c: which requests of HTTP a rule is about. Where the path is in doubt, so
 * is what hangs on it, and the operation too, as it is where nobody knows what is done.
 */
#include "action.h"
#include "base/glob.h"
#include "base/template.h"
#include "decide/fit.h"
#include "view.h"

static enum fit
least(enum fit a, enum fit b)
{
	return a < b ? a : b;
}

bool
fit_any_glob(const char **globs, size_t count, struct span text)
{
	for (size_t i = 0; i < count; i++) {
		if (glob_match(globs[i], text))
			return true;
	}
	return false;
}

static enum fit
fit_names(const char **globs, size_t count, struct span text, bool is_doubtful)
{
	if (count == 0)
		return FIT_YES;
	if (is_doubtful)
		return FIT_MAYBE;
	return fit_any_glob(globs, count, text) ? FIT_YES : FIT_NO;
}

static enum fit
fit_templates(const char **templates, size_t count, struct span path)
{
	enum fit fit = count == 0 ? FIT_YES : path.n == 0 ? FIT_MAYBE : FIT_NO;

	for (size_t i = 0; i < count && fit != FIT_YES; i++) {
		if (template_match(templates[i], path))
			fit = FIT_YES;
	}
	return fit;
}

static bool
speaks_of_http(const struct view_rule *rule)
{
	return rule->host_count || rule->method_count || rule->path_count || rule->operation_count || rule->condition_count;
}

enum fit
fit_request(const struct view_rule *rule, const struct act *act)
{
	const struct http_facts *http = act->http;
	enum fit fit;

	if (!http) {
		if (speaks_of_http(rule))
			return FIT_NO;
		return fit_names(rule->objects, rule->object_count, act->object, false);
	}
	fit = fit_templates(rule->objects, rule->object_count, act->object);
	fit = least(fit, fit_templates(rule->paths, rule->path_count, http->path));
	fit = least(fit, fit_names(rule->methods, rule->method_count, http->method, false));
	fit = least(fit, fit_names(rule->hosts, rule->host_count, http->host, http->host.n == 0));
	return least(fit, fit_names(rule->operations, rule->operation_count, http->operation,
	    http->operation.n == 0 && (http->path.n == 0 || act->effect == EFFECT_UNKNOWN)));
}
