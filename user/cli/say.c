/* say.c: printing without believing what is printed. */
#include "cli/say.h"

#include <string.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/client.h"

/* The code point of the `n` bytes of UTF-8 at `p`. */
static unsigned int
code_of(const uint8_t *p, size_t n)
{
	unsigned int code = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

/* C0 and C1, and what Unicode Technical Report 36 warns of: bidirectional and invisible marks. */
static bool
is_unsafe(unsigned int code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad ||
	    (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	    (code >= 0xe0000 && code <= 0xe007f);
}

void
say_text(FILE *f, const char *text, bool has_lines)
{
	struct span in = span_text(text);

	while (in.n) {
		size_t n = utf8_length(in);
		unsigned int code = n ? code_of(in.p, n) : 0;

		if (n == 0) {
			fprintf(f, "\\x%02x", in.p[0]);
			n = 1;
		} else if (is_unsafe(code) && !(has_lines && (code == '\n' || code == '\t'))) {
			fprintf(f, "\\u{%x}", code);
		} else {
			fwrite(in.p, 1, n, f);
		}
		in = span_skip(in, n);
	}
}

const char *
say_member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

void
say_line(const char *name, const char *value)
{
	if (!*value)
		return;
	printf("%-12s ", name);
	say_text(stdout, value, false);
	putchar('\n');
}

void
say_json(const json_t *json)
{
	json_dumpf(json, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	fflush(stdout);
}

int
say_usage(const char *usage)
{
	client_complain("usage: interlock %s", usage);
	return CLI_USAGE;
}
