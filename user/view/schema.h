/*
 * schema.h: looking things up in a descriptor set, as a view has it (struct view_schema).
 * What a view was read from is checked there: numbers and names ascend, types are in range. Pure.
 */
#ifndef VIEW_SCHEMA_H
#define VIEW_SCHEMA_H

#include "base/protobuf.h"
#include "span.h"
#include "view.h"

/* NULL: there is none of that name, or number. */
const struct view_method *schema_method(const struct view_schema *, struct span name);
const struct view_message *schema_message(const struct view_schema *, struct span name);
const struct view_proto_field *schema_field(const struct view_message *, uint32_t number);
/* What a value of an enum is called (the first of several names); empty: it has no name. */
struct span schema_value(const struct view_enum *, uint64_t number);

/* What a field's values look like where they stand alone. */
enum protobuf_wire schema_wire(enum view_proto);
/* Does the field have that form: its own, or of a list of numbers packed? */
bool schema_fits(const struct view_proto_field *, enum protobuf_wire, bool *is_packed);
/* Is it a list of pairs, whose entry is a message of its own? */
bool schema_is_map(const struct view_schema *, const struct view_proto_field *);
/* The message of a field that is one, else NULL. */
const struct view_message *schema_inner(const struct view_schema *, const struct view_proto_field *);
/* google.protobuf.Any: a message whose type stands beside it. */
bool schema_is_any(const struct view_message *);
/* What is in an Any. False: the set does not have its type, or it is no Any that every reader takes alike. */
bool schema_read_any(const struct view_schema *, struct span any, const struct view_message **, struct span *content);

/* A number of a field as people write it: its type's sign and point, true and false; an enum's by its name. */
void schema_write_number(const struct view_schema *, const struct view_proto_field *, uint64_t value, struct out *);
/* The next number of packed ones, cut off *in. False: there is none whole. */
bool schema_take_packed(enum view_proto, struct span *in, uint64_t *value);

/* Is all of it in order and in range? */
bool schema_is_right(const struct view_schema *);

#endif
