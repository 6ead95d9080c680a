/*
 * fault.h: whose word is taken when one process says that another is at fault.
 * Who reads what strangers wrote may be taken over, and may then say anything. So a
 * worker's word counts against nobody, the grammar process' against workers only,
 * and only those who have a channel can have sent each other anything. Pure.
 */
#ifndef WARDEN_FAULT_H
#define WARDEN_FAULT_H

#include <stdbool.h>

/*
 * `by` says that `of` sent it what it must not; the warden says so of what it
 * received itself. False: `of` is not to be ended for that, but `by`.
 */
bool fault_is_believed(unsigned int by, unsigned int of);

#endif
