/*
 * setting.c: what the server reports of its settings (ParameterStatus).
 * A setting that cannot be kept is forgotten, never left at an old value.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

#define NAME_MAX_BYTES 64
#define VALUE_MAX_BYTES 4096
#define SETTINGS_FIRST 16	/* a server reports about so many */

static struct pg_setting *
find(struct pg *pg, struct span name)
{
	for (size_t i = 0; i < pg->setting_count; i++)
		if (span_equal(pg->settings[i].name, name))
			return &pg->settings[i];
	return NULL;
}

/* One more, without a name yet; NULL: no room. */
static struct pg_setting *
add(struct pg *pg)
{
	size_t room = pg->setting_room ? pg->setting_room * 2 : SETTINGS_FIRST;
	struct pg_setting *settings;

	if (pg->setting_count == PG_SETTINGS_MAX)
		return NULL;
	if (pg->setting_count == pg->setting_room) {
		settings = arena_take(pg->arena, room * sizeof(*settings));
		if (!settings)
			return NULL;
		for (size_t i = 0; i < pg->setting_count; i++)
			settings[i] = pg->settings[i];
		arena_give(pg->arena, pg->settings);
		pg->settings = settings;
		pg->setting_room = room;
	}
	return &pg->settings[pg->setting_count];
}

void
pg_setting_keep(struct pg *pg, struct span body)
{
	struct pg_setting *setting;
	struct span name, value;
	uint8_t *p;

	if (!take_text(&body, &name) || !take_text(&body, &value) || body.n || name.n > NAME_MAX_BYTES)
		return;
	setting = find(pg, name);
	if (setting)
		setting->value = span_of(NULL, 0);
	else
		setting = add(pg);
	p = setting && value.n <= VALUE_MAX_BYTES ? arena_take(pg->arena, name.n + value.n + 1) : NULL;
	if (!p)
		return;
	if (setting == pg->settings + pg->setting_count)
		pg->setting_count++;
	memcpy(p, name.p, name.n);
	if (value.n)
		memcpy(p + name.n, value.p, value.n);
	arena_give(pg->arena, (void *)(uintptr_t)setting->name.p);
	setting->name = span_of(p, name.n);
	setting->value = span_of(p + name.n, value.n);
}

struct span
pg_setting(void *state, const char *name)
{
	const struct pg_setting *setting = find(state, span_text(name));

	return setting ? setting->value : span_of("", 0);
}
