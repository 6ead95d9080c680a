/*
 * view.c: packed policies, of each of the five kinds (the first byte chooses).
 * Refused, or read whole: packed again it is the same bytes.
 */
#include "law.h"

#include "out.h"
#include "view.h"

#define KIND(name) \
static int \
read_##name(struct span in, struct out *again) \
{ \
	struct view_##name *view = NULL; \
	int status = view_##name##_read(&view, in); \
\
	law((status == 0) == (view != NULL), "untouched on failure"); \
	if (view) \
		view_##name##_pack(view, again); \
	view_free(view); \
	return status; \
}

KIND(worker)
KIND(loader)
KIND(keeper)
KIND(broker)
KIND(recorder)

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static int (*const kinds[])(struct span, struct out *) = {
		read_worker, read_loader, read_keeper, read_broker, read_recorder,
	};
	struct span in = span_of(p, n);
	struct out again = out_new(16u << 20);
	uint8_t kind;

	if (take_u8(&in, &kind) && kinds[kind % COUNT(kinds)](in, &again) == 0)
		law(span_equal(in, out_view(&again)), "read whole: packed again, it is the same");
	out_free(&again);
	return 0;
}
