/*
 * copy_binary.c: one row of COPY in binary format ("Binary Format" of COPY's page).
 * The first message begins with the file's header, and the file ends with a
 * count of -1, alone or right behind the header. A row is a count of fields, then
 * for each its length (-1: NULL) and bytes in the type's binary form.
 */
#include "wire/pg/pg.h"

#define SIGNATURE "PGCOPY\n\377\r\n"	/* and its NUL: 11 bytes */
#define EXTENSION_AT (sizeof(SIGNATURE) + 4)	/* behind the flags */

/* Bytes of the header where one is due; SIZE_MAX: there should be one and is not. */
static size_t
header_of(const struct pg_slot *slot, struct span row)
{
	uint32_t extension;

	if (slot->copy_began)
		return 0;
	if (row.n < EXTENSION_AT + 4 || memcmp(row.p, SIGNATURE, sizeof(SIGNATURE)) != 0)
		return SIZE_MAX;
	extension = span_be32(row, EXTENSION_AT);
	return extension > row.n - EXTENSION_AT - 4 ? SIZE_MAX : EXTENSION_AT + 4 + extension;
}

bool
pg_copy_ends_binary(const struct pg_slot *slot, struct span row)
{
	size_t header = header_of(slot, row);

	return header != SIZE_MAX && row.n - header == 2 && span_be16(row, header) == UINT16_MAX;
}

bool
pg_copy_split_binary(struct pg *pg, const struct pg_slot *slot, struct span row)
{
	size_t header = header_of(slot, row);
	struct span in = span_skip(row, header);
	uint16_t count;

	if (header == SIZE_MAX || !take_be16(&in, &count) || count != slot->copy_count)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct pg_raw *raw = &pg->raws[i];
		uint32_t n;

		*raw = (struct pg_raw){ .at = (size_t)(in.p - row.p) };
		if (!take_be32(&in, &n))
			return false;
		raw->is_null = n == UINT32_MAX;
		raw->value = span_of(in.p, 0);
		if (!raw->is_null && !take_bytes(&in, n, &raw->value))
			return false;
		raw->n = (size_t)(in.p - row.p) - raw->at;
		pg->fields[i] = (struct wire_field){
			.bytes = raw->value, .is_null = raw->is_null, .is_binary = true,
		};
	}
	return in.n == 0;
}

void
pg_copy_write_binary(const struct pg_slot *slot, const struct pg_raw *raw, const struct wire_field *field,
    struct out *out)
{
	(void)slot, (void)raw;
	if (field->is_null)
		out_be32(out, UINT32_MAX);
	else
		out_block(out, field->bytes);
}
