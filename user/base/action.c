/* action.c: the names of effects and verdicts, and the effects of methods. */
#include "action.h"
#include "verdict.h"

static const char *const effects[EFFECTS] = {
	[EFFECT_READ] = "read", [EFFECT_INSERT] = "insert",
	[EFFECT_UPDATE] = "update", [EFFECT_DELETE] = "delete",
	[EFFECT_DEFINE] = "define", [EFFECT_GRANT] = "grant",
	[EFFECT_CALL] = "call", [EFFECT_EXPORT] = "export",
	[EFFECT_SESSION] = "session", [EFFECT_UNKNOWN] = "unknown",
};

const char *
effect_name(enum effect effect)
{
	return effect < EFFECTS ? effects[effect] : "unknown";
}

enum effect
effect_of(struct span name)
{
	for (unsigned int i = 0; i < EFFECTS; i++)
		if (span_is(name, effects[i]))
			return (enum effect)i;
	return EFFECTS;
}

enum effect
effect_of_method(struct span method)
{
	static const struct {
		const char *method;
		enum effect effect;
	} methods[] = {
		{ "GET", EFFECT_READ }, { "HEAD", EFFECT_READ }, { "OPTIONS", EFFECT_READ },
		{ "POST", EFFECT_INSERT }, { "PUT", EFFECT_UPDATE }, { "PATCH", EFFECT_UPDATE },
		{ "DELETE", EFFECT_DELETE },
	};

	for (size_t i = 0; i < COUNT(methods); i++)
		if (span_is(method, methods[i].method))
			return methods[i].effect;
	return EFFECT_UNKNOWN;
}

const char *
verdict_name(enum verdict_kind kind)
{
	switch (kind) {
	case VERDICT_ALLOW:
		return "allow";
	case VERDICT_HOLD:
		return "hold";
	case VERDICT_DENY:
		break;
	}
	return "deny";
}
