/* function.h: what a function of PostgreSQL itself does. Pure, constant. */
#ifndef FACTS_SQL_FUNCTION_H
#define FACTS_SQL_FUNCTION_H

#include "action.h"
#include "span.h"

enum function_class {
	FUNCTION_HARMLESS,	/* gives a value, leaves nothing behind */
	FUNCTION_SESSION,
	FUNCTION_CALL,
	FUNCTION_UPDATE,
	FUNCTION_EXPORT,
	FUNCTION_UNKNOWN,
	FUNCTION_CLASSES
};

struct function_effect {
	const char *name;
	enum function_class class;
};

extern const struct function_effect function_table[];
extern const unsigned int function_table_count;

/* Is it of PostgreSQL itself? Unqualified names are; whether another one is in front is the catalogue's to tell. */
bool function_is_builtin(struct span schema, struct span name);
/* The class of a function; UNKNOWN when it is none of PostgreSQL's own. */
enum function_class function_find(struct span schema, struct span name);
/* The effect a class has; harmless ones have none and give EFFECTS. */
enum effect function_effect_of(enum function_class);

#endif
