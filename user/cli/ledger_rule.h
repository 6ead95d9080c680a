/* ledger_rule.h: the rule that decided, and the rule that would decide otherwise. For `why`. */
#ifndef CLI_LEDGER_RULE_H
#define CLI_LEDGER_RULE_H

#include <stdbool.h>

#include "base/instance.h"
#include "out.h"
#include "span.h"

/* Show the lines of the rule that the entry names. False: it names none. */
bool rule_put_source(struct out *, const struct instance *, struct span entry);
/* Write the rules, as policy has them, that allow exactly the entry's acts. */
void rule_put_allow(struct out *, struct span entry);

#endif
