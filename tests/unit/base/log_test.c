/* One event is one line, whatever is in it: nobody forges another, or moves the reader's cursor. */
#include "base/log.h"

#include <fcntl.h>

#include "check.h"

static char said[1 << 16];
static size_t said_size;

/* Standard error goes to a file meanwhile. */
static void
listen_to(void (*fn)(const void *), const void *arg)
{
	char path[] = "/tmp/log-test-XXXXXX";
	int file = mkstemp(path), before = dup(STDERR_FILENO);
	ssize_t n;

	if (file < 0 || before < 0)
		_exit(9);
	unlink(path);
	dup2(file, STDERR_FILENO);
	fn(arg);
	dup2(before, STDERR_FILENO);
	n = pread(file, said, sizeof(said) - 1, 0);
	said_size = n > 0 ? (size_t)n : 0;
	said[said_size] = '\0';
	close(before);
	close(file);
}

/* What stands behind the stamp, the level, the process and the flow. */
static const char *
message(void)
{
	const char *p = said;

	for (int i = 0; i < 4; i++) {
		p = strchr(p, ' ');
		if (!p)
			return "";
		p++;
	}
	return p;
}

static const struct {
	const char *name, *in, *out;
} rows[] = {
	{ "plain", "hello", "hello" },
	{ "empty", "", "" },
	{ "new line", "a\nb", "a\\x0ab" },
	{ "a forged line", "x\n2026-01-01T00:00:00.000Z info warden - all is well",
	    "x\\x0a2026-01-01T00:00:00.000Z info warden - all is well" },
	{ "return", "a\rb", "a\\x0db" },
	{ "escape", "\033[2J\033]0;title\a", "\\x1b[2J\\x1b]0;title\\x07" },
	{ "tab and backspace", "a\tb\bc", "a\\x09b\\x08c" },
	{ "delete", "a\177b", "a\\x7fb" },
	{ "C1 as UTF-8", "a\302\233b", "a\\xc2\\x9bb" },
	{ "next line, C1", "a\302\205b", "a\\xc2\\x85b" },
	{ "last of C1", "\302\237", "\\xc2\\x9f" },
	{ "no break space is none", "\302\240", "\302\240" },
	{ "C1 as a byte", "a\233b", "a\\x9bb" },
	{ "UTF-8", "gr\303\274n \342\202\254 \360\237\230\200", "gr\303\274n \342\202\254 \360\237\230\200" },
	{ "cut UTF-8", "a\342\202", "a\\xe2\\x82" },
	{ "cut in the middle", "\360\237\230x", "\\xf0\\x9f\\x98x" },
	{ "lone continuation", "\200", "\\x80" },
	{ "overlong in two", "\300\212", "\\xc0\\x8a" },
	{ "beyond the last", "\365\200\200\200", "\\xf5\\x80\\x80\\x80" },
	{ "all ones", "\377\376", "\\xff\\xfe" },
	{ "a percent is a percent", "%s%n%d", "%s%n%d" },
};

static void
say(const void *text)
{
	log_warning("%s", (const char *)text);
}

static void
escapes(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char right[256];

		listen_to(say, rows[i].in);
		snprintf(right, sizeof(right), "%s\n", rows[i].out);
		CHECK_ROW(rows[i].name, strcmp(message(), right) == 0);
		CHECK_ROW(rows[i].name, strstr(said, "Z warning test/0 - ") == said + 23);
	}
}

/* Every byte, and every two: one line, printable or UTF-8. */
static void
every_byte(void)
{
	for (unsigned int a = 1; a < 256; a++) {
		char text[] = { 'x', (char)a, (char)(a * 7 % 255 + 1), '\0' };
		unsigned int lines = 0, controls = 0;

		listen_to(say, text);
		for (size_t i = 0; i < said_size; i++) {
			lines += said[i] == '\n';
			controls += (uint8_t)said[i] < 0x20 || said[i] == 0x7f;
		}
		CHECK_ROW(text, lines == 1 && controls == 1 && said[said_size - 1] == '\n');
	}
}

/* Longer than a line: cut, still one line, whatever each byte becomes. */
static void
too_long(void)
{
	static const char fill[] = { 'x', '\n', '\303', '\033' };

	for (size_t i = 0; i < COUNT(fill); i++) {
		char text[5000];

		memset(text, fill[i], sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		listen_to(say, text);
		CHECK(said_size > 900 && said_size < 1400);
		CHECK(said[said_size - 1] == '\n' && strchr(said, '\n') == said + said_size - 1);
	}
}

static void
say_levels(const void *arg)
{
	const struct id flow = { ID_FLOW, 8, 3, 1002 };

	(void)arg;
	log_error("one");
	log_info("two");
	log_debug("three");
	log_line(LOG_LEVEL_WARNING, &flow, "four %d", 4);
}

static void
levels(void)
{
	const struct id flow = { ID_FLOW, 8, 3, 1002 };
	char id[ID_TEXT_SIZE], last[64];

	log_open("test/0", LOG_LEVEL_WARNING);
	listen_to(say_levels, NULL);
	CHECK(strstr(said, "Z error test/0 - one\n"));
	CHECK(!strstr(said, "two") && !strstr(said, "three"));
	snprintf(last, sizeof(last), "Z warning test/0 %s four 4\n", id_format(&flow, id));
	CHECK(strstr(said, last));
	log_open("a-name-that-is-much-longer-than-any", LOG_LEVEL_DEBUG);
	listen_to(say_levels, NULL);
	CHECK(strstr(said, "Z debug a-name-that-is-much-lon"));
	CHECK(said[4] == '-' && said[7] == '-' && said[10] == 'T' && said[13] == ':' && said[19] == '.');
}

int
main(void)
{
	log_open("test/0", LOG_LEVEL_INFO);
	escapes();
	every_byte();
	too_long();
	levels();
	return check_end();
}
