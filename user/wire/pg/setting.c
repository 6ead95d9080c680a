/*
 * setting.c: what the server reports of its settings (ParameterStatus).
 * A setting that cannot be kept is forgotten, never left at an old value.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

#define NAME_MAX_BYTES 64
#define VALUE_MAX_BYTES 4096

static struct pg_setting *
find(struct pg *pg, struct span name)
{
	for (size_t i = 0; i < pg->setting_count; i++)
		if (span_equal(pg->settings[i].name, name))
			return &pg->settings[i];
	return NULL;
}

void
pg_setting_keep(struct pg *pg, struct span body)
{
	struct pg_setting *setting;
	struct span name, value;

	if (!take_text(&body, &name) || !take_text(&body, &value) || body.n || name.n > NAME_MAX_BYTES)
		return;
	setting = find(pg, name);
	if (!setting && pg->setting_count < PG_SETTINGS_MAX) {
		setting = &pg->settings[pg->setting_count];
		setting->name = arena_copy(pg->arena, name);
		if (!setting->name.p)
			return;
		pg->setting_count++;
	}
	if (!setting)
		return;
	arena_give(pg->arena, (void *)(uintptr_t)setting->value.p);
	setting->value = span_of(NULL, 0);
	if (value.n <= VALUE_MAX_BYTES)
		setting->value = arena_copy(pg->arena, value);
	if (!setting->value.p)
		setting->value.n = 0;
}

struct span
pg_setting(void *state, const char *name)
{
	const struct pg_setting *setting = find(state, span_text(name));

	return setting ? setting->value : span_of("", 0);
}
