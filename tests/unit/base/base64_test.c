/* Base 64: RFC 4648's vectors both ways, and nothing that has a second spelling. */
#include "base/base64.h"

#include "out.h"

#include "check.h"

static const struct {
	const char *name, *plain, *text;
} rows[] = {
	{ "f", "f", "Zg==" },
	{ "fo", "fo", "Zm8=" },
	{ "foo", "foo", "Zm9v" },
	{ "foob", "foob", "Zm9vYg==" },
	{ "fooba", "fooba", "Zm9vYmE=" },
	{ "foobar", "foobar", "Zm9vYmFy" },
	{ "both signs", "\xfb\xff\xbf", "+/+/" },
	{ "high", "\xff\xfe\xfd", "//79" },
};

static const char *const bad[] = {
	"", "Z", "Zg", "Zg=", "Zg=a", "=g==", "Z===", "====", "Zh==", "Zm9=",
	"Zm 8", "Zm8\n", "Zm9vZg", "Zg==Zg==", "Zm-_", "\xc3\xa9__",
};

int
main(void)
{
	uint8_t bytes[64];
	struct out text = out_new(64);
	size_t n;

	for (size_t i = 0; i < COUNT(rows); i++) {
		out_clear(&text);
		base64_write(&text, span_text(rows[i].plain));
		CHECK_ROW(rows[i].name, span_is(out_view(&text), rows[i].text));
		n = 0;
		CHECK_ROW(rows[i].name, base64_read(on_cliff(span_text(rows[i].text)),
		    bytes, sizeof(bytes), &n));
		CHECK_ROW(rows[i].name, span_is(span_of(bytes, n), rows[i].plain));
		CHECK_ROW(rows[i].name, !base64_read(span_text(rows[i].text), bytes,
		    strlen(rows[i].plain) - 1, &n));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		n = 77;
		CHECK_ROW(bad[i], !base64_read(on_cliff(span_text(bad[i])), bytes,
		    sizeof(bytes), &n));
		CHECK_ROW(bad[i], n == 77);
	}
	out_free(&text);
	return check_end();
}
