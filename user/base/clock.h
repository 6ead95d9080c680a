/* clock.h: the three clocks, in nanoseconds. For processes with a loop; pure folders get time as an argument. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_mono(void);	/* deadlines, and what bpf_ktime_get_ns() reads */
uint64_t clock_boot(void);	/* goes on in suspend; entries */
uint64_t clock_wall(void);	/* since 1970 */

/* Do nothing for so long, or until a signal. syscalls: clock_nanosleep */
void clock_rest(uint64_t ns);

#define SECOND_NS 1000000000ULL
#define MILLISECOND_NS 1000000ULL

#endif
