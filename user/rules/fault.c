/*
 * fault.c: keeps the faults of one pass over a policy. When the list is full a
 * fault takes the place of a warning, so that warnings never hide a fault.
 */
#include "rules/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fault *
fault_room(struct faults *faults, bool is_warning)
{
	if (faults->count < FAULTS_MAX)
		return &faults->v[faults->count++];
	faults->left_out++;
	for (size_t i = FAULTS_MAX; !is_warning && i > 0; i--) {
		if (faults->v[i - 1].is_warning)
			return &faults->v[i - 1];
	}
	return NULL;
}

/* Told before: the same thing seen on another way. */
static bool
is_known(const struct faults *faults, const struct fault *fault)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *other = &faults->v[i];

		if (other->line == fault->line &&
		    other->column == fault->column &&
		    strcmp(other->text, fault->text) == 0 &&
		    strcmp(other->file, fault->file) == 0)
			return true;
	}
	return false;
}

static void
fault_put(struct faults *faults, struct place place, bool is_warning,
    const char *format, va_list arguments)
{
	struct fault fault = {
		.line = place.line, .column = place.column,
		.is_warning = is_warning,
	};
	struct fault *room;

	snprintf(fault.file, sizeof(fault.file), "%s",
	    place.file ? place.file : "policy");
	vsnprintf(fault.text, sizeof(fault.text), format, arguments);
	if (is_known(faults, &fault))
		return;
	if (!is_warning)
		faults->errors++;
	room = fault_room(faults, is_warning);
	if (room)
		*room = fault;
}

void
fault_add(struct faults *faults, struct place place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fault_put(faults, place, false, format, arguments);
	va_end(arguments);
}

void
fault_warn(struct faults *faults, struct place place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fault_put(faults, place, true, format, arguments);
	va_end(arguments);
}

static int
fault_compare(const void *left, const void *right)
{
	const struct fault *a = left, *b = right;
	int files = strcmp(a->file, b->file);

	if (files)
		return files;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return strcmp(a->text, b->text);
}

void
fault_sort(struct faults *faults)
{
	qsort(faults->v, faults->count, sizeof(faults->v[0]), fault_compare);
}

const struct fault *
fault_first(const struct faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		if (!faults->v[i].is_warning)
			return &faults->v[i];
	}
	return NULL;
}
