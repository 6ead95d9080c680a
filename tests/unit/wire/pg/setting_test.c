/*
 * What the server reports of its settings is found by name, the last value counts, what
 * cannot be kept is forgotten, and it takes no more room than it needs.
 */
#include "base/arena.h"
#include "check.h"
#include "wire/pg/pg.h"

static struct pg pg;

static void
report(const char *name, const char *value, size_t more)
{
	static uint8_t body[16384];
	size_t n = strlen(name) + 1, v = strlen(value);

	memcpy(body, name, n);
	memcpy(body + n, value, v);
	memset(body + n + v, 'x', more);	/* a longer value */
	body[n + v + more] = 0;
	pg_setting_keep(&pg, on_cliff(span_of(body, n + v + more + 1)));
}

static bool
is_now(const char *name, const char *value)
{
	return span_is(pg_setting(&pg, name), value);
}

static void
begin(size_t memory)
{
	arena_free(&pg.arena);
	pg = (struct pg){ .arena = arena_new(memory) };
}

static void
check_values(void)
{
	begin(1 << 20);
	CHECK(is_now("TimeZone", ""));
	report("TimeZone", "UTC", 0);
	report("client_encoding", "UTF8", 0);
	report("empty", "", 0);
	CHECK(is_now("TimeZone", "UTC") && is_now("client_encoding", "UTF8") && is_now("empty", ""));
	report("TimeZone", "Europe/Berlin", 0);
	report("empty", "no more", 0);
	CHECK(is_now("TimeZone", "Europe/Berlin") && is_now("empty", "no more"));
	CHECK(pg.setting_count == 3);
	report("client_encoding", "", 5000);	/* too long: not what it was before */
	CHECK(is_now("client_encoding", "") && pg.setting_count == 3);
	report("client_encoding", "SJIS", 0);
	CHECK(is_now("client_encoding", "SJIS"));
	report("long", "", 5000);
	CHECK(is_now("long", ""));
	report("long", "", 4096);
	CHECK(pg_setting(&pg, "long").n == 4096);
}

static const struct {
	const char *name;
	struct span body;
} wrong[] = {
	{ "nothing", SPAN("") },
	{ "no value", SPAN("name\0") },
	{ "no end", SPAN("name\0value") },
	{ "more behind", SPAN("name\0value\0x") },
	{ "long name", SPAN("0123456789012345678901234567890123456789012345678901234567890123456789\0v\0") },
};

static void
check_wrong(void)
{
	begin(1 << 20);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		pg_setting_keep(&pg, on_cliff(wrong[i].body));
		CHECK_ROW(wrong[i].name, pg.setting_count == 0);
	}
}

static void
check_many(void)
{
	char name[32], value[32];

	begin(1 << 20);
	for (int i = 0; i < PG_SETTINGS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		snprintf(value, sizeof(value), "value%d", i);
		report(name, value, 0);
	}
	CHECK(pg.setting_count == PG_SETTINGS_MAX);
	for (int i = 0; i < PG_SETTINGS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		snprintf(value, sizeof(value), "value%d", i);
		CHECK_ROW(name, is_now(name, i < PG_SETTINGS_MAX ? value : ""));
	}
}

/* A usual server's reports, and the arena of a flow that has nothing else. */
static void
check_room(void)
{
	static const char *const usual[][2] = {
		{ "in_hot_standby", "off" }, { "integer_datetimes", "on" }, { "TimeZone", "Etc/UTC" },
		{ "IntervalStyle", "postgres" }, { "is_superuser", "off" }, { "application_name", "psql" },
		{ "default_transaction_read_only", "off" }, { "scram_iterations", "4096" },
		{ "DateStyle", "ISO, MDY" }, { "standard_conforming_strings", "on" },
		{ "session_authorization", "shop_app" }, { "client_encoding", "UTF8" },
		{ "server_version", "15.14 (Debian 15.14-0+deb12u1)" }, { "server_encoding", "UTF8" },
	};

	begin(1 << 20);
	for (int again = 0; again < 3; again++)
		for (size_t i = 0; i < COUNT(usual); i++)
			report(usual[i][0], usual[i][1], 0);
	CHECK(pg.setting_count == COUNT(usual) && arena_used(pg.arena) < 1800);
	/* without memory, a value that changes is forgotten, not kept as it was */
	begin(700);
	report("TimeZone", "UTC", 0);
	CHECK(is_now("TimeZone", "UTC"));
	report("TimeZone", "", 600);
	CHECK(is_now("TimeZone", ""));
	report("other", "", 600);
	CHECK(is_now("other", "") && pg.setting_count == 1);
	report("TimeZone", "CET", 0);
	CHECK(is_now("TimeZone", "CET"));
	arena_free(&pg.arena);
}

int
main(void)
{
	check_values();
	check_wrong();
	check_many();
	check_room();
	return check_end();
}
