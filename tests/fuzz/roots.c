/*
 * roots.c: bundles of authorities, in whatever form a container may have them.
 * What could be added to once can be added to again, and grows by as much.
 */
#include "law.h"

#include "out.h"
#include "roots/roots.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct roots_node node = { SPAN("-----BEGIN CERTIFICATE-----\nMAA=\n"
	    "-----END CERTIFICATE-----\n"), SPAN("\x30\0") };
	struct out first = out_new(1 << 20), second = out_new(1 << 20);
	uint8_t der[64];
	size_t size = 0;

	if (roots_add(span_of(p, n), &node, &first)) {
		law(roots_add(out_view(&first), &node, &second), "added to once, added to again");
		law(second.n > first.n && second.n - first.n <= 256, "it grows by one certificate");
		law(!roots_is_jks(span_of(p, n)) || first.n - n == second.n - first.n, "each time by as much");
	}
	if (roots_der(span_of(p, n), der, sizeof(der), &size))
		law(size <= sizeof(der), "within its room");
	out_free(&first);
	out_free(&second);
	return 0;
}
