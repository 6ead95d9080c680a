/* say.h: an action as one line of text, so that a row of a table can say what it expects. */
#ifndef TEST_SAY_H
#define TEST_SAY_H

#include "action.h"
#include "base/arena.h"
#include "facts/sql/analysis.h"
#include "grammar/grammar.h"
#include "out.h"

/* "read public.t all (a,b); …" in the order of the acts; fields as "name<-t.a,t.b". */
__attribute__((unused)) static void
say_acts(const struct action *action, struct out *out)
{
	static const char *const reaches[] = { "", " where", " all" };

	for (size_t i = 0; i < action->act_count; i++) {
		const struct act *act = &action->acts[i];

		out_printf(out, "%s%s %.*s%s", i ? "; " : "",
		    effect_name(act->effect), (int)act->object.n,
		    act->object.p, reaches[act->reach]);
		for (size_t j = 0; j < act->column_count; j++)
			out_printf(out, "%s%.*s", j ? "," : " (",
			    (int)act->columns[j].n, act->columns[j].p);
		out_printf(out, "%s", act->column_count ? ")" : "");
	}
}

__attribute__((unused)) static void
say_fields(const struct action *action, struct out *out)
{
	for (size_t i = 0; i < action->field_count; i++) {
		const struct field *f = &action->fields[i];

		out_printf(out, "%s%.*s<-", i ? "; " : "", (int)f->name.n,
		    f->name.p);
		for (size_t j = 0; j < f->origin_count; j++)
			out_printf(out, "%s%.*s.%.*s", j ? "," : "",
			    (int)f->origins[j].relation.n,
			    f->origins[j].relation.p ?
			    (const char *)f->origins[j].relation.p : "",
			    (int)f->origins[j].column.n,
			    f->origins[j].column.n ?
			    (const char *)f->origins[j].column.p : "");
	}
}

/* Analyse by the real grammar; the caller drops it. NULL: no answer. */
__attribute__((unused)) static struct sql_analysis *
analyse(struct span text)
{
	struct out packed = out_new(ANALYSIS_LIMIT);
	struct sql_analysis *a = NULL;

	if (grammar_analyse(text, &packed) ||
	    analysis_unpack(&a, out_view(&packed)))
		a = NULL;
	out_free(&packed);
	return a;
}

#endif
