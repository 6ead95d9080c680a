/* ledger_account.h: the connections of a ledger, held against the kernel's count. */
#ifndef CLI_LEDGER_ACCOUNT_H
#define CLI_LEDGER_ACCOUNT_H

#include <stdbool.h>

struct out;

/*
 * Add up the ledger in `directory`, which has been verified, and write into *out
 * what is not accounted for and how many sessions are; with `json`, members of
 * an object that is begun. Returns CLI_OK, CLI_NO (something is missing and
 * nothing says why) or another, after saying why.
 */
int cli_account(int directory, struct out *, bool json);

#endif
