/*
 * say.h: what the command prints.
 * Text that came from a skill may hold anything: control characters and marks
 * that turn the direction of writing are printed as \u{N}, so that a statement
 * cannot draw a different one on an approver's terminal.
 */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* A text; line ends stay when `has_lines`. */
void say_text(FILE *, const char *text, bool has_lines);
/* A member of an object as text; "" if there is none. */
const char *say_member(const json_t *object, const char *name);
/* "name  value", when the value is not empty. */
void say_line(const char *name, const char *value);
/* One JSON document on a line. */
void say_json(const json_t *);
/* Say how the verb is used; gives CLI_USAGE. */
int say_usage(const char *usage);

#endif
