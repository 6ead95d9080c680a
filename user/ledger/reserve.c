/*
 * reserve.c: room on the disk that is kept for when there is no other.
 * What was only handed is in nobody's file yet: asks of that kind have gone
 * upstream already. When the disk is full their entries get the reserve's room, and
 * whoever hands more is told to wait (keep_record.c). The file is empty or all
 * zeros, and no part of the log. A file system that cannot allocate has none.
 * syscalls(recorder): openat fallocate ftruncate close
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ledger/ledger_own.h"

#define RESERVE "reserve"
#define RESERVE_BYTES (32u << 20)

bool
ledger_reserve(struct ledger *ledger)
{
	if (ledger->has_reserve)
		return true;
	if (ledger->reserve < 0)
		ledger->reserve = openat(ledger->directory, RESERVE,
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (ledger->reserve < 0)
		return false;
	if (fallocate(ledger->reserve, 0, 0, RESERVE_BYTES) == 0 || errno == EOPNOTSUPP)
		ledger->has_reserve = true;
	else
		(void)!ftruncate(ledger->reserve, 0);	/* nothing by halves */
	return ledger->has_reserve;
}

bool
ledger_spend_reserve(struct ledger *ledger, int error)
{
	if ((error != -ENOSPC && error != -EDQUOT) || !ledger->has_reserve)
		return false;
	ledger->has_reserve = false;
	return ftruncate(ledger->reserve, 0) == 0;
}
