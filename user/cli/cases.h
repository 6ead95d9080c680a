/*
 * cases.h: test cases of a policy, in YAML beside it (policy.test.yaml, or
 * the .yaml files of tests/ below the policy directory, or files named on the command line):
 *   version: 1
 *   cases:
 *     - skill: order-support
 *       target: shop
 *       sql: SELECT * FROM payments
 *       expect: allow            # allow, hold or deny
 *       rule: order-support rule 2    # optional: part of the deciding rule's name
 *       masked: [card]           # optional: exactly these columns are masked by name
 *     - skill: order-support
 *       target: web              # of HTTP
 *       request: POST /orders
 *       headers: ["Content-Type: application/json"]   # optional
 *       body: '{"amount": 5}'    # optional
 *       expect: hold
 */
#ifndef CLI_CASES_H
#define CLI_CASES_H

#include "base/instance.h"

struct rules;

/* Run the cases of `files` (none: those beside the policy). Prints what failed
 * and "N passed, N failed". Returns CLI_OK, CLI_NO or CLI_FAILED. */
int cases_run(const struct instance *, const struct rules *,
    const char *directory, const char *const *files, size_t count);

#endif
