/* speech: what the processes of this build say in the head of a message, for who speaks in one's place. */
#include <inttypes.h>
#include <stdio.h>

#include "msg.h"

int
main(void)
{
	printf("%" PRIu64 "\n", msg_speech());
	return 0;
}
