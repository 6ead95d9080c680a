/*
 * skill_inside.c: run as a skill, it tries to get out.
 * `interlock run --skill NAME -- skill_inside [FOLDER…]`: exit 0 when every
 * attempt failed as it must, and none of the folders named can be entered.
 */
#include "skill_inside.h"

int
main(int argc, char **argv)
{
	unsigned int faults = inside_all();

	for (int i = 1; i < argc; i++)
		if (!inside_is_shut(argv[i])) {
			fprintf(stderr, "inside a skill: %s is open\n",
			    argv[i]);
			faults++;
		}
	printf("%u faults\n", faults);
	return faults != 0;
}
