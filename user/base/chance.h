/*
 * chance.h: random numbers that make ids unlike others. Not for keys: what is in
 * stock stays in memory until it is used.
 * syscalls: getrandom
 */
#ifndef BASE_CHANCE_H
#define BASE_CHANCE_H

#include <stdint.h>

/* Without the kernel's help, a clock's low bits. */
uint32_t chance_take(void);

#endif
