/* show_judged.h: what `policy explain` says of one statement, for people and as JSON. */
#ifndef CLI_SHOW_JUDGED_H
#define CLI_SHOW_JUDGED_H

#include "cli/judge.h"

void show_judged(const struct rules *, const struct judged *, bool as_json);

#endif
