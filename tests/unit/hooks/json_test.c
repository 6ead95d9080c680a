/* json_test.c: whatever a path holds, a JSON string stays one. */
#include "hooks/json.h"

#include "check.h"

static const struct {
	const char *in, *out;
} rows[] = {
	{ "", "\"\"" },
	{ "/sys/fs/bpf", "\"/sys/fs/bpf\"" },
	{ "a\"b", "\"a\\\"b\"" },
	{ "a\\b", "\"a\\\\b\"" },
	{ "a\nb\tc", "\"a\\u000ab\\u0009c\"" },
	{ "\x7f", "\"\\u007f\"" },
	{ "\xff", "\"\\u00ff\"" },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = NULL;
		size_t size;
		FILE *to = open_memstream(&text, &size);

		hooks_json_string(to, rows[i].in);
		fclose(to);
		CHECK_ROW(rows[i].in, !strcmp(text, rows[i].out));
		free(text);
	}
	return check_end();
}
