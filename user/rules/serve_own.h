/* serve_own.h: the state of the policy process, shared by serve.c and command.c. */
#ifndef RULES_SERVE_OWN_H
#define RULES_SERVE_OWN_H

#include "loop/loop.h"
#include "msg.h"
#include "rules/bundle.h"
#include "rules/fault.h"
#include "rules/job.h"
#include "rules/serve.h"

struct post;
struct scribe;

/* What one process has been given. */
struct served {
	bool is_present;	/* it has asked since it was last started */
	bool is_waited;		/* it was offered `next` and has not answered */
	uint32_t refusal;	/* a worker or the resolver took `next` not, with this errno; 0: it did, or is waited for */
	bool is_swapping;	/* it was told to go over in a reload and has not said that it did */
	uint32_t epoch;		/* it was told to go over to; 0: none */
};

/* Who asked for a reload: a person through the broker, or a signal. */
struct asker {
	bool is_set, is_request;
	uint64_t id;		/* of MSG_DO */
	char person[64];
};

struct serve {
	const struct instance *instance;
	struct loop *loop;
	struct post *post;
	struct scribe *scribe;
	struct job *job;
	int directory_fd;
	struct bundle *in_force, *next;
	uint64_t since;		/* wall ns when in_force was put in force */
	uint32_t epoch;		/* newest ever */
	bool is_last;
	size_t errors;		/* of the files as last read */
	char refused[256];	/* why they are not in force; empty: they are */
	uint64_t refused_when;	/* wall ns */
	struct served served[SLOTS];
	bool is_swapping;	/* in force, and told; a reload that waits for all to say they did */
	struct timer deadline;
	struct asker asker;
	bool again;		/* a signal came while busy */
};

/* Begin to reload for `asker`. Returns 0, -EBUSY or -errno. */
int serve_reload(struct serve *, const struct asker *);
/* command.c */
bool command_hear(struct serve *, const struct msg_head *, struct span body);
/* Answer who asked, if a person did. `why` NULL: it was done. */
void command_answer(struct serve *, const struct asker *, const char *why,
    const struct faults *);
/* Entries and log lines about a policy. */
void tell_in_force(struct serve *, const char *person);
void tell_refused(struct serve *, const char *person, const char *why,
    const struct faults *);
void tell_alarm(struct serve *, const char *why);
/* In one line: the first fault with its place, or `why`. */
void tell_short(const char *why, const struct faults *, char *text, size_t size);

#endif
