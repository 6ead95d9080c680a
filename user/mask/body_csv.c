/*
 * body_csv.c: comma-separated values (RFC 4180), row by row. The first row has the names of
 * the columns; whichever of comma, semicolon and tab it has most of is between the values.
 * Readers must not differ on where a value ends, so this is strict: quotes stand around a
 * whole value or nowhere but within one, rows end with LF or CRLF, and no row has more
 * values than there are names. A changed value is quoted anew, and what would be null is
 * empty.
 */
#include "mask/body_value.h"

#include <stdlib.h>

#include "base/utf8.h"

#define COLUMNS_MOST 4096
#define NAMES_BYTES (64 * 1024)

struct column {
	uint32_t at, n;		/* its name, in csv.names */
	int hider;		/* the mask that names it; -1: none */
};

struct csv {
	struct body_value value;
	struct body_pieces pieces;
	bool is_quoted;		/* of the row under way, where scanning stopped */
	uint8_t delimiter;	/* 0: no row was read */
	size_t count;
	struct column *columns;	/* owned */
	uint64_t *place;	/* owned */
	struct out names, text, edited;
};

/* ---- rows --------------------------------------------------------------------------- */

/* The line feed that is in no quotes. A quote within quotes comes twice, so it leaves and enters. */
static size_t
end_row(void *state, struct span text, size_t *scanned, bool is_last)
{
	struct csv *csv = state;

	if (!*scanned)
		csv->is_quoted = false;
	for (size_t at = *scanned; at < text.n; at++) {
		if (text.p[at] == '"')
			csv->is_quoted = !csv->is_quoted;
		else if (text.p[at] == '\n' && !csv->is_quoted)
			return at + 1;
	}
	*scanned = text.n;
	return is_last && !csv->is_quoted ? text.n : 0;
}

static uint8_t
choose_delimiter(struct span row)
{
	static const uint8_t candidates[] = { ',', ';', '\t' };
	size_t counts[256] = { 0 };
	bool is_quoted = false;
	uint8_t best = ',';

	for (size_t i = 0; i < row.n; i++) {
		is_quoted ^= row.p[i] == '"';
		counts[row.p[i]] += !is_quoted;
	}
	for (size_t i = 0; i < COUNT(candidates); i++)
		if (counts[candidates[i]] > counts[best])
			best = candidates[i];
	return best;
}

struct cell {
	struct span raw;	/* with its quotes */
	bool is_quoted;
};

/* The next value of a row, and the delimiter behind it, if there is one. False: readers may differ on it. */
static bool
take_cell(struct span *row, uint8_t delimiter, struct cell *cell, bool *more)
{
	size_t n = 0;

	cell->is_quoted = row->n && row->p[0] == '"';
	if (cell->is_quoted) {
		for (n = 1; n < row->n; n++) {
			if (row->p[n] != '"')
				continue;
			if (n + 1 >= row->n || row->p[n + 1] != '"')
				break;
			n++;
		}
		n++;
		if (n > row->n || (n < row->n && row->p[n] != delimiter))
			return false;
	} else {
		while (n < row->n && row->p[n] != delimiter) {
			if (row->p[n] == '"' || row->p[n] == '\r')
				return false;
			n++;
		}
	}
	cell->raw = span_head(*row, n);
	*more = n < row->n;
	*row = span_skip(*row, n + *more);
	return true;
}

/* What a value is without its quotes. */
static struct span
read_cell(struct csv *csv, const struct cell *cell)
{
	struct span in = cell->raw;

	if (!cell->is_quoted)
		return in;
	in = span_of(in.p + 1, in.n - 2);
	if (!in.n || !memchr(in.p, '"', in.n))
		return in;
	out_clear(&csv->text);
	for (size_t i = 0; i < in.n; i++) {
		out_u8(&csv->text, in.p[i]);
		i += in.p[i] == '"';
	}
	return out_view(&csv->text);
}

static void
write_cell(const struct csv *csv, struct span text, bool is_quoted, struct out *out)
{
	for (size_t i = 0; i < text.n && !is_quoted; i++)
		is_quoted = text.p[i] == csv->delimiter || (text.p[i] && strchr("\"\r\n", text.p[i]));
	if (!is_quoted) {
		out_span(out, text);
		return;
	}
	out_u8(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			out_u8(out, '"');
		out_u8(out, text.p[i]);
	}
	out_u8(out, '"');
}

/* ---- the first row ------------------------------------------------------------------ */

static void
put_name(struct csv *csv, const struct cell *cell, struct out *out)
{
	const struct body_eyes *eyes = csv->value.eyes;
	struct column *column = &csv->columns[csv->count];
	struct span name = read_cell(csv, cell);

	*column = (struct column){ .at = (uint32_t)csv->names.n, .n = (uint32_t)name.n, .hider = -1 };
	out_span(&csv->names, name);
	if (eyes->names) {
		path_enter_key(&eyes->set->paths, csv->value.root, name, csv->place);
		column->hider = body_named(eyes, csv->place, -1);
	}
	out_clear(&csv->edited);
	if (body_value_look(&csv->value, name, &csv->edited))
		write_cell(csv, out_view(&csv->edited), cell->is_quoted, out);
	else
		out_span(out, cell->raw);
}

static void
put_text(struct csv *csv, size_t i, const struct cell *cell, struct out *out)
{
	const struct column *column = &csv->columns[i];
	struct span name = span_of(csv->names.p + column->at, column->n), text = read_cell(csv, cell);

	out_clear(&csv->edited);
	if (csv->value.eyes->names && text.n && strchr("{[ \t\r\n", text.p[0]))	/* it may be JSON */
		path_enter_key(&csv->value.eyes->set->paths, csv->value.root, name, csv->place);
	switch (body_value_edit(&csv->value, csv->place, column->hider, name, text, &csv->edited)) {
	case MASK_EDITED:
		write_cell(csv, csv->edited.failed ? SPAN(MASK_REDACTED) : out_view(&csv->edited), cell->is_quoted, out);
		break;
	case MASK_KEPT:
		out_span(out, cell->raw);
		break;
	case MASK_NULLED:
		break;
	}
}

/* ---- a row ----------------------------------------------------------------------------- */

static struct span
end_of(struct span row)
{
	size_t n = row.n && row.p[row.n - 1] == '\n';

	n += n && row.n > 1 && row.p[row.n - 2] == '\r';
	return span_skip(row, row.n - n);
}

static bool
put_cells(struct csv *csv, struct span row, struct out *out, const char **why)
{
	bool is_first = !csv->delimiter, more = true;

	if (is_first)
		csv->delimiter = choose_delimiter(row);
	for (size_t i = 0; more; i++) {
		struct cell cell;

		if (!take_cell(&row, csv->delimiter, &cell, &more)) {
			*why = "a value in a table has a quote or a line end where none may be";
			return false;
		}
		if (i == (is_first ? COLUMNS_MOST : csv->count)) {
			*why = "a row of a table has more values than there are columns";
			return false;
		}
		if (is_first) {
			put_name(csv, &cell, out);
			csv->count++;
		} else {
			put_text(csv, i, &cell, out);
		}
		if (more)
			out_u8(out, csv->delimiter);
	}
	return true;
}

static bool
put_row(void *state, struct span row, struct out *out, const char **why)
{
	struct csv *csv = state;
	struct span end;

	if (!csv->delimiter && row.n >= 3 && memcmp(row.p, "\xef\xbb\xbf", 3) == 0) {
		out_span(out, span_head(row, 3));
		row = span_skip(row, 3);
	}
	end = end_of(row);
	row.n -= end.n;
	if (!utf8_is_valid(row)) {
		*why = "a table is not UTF-8";
		return false;
	}
	if (row.n && !put_cells(csv, row, out, why))
		return false;
	out_span(out, end);
	if (csv->names.failed)
		*why = "the names of a table are too long";
	return !csv->names.failed;
}

static void
close_csv(void *state)
{
	struct csv *csv = state;

	body_value_close(&csv->value);
	body_pieces_close(&csv->pieces);
	out_free(&csv->names);
	out_free(&csv->text);
	out_free(&csv->edited);
	free(csv->place);
	free(csv->columns);
	free(csv);
}

static void *
open_csv(struct body_eyes *eyes)
{
	struct csv *csv = calloc(1, sizeof(*csv));

	if (!csv)
		return NULL;
	csv->pieces = body_pieces_new();
	csv->pieces.end = end_row;
	csv->pieces.put = put_row;
	csv->pieces.unended = "a table ends within quotes";
	csv->names = out_new(NAMES_BYTES);
	csv->text = out_new(BODY_HELD_MOST);
	csv->edited = out_new(8 * (size_t)BODY_HELD_MOST);
	csv->place = calloc(eyes->set->paths.words + 1, sizeof(*csv->place));
	csv->columns = calloc(COLUMNS_MOST, sizeof(*csv->columns));
	if (body_value_open(&csv->value, eyes) || !csv->place || !csv->columns) {
		close_csv(csv);
		return NULL;
	}
	return csv;
}

static bool
put_csv(void *state, struct span in, bool is_last, struct out *out, const char **why)
{
	struct csv *csv = state;

	return body_pieces_put(&csv->pieces, csv, in, is_last, out, why);
}

const struct body_form body_form_csv = { open_csv, put_csv, close_csv };
