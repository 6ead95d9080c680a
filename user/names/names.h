/*
 * names.h: the state of the resolver process and what its files offer each other.
 * How it hangs together: the loader's listeners (ear.c: datagrams, stream.c: TCP) bring
 * questions to answer.c, which looks them up in the policy's view and in what learn.c
 * keeps up of the targets whose addresses DNS has, and hands to tell.c what is to be
 * entered. ask.c puts questions of our own to real servers. serve.c hears the others.
 * Nothing that a skill asks is passed on: what goes out are the names of the policy.
 */
#ifndef NAMES_NAMES_H
#define NAMES_NAMES_H

#include <ares.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "base/clock.h"
#include "id.h"
#include "loop/loop.h"
#include "names/limit.h"
#include "span.h"
#include "who.h"

struct lookup;
struct out;
struct post;
struct scribe;
struct stream;
struct tells;
struct view_resolver;
struct view_target;

#define NAMES_TTL 60		/* s that a skill keeps what the policy says */
#define NAMES_TTL_LEAST 5	/* what DNS says is asked again after its time to live, within these */
#define NAMES_TTL_MOST 300
#define NAMES_GRACE_NS (30 * SECOND_NS)	/* an address stays the target's after nobody is told of it any more */
#define NAMES_STALE_NS (900 * SECOND_NS)	/* the last answer is good while no server answers */
#define NAMES_RETRY_NS (5 * SECOND_NS)	/* then they are asked again */
#define NAMES_KNOWN 16		/* addresses of one name and family */
#define NAMES_ANSWER 64		/* addresses of one answer */
#define NAMES_WANTED 64		/* names that the courier waits for at once */
#define NAMES_SOCKETS 64	/* of our own questions at once */
#define NAMES_STREAMS 64	/* TCP connections of one session */
#define NAMES_STREAM_NS (10 * SECOND_NS)	/* and how long one may say nothing */

/* Who asks: a session. Its listeners are in as many namespaces as it is in. */
struct asker {
	struct asker *next;
	struct names *names;
	struct who who;
	struct limit limit;
	struct ear *ears;
	struct stream *streams;
	unsigned int stream_count;
};

struct ear {
	struct ear *next;
	struct asker *asker;
	uint64_t netns;
	int fd;
	bool is_stream;
	struct watch *watch;
};

/* A socket of c-ares. */
struct ask_socket {
	struct names *names;
	int fd;			/* -1: free */
	struct watch *watch;
};

struct names {
	struct loop *loop;
	struct post *post;
	struct scribe *scribe;
	struct view_resolver *view, *offered;	/* in force; taken, not yet */
	struct asker *askers;
	struct lookup *lookups;
	struct timer sweep, start;
	uint64_t waited;			/* ns, before it was ready */
	ares_channel channel;
	struct ares_addr_port_node *system;	/* servers of /etc/resolv.conf */
	struct ask_socket sockets[NAMES_SOCKETS];
	struct timer patience;
	struct tells *tells;
	unsigned int wanted;			/* names the courier waits for */
};

/* ---- serve.c ------------------------------------------------------------------ */
/* Before the box: read the system's settings. 0 or -errno. */
int names_open(struct names *);
/* In the box: serve. The exit code. */
int names_serve(struct names *);
void names_close(struct names *);

/* ---- ear.c: who asks where ------------------------------------------------------ */
/* MSG_EAR and MSG_EAR_SHUT. False: bad body. ear_hear takes fd. */
bool ear_hear(struct names *, struct span body, int fd);
bool ear_hear_shut(struct names *, struct span body);
void ear_shut_all(struct names *);

/* ---- stream.c --------------------------------------------------------------------- */
/* Somebody waits at this TCP listener. */
void stream_accept(struct ear *);
/* End those that came by this listener; NULL: all of the session. */
void stream_end_all(struct asker *, const struct ear *);

/* ---- answer.c ---------------------------------------------------------------------- */
/* Write into `out` what is answered; nothing: silence. */
void answer_write(struct asker *, struct span question, bool is_stream, struct out *out);

/* ---- learn.c: what DNS says of targets ------------------------------------------------ */
/* Go over to the view in force; what is known of names in both stays. 0 or -ENOMEM. */
int learn_begin(struct names *);
/* Add what is known of a host to ips[], up to `most`. *ttl becomes less where it must; false: nothing
 * is known, because no server has answered. */
bool learn_find(const struct names *, const struct view_target *, const char *host,
    uint8_t (*ips)[16], size_t most, size_t *count, uint32_t *ttl);
/* Has every name been asked for, with or without an answer? */
bool learn_is_settled(const struct names *);
/* Tell the loader all again: a new one has begun. */
void learn_tell_all(struct names *);
void learn_end(struct names *);

/* ---- ask.c: questions of our own ---------------------------------------------------------- */
int ask_open(struct names *);
void ask_servers(struct names *);	/* those of the view in force */
/* fn is called once, perhaps before this returns. */
void ask(struct names *, const char *host, int type, ares_callback fn, void *arg);
void ask_give_up(struct names *);	/* all of them; each fn is told ARES_ECANCELLED */
void ask_close(struct names *);

/* ---- lookup.c: where a token endpoint is ---------------------------------------------------- */
/* MSG_LOOKUP. False: bad body. */
bool lookup_hear(struct names *, uint64_t id, struct span body);

/* ---- tell.c: what is entered ------------------------------------------------------------------ */
int tell_new(struct names *);
/* A question was refused. The same again within a second is counted. */
void tell_refused(const struct asker *, const char *name, const char *reason);
/* A name began to lead where it must not, or its server says that it is no more. */
void tell_alarm(struct names *, const struct view_target *, const char *host, const uint8_t *ip,
    const char *reason);
void tell_free(struct names *);

#endif
