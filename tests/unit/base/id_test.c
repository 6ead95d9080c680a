/* Ids survive their text form, sort by time, and are read exactly or not at all. */
#include "check.h"
#include "id.h"

static void
text_and_back(void)
{
	for (unsigned int kind = ID_NODE; kind < ID_KINDS; kind++) {
		struct id id = id_make((enum id_kind)kind, 9, 1795000000000ULL + kind, 0x7abcdef), back;
		char text[ID_TEXT_SIZE];

		CHECK(strlen(id_format(&id, text)) == ID_TEXT_SIZE - 1);
		CHECK(id_parse(on_cliff(span_text(text)), &back));
		CHECK(id_equal(&id, &back));
	}
}

static void
later_sorts_behind(void)
{
	char a[ID_TEXT_SIZE], b[ID_TEXT_SIZE];
	struct id early = id_make(ID_FLOW, 63, 1795000000000ULL, ~0u);
	struct id late = id_make(ID_FLOW, 0, 1795000000001ULL, 0);

	CHECK(strcmp(id_format(&early, a), id_format(&late, b)) < 0);
}

static const char *const bad[] = {
	"", "ref", "ref-", "ref-00f3k9zt2c8a4r", "ref-00f3k9zt2c8a4r77",
	"ref_00f3k9zt2c8a4r7", "xxx-00f3k9zt2c8a4r7", "ref-00f3k9zt2c8a4ri",
	"ref-00F3K9ZT2C8A4R7", "non-00f3k9zt2c8a4r7", "ref-00f3k9zt2c8a4r ",
};

int
main(void)
{
	struct id id;

	text_and_back();
	later_sorts_behind();
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK_ROW(bad[i], !id_parse(on_cliff(span_text(bad[i])), &id));
	CHECK(id_parse(SPAN("ref-00f3k9zt2c8a4r7"), &id) && id.kind == ID_REFUSAL);
	return check_end();
}
