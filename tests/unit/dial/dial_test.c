/* A target is found by exact address and port, in either family, and by nothing near it. */
#include "dial/dial.h"

#include <sys/socket.h>

#include "check.h"
#include "view.h"

#define V4(a, b, c, d) { [10] = 0xff, [11] = 0xff, [12] = (a), [13] = (b), [14] = (c), [15] = (d) }

int
main(void)
{
	struct view_address first[] = { { V4(10, 0, 0, 5), 5432 }, { V4(10, 0, 0, 6), 5432 } };
	struct view_address second[] = { { { [0] = 0x20, [15] = 1 }, 5432 } };
	struct view_target targets[] = {
		{ .name = "a", .socket = "", .addresses = first, .address_count = 2 },
		{ .name = "b", .socket = "/s", .addresses = second, .address_count = 1 },
	};
	static const uint8_t other[16] = V4(10, 0, 0, 7);

	CHECK(dial_find(targets, 2, first[0].ip, 5432) == 0);
	CHECK(dial_find(targets, 2, first[1].ip, 5432) == 0);
	CHECK(dial_find(targets, 2, second[0].ip, 5432) == 1);
	CHECK(dial_find(targets, 2, first[0].ip, 5433) == UINT32_MAX);
	CHECK(dial_find(targets, 2, other, 5432) == UINT32_MAX);
	CHECK(dial_find(targets, 0, first[0].ip, 5432) == UINT32_MAX);
	CHECK(dial_family(first[0].ip) == AF_INET);
	CHECK(dial_family(second[0].ip) == AF_INET6);
	CHECK(!dial_is_asked(&targets[0]) && !dial_comes_connected(&targets[0]));
	CHECK(dial_is_asked(&targets[1]) && dial_comes_connected(&targets[1]));
	targets[0].from_skill = true;
	CHECK(dial_is_asked(&targets[0]) && !dial_comes_connected(&targets[0]));
	return check_end();
}
