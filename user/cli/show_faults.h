/* show_faults.h: faults of a policy for people (file:line:column: text) and scripts (JSON). */
#ifndef CLI_SHOW_FAULTS_H
#define CLI_SHOW_FAULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "rules/fault.h"

void show_faults(const struct faults *, FILE *to, bool with_warnings);
/* An array of {"file","line","column","warning","fault"}. */
json_t *show_faults_json(const struct faults *);

#endif
