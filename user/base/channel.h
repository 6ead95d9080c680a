/*
 * channel.h: is a descriptor a channel between processes?
 * Channels have numbers (msg.h); where none was handed over, another may stand there.
 * syscalls: getsockopt
 */
#ifndef BASE_CHANNEL_H
#define BASE_CHANNEL_H

#include <stdbool.h>

bool channel_is(int fd);

#endif
