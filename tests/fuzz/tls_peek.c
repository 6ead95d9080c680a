/*
 * tls_peek.c: the name in a ClientHello, read from bytes anybody may send.
 * The name lies in the input and is made of a host's letters; what is found in the
 * beginning is what is found in the whole, however much of it has come.
 */
#include "law.h"

#include "unwrap/tls.h"

#define CUTS 700	/* prefixes looked at: those of a usual hello */

static void
check_name(struct span in, struct span name)
{
	law(name.n > 0 && name.n <= 253, "a name has the length of a name");
	law(name.p >= in.p && name.p + name.n <= in.p + in.n, "containment");
	for (size_t i = 0; i < name.n; i++)
		law(name.p[i] > ' ' && name.p[i] < 0x7f && !strchr("/\\@:'\"%", name.p[i]),
		    "letters of a host");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n), name = { 0 };
	bool found = tls_peek_name(in, &name);

	if (found)
		check_name(in, name);
	else
		law(!name.p, "untouched where there is none");
	for (size_t cut = 0; cut < n && cut < CUTS; cut++) {
		struct span early = { 0 };

		if (tls_peek_name(span_head(in, cut), &early))
			law(found && span_equal(early, name), "prefix: found early, found the same");
	}
	return 0;
}
