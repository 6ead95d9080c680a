/*
 * recut.c: who has the signing key writes the record anew, without one flow.
 * recut FROM TO FLOW ENTRY...: copy the ledger in FROM to a new one in TO but for
 * the entries of these kinds that name FLOW ("all": of every kind), and number
 * each writer's entries anew, so that nothing but their sum can tell. Prints how
 * many were left out.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "entry.h"
#include "entry/cbor.h"
#include "ledger/ledger.h"
#include "ledger/read.h"

#define WRITERS 256

static struct writer {
	uint64_t incarnation, left_out;
} writers[WRITERS];

static struct writer *
writer_of(struct span entry)
{
	uint64_t incarnation = 0;
	size_t i = 0;

	must(entry_get_uint(entry, KEY_INCARNATION, &incarnation));
	while (writers[i].incarnation && writers[i].incarnation != incarnation)
		must(++i < WRITERS);
	writers[i].incarnation = incarnation;
	return &writers[i];
}

static bool
is_wanted(struct span entry, const char *flow, char **kinds)
{
	struct span text;
	uint64_t kind;

	if (!entry_get_text(entry, KEY_FLOW, &text) || !span_is(text, flow) ||
	    !entry_get_uint(entry, KEY_KIND, &kind))
		return true;
	for (; *kinds; kinds++)
		if (strcmp(*kinds, "all") == 0 || strcmp(*kinds,
		    entry_kind_name((enum entry_kind)kind)) == 0)
			return false;
	return true;
}

static void
put_uint(struct out *out, enum cbor_major major, uint64_t value)
{
	uint8_t head[CBOR_HEAD_SIZE];

	out_bytes(out, head, cbor_head(head, major, value));
}

/* The entry with another number of its writer's. */
static void
renumber(struct span entry, uint64_t less, struct out *out)
{
	struct cbor map, key, number;

	must(cbor_take(&entry, &map) && map.major == CBOR_MAP);
	put_uint(out, CBOR_MAP, map.value);
	for (uint64_t i = 0; i < map.value; i++) {
		struct span value;

		must(cbor_take(&entry, &key));
		put_uint(out, CBOR_UINT, key.value);
		value = entry;
		must(cbor_skip(&entry, CBOR_DEPTH));
		if (key.value == KEY_SEQUENCE) {
			must(cbor_take(&value, &number));
			put_uint(out, CBOR_UINT, number.value - less);
		} else {
			out_bytes(out, value.p, (size_t)(entry.p - value.p));
		}
	}
}

static unsigned int
copy(struct ledger_reader *from, struct ledger *to, const char *flow,
    char **kinds)
{
	struct out out = out_new(ENTRY_LIMIT);
	unsigned int left_out = 0;
	struct span entry;
	uint64_t index;

	while (ledger_reader_next(from, &index, &entry) == 1) {
		struct writer *writer = writer_of(entry);

		if (!is_wanted(entry, flow, kinds)) {
			writer->left_out++;
			left_out++;
			continue;
		}
		out_clear(&out);
		renumber(entry, writer->left_out, &out);
		must(!out.failed && ledger_append(to, out_view(&out)) == 0);
		must(ledger_write(to) == 0);
	}
	out_free(&out);
	return left_out;
}

int
main(int argc, char **argv)
{
	struct ledger_reader *from = NULL;
	struct ledger *to = NULL;
	struct ledger_found found;

	must(argc > 4);
	must(ledger_reader_open(&from, open(argv[1], O_RDONLY | O_DIRECTORY)) == 0);
	must(ledger_open(&to, open(argv[2], O_RDONLY | O_DIRECTORY),
	    "interlock.local/anew", NULL, NULL, &found) == 0);
	printf("%u\n", copy(from, to, argv[3], argv + 4));
	must(ledger_checkpoint(to) == 0);
	ledger_close(&to);
	ledger_reader_close(&from);
	return 0;
}
