/*
 * ways.h: the ways round Interlock, tried for real.
 * One list (table.c) of attempts, each a function that tries and says what came of
 * it; whether anything arrived is not asked of it but of the backend, which counts.
 * The same list is gone through in three settings:
 *   control  by a process that is no skill: shows that a way is one
 *   run      in a skill started by `interlock run`
 *   attach   in a group taken in by `interlock attach`, in a network namespace with
 *            an uplink, as a user with CAP_NET_ADMIN and CAP_NET_RAW
 * The world around it is made by tests/play/bypass:
 *   far      a network namespace with the backend (far.c), at the end of `uplink`
 *   near     the namespace of control and attach, with a helper in it (near.c)
 *   folder   files of all sides: counters, sockets, fifos
 */
#ifndef WAYS_H
#define WAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define FAR4 "10.77.31.2"
#define FAR6 "fd77:31::2"
#define FAR_MAPPED "::ffff:10.77.31.2"
#define FAR_NAT64 "64:ff9b::10.77.31.2"	/* RFC 6052 */
#define FAR_6TO4 "2002:a4d:1f02::1"	/* RFC 3056 */
#define NEAR4 "10.77.31.1"
#define DOOR4 "127.73.76.1"		/* where the daemon listens */
#define FAR_PORT 7777
#define NEAR_PORT 7778			/* of the helper, on loopback */
#define UPLINK "uplink"
#define ABSTRACT "\0ilk-ways"		/* the helper's */
#define PROTOCOL_MULTIPATH 262		/* newer than the C library's headers */

enum setting { CONTROL, RUN, ATTACH, SETTINGS };

/* What came of it, beside an errno: */
enum {
	REACHED = 0,
	REDIRECTED = -1,	/* to the daemon, which answered */
	ENDED = -2,		/* the process was ended by a signal */
	SILENT = -3,		/* nothing said no, and nothing arrived */
	NOT_TRIED = -4,
	MADE = -5,		/* it got what it could go on from */
	/* what may be wanted only: */
	REFUSED = -6,		/* any errno */
	NOT_REACHED = -7,	/* anything but that */
	OUTSIDE = -8,		/* whatever comes of it: doctor says so */
};

struct way {
	int row;
	const char *way, *how;
	int (*fn)(void);
	struct {
		int want;
		const char *layer;	/* that closes it; of OUTSIDE: what doctor calls it */
	} at[SETTINGS];
};

extern const struct way ways[];
extern const size_t way_count;

/* What arrived, where: written by far.c and near.c, mapped by all. */
struct counters {
	volatile uint64_t frames;	/* at the backend, of any protocol but IPv6's own */
	volatile uint64_t bytes;	/* of payload in them */
	volatile uint64_t near;		/* connections and bytes at the helper */
};

struct world {
	enum setting setting;
	const char *folder;
	const char *cgroup2;		/* where it is mounted */
	uint16_t target;		/* 127.0.0.1, this port: a PostgreSQL that is one */
	struct counters *counters;
	/* made before it was in the group, or before that was a skill; -1: none */
	int early_tcp, early_udp;			/* not connected */
	int early_connected, early_datagrams;		/* to the backend */
	int own_connected;
};
extern struct world world;

/* ---- ways.c ---------------------------------------------------------------- */
/* A path in the folder; static. */
const char *in_folder(const char *name);
/* Ask the outside for something and wait until it is done. */
void ask(const char *what, long number);

/* ---- dial.c: connect and say something --------------------------------------- */
socklen_t address_of(struct sockaddr_storage *out, const char *ip, uint16_t port);
int say_on(int fd);
int dial_on(int fd, const char *ip, uint16_t port);
int dial(const char *ip, uint16_t port);
/* Connect to the target at that address: REDIRECTED when the daemon answers. */
int dial_target(const char *ip);
int dial_target_on(int fd, const char *ip);

/* ---- far.c, near.c: the other ends ---------------------------------------------- */
int far_serve(const char *folder);
int near_serve(const char *folder, unsigned int uid);

/* ---- hold.c: what attach and run must not take over ------------------------------ */
/* Hold something of that kind in a group until killed. */
int hold(const char *kind, const char *group);
/* Execute a command with something of that kind as its standard input. */
int pass(const char *kind, char **command);
/* As root: a program below ours that allows everything; until killed. */
int undeny(const char *group);
/* As root: fill the pinned map, wait for a line on standard input, empty it. */
int fill(const char *pin);

/* ---- the attempts, by subject ---------------------------------------------------- */
/* addresses.c */
int try_tcp4(void), try_tcp6(void), try_mapped(void), try_nat64(void), try_6to4(void),
    try_any4(void), try_any6(void), try_any_target(void), try_mapped_target(void),
    try_nat64_target(void), try_6to4_target(void),
    try_target(void), try_fast_open(void), try_fast_open_connect(void),
    try_fast_open_target(void), try_again(void), try_unspecified(void), try_door(void),
    try_door_mapped(void), try_squat(void), try_syscall(void), try_proxy(void),
    try_half_close(void), try_loopback(void);
/* datagrams.c */
int try_udp(void), try_udp6(void), try_udp_mapped(void), try_udp_connected(void),
    try_quic(void), try_dns(void), try_lite(void), try_fragments(void), try_ping(void),
    try_kinds(void), try_multipath(void);
/* packets.c */
int try_raw(void), try_packet(void), try_xdp(void), try_vsock(void), try_families(void),
    try_netlink(void), try_dnat(void), try_source_route(void), try_route(void),
    try_device(void), try_mirror(void), try_tun(void), try_reverse(void),
    try_reverse_unbound(void), try_stray(void);
/* past.c */
int try_early_tcp(void), try_early_udp(void), try_early_connected(void),
    try_early_datagrams(void), try_own_connected(void), try_handed(void),
    try_handed_connected(void), try_left(void), try_below(void), try_move(void),
    try_subgroup(void), try_remove(void);
/* rights.c */
int try_ring(void), try_polled_ring(void), try_bpf(void), try_undeny(void), try_x32(void),
    try_i386(void), try_stranger(void), try_unshare(void), try_unshare_target(void),
    try_setns(void);
/* files.c */
int try_docker(void), try_relative(void), try_symlink(void), try_by_descriptor(void),
    try_postgresql(void), try_datagram(void), try_datagram_connected(void),
    try_abstract(void), try_bus(void), try_fifo(void);

#endif
