/*
 * account.c: the sums of account.h.
 * A flow's entries name its session, but for one that ended before it was known
 * whose it is: then its cgroup does. A flow that began and has no end is lost when
 * its worker has been ended or started since, which the warden enters; what went
 * over it after its last entry is told of by the kernel's sum alone.
 */
#include "cli/account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "entry.h"

#define PROCESSES_MOST 256
#define APART_NS (10 * SECOND_NS)	/* the end of a session may be entered before that of the worker which it lost */

struct open_flow {
	char id[ID_TEXT_SIZE];
	size_t session;
	uint64_t wall;
	char process[32];
};

/* When a process was last ended or started. */
struct process {
	char name[32];
	uint64_t wall;
};

struct accounts {
	struct account *accounts;
	size_t count, room;
	struct open_flow *flows;
	size_t flow_count, flow_room;
	struct process processes[PROCESSES_MOST];
	size_t process_count;
	uint64_t *losses;		/* when workers were ended or started, whichever they were */
	size_t loss_count, loss_room;
};

int
accounts_new(struct accounts **out)
{
	struct accounts *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	*out = a;
	return 0;
}

void
accounts_free(struct accounts **given)
{
	struct accounts *a = take(given);

	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++)
		free(a->accounts[i].skill);
	free(a->accounts);
	free(a->flows);
	free(a->losses);
	free(a);
}

static uint64_t
uint_of(struct span entry, enum entry_key key)
{
	uint64_t value;

	return entry_get_uint(entry, key, &value) ? value : 0;
}

/* A short text; empty when there is none or it does not fit. */
static void
text_of(struct span entry, enum entry_key key, char *text, size_t size)
{
	struct span value;

	text[0] = '\0';
	if (!entry_get_text(entry, key, &value) || value.n >= size)
		return;
	memcpy(text, value.p, value.n);
	text[value.n] = '\0';
}

/* Room for one more of `size` bytes each. */
static bool
grow(void **list, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 64;
	void *bigger;

	if (count < *room)
		return true;
	bigger = reallocarray(*list, more, size);
	if (!bigger)
		return false;
	*list = bigger;
	*room = more;
	return true;
}

/* ---- whose entry is it? ---------------------------------------------------- */

/* Sessions stand in the order of their first entry; most look for a late one. */
static struct account *
find(const struct accounts *a, const char *id, uint64_t cgroup)
{
	for (size_t i = a->count; i-- > 0;) {
		struct account *account = &a->accounts[i];

		if (*id ? strcmp(account->id, id) == 0 :
		    cgroup && account->cgroup == cgroup)
			return account;
	}
	return NULL;
}

/* NULL: of no session, or no memory (*failed). */
static struct account *
account_of(struct accounts *a, struct span entry, bool *failed)
{
	uint64_t cgroup = uint_of(entry, KEY_CGROUP);
	char id[ID_TEXT_SIZE];
	struct account *account;
	struct span skill;

	text_of(entry, KEY_SESSION, id, sizeof(id));
	account = find(a, id, cgroup);
	if (account || !*id)
		return account;
	if (!grow((void **)&a->accounts, a->count, &a->room, sizeof(*account))) {
		*failed = true;
		return NULL;
	}
	account = &a->accounts[a->count++];
	*account = (struct account){ .cgroup = cgroup,
		.begin = uint_of(entry, KEY_WALL) };
	memcpy(account->id, id, sizeof(id));
	if (entry_get_text(entry, KEY_SKILL, &skill))
		account->skill = strndup((const char *)skill.p, skill.n);
	return account;
}

/* ---- one entry ---------------------------------------------------------------- */

static void
take_end(struct account *account, struct span entry)
{
	uint64_t in;

	account->end = uint_of(entry, KEY_WALL);
	account->is_counted = entry_get_uint(entry, KEY_KERNEL_IN, &in);
	account->kernel = (struct account_sum){
		.flows = uint_of(entry, KEY_KERNEL_FLOWS), .in = in,
		.out = uint_of(entry, KEY_KERNEL_OUT),
		.refused = uint_of(entry, KEY_KERNEL_REFUSED),
	};
	account->open = uint_of(entry, KEY_KERNEL_OPEN);
}

static bool
take_flow(struct accounts *a, struct account *account, struct span entry)
{
	struct open_flow *flow;
	char id[ID_TEXT_SIZE];

	text_of(entry, KEY_FLOW, id, sizeof(id));
	if (!*id) {	/* refused before it was one, and closed */
		account->entered.flows++;
		return true;
	}
	for (size_t i = 0; i < a->flow_count; i++)
		if (strcmp(a->flows[i].id, id) == 0)
			return true;	/* begun, then refused */
	if (!grow((void **)&a->flows, a->flow_count, &a->flow_room, sizeof(*flow)))
		return false;
	flow = &a->flows[a->flow_count++];
	flow->session = (size_t)(account - a->accounts);
	flow->wall = uint_of(entry, KEY_WALL);
	memcpy(flow->id, id, sizeof(id));
	text_of(entry, KEY_PROCESS, flow->process, sizeof(flow->process));
	return true;
}

static void
take_flow_end(struct accounts *a, struct account *account, struct span entry)
{
	uint64_t in = uint_of(entry, KEY_BYTES_ASKED), kernel_in = in;
	uint64_t out = uint_of(entry, KEY_BYTES_OUT), kernel_out = out;
	char id[ID_TEXT_SIZE];

	text_of(entry, KEY_FLOW, id, sizeof(id));
	for (size_t i = 0; i < a->flow_count; i++)
		if (strcmp(a->flows[i].id, id) == 0) {
			a->flows[i] = a->flows[--a->flow_count];
			break;
		}
	account->entered.flows++;
	account->entered.in += in;
	account->entered.out += out;
	(void)entry_get_uint(entry, KEY_KERNEL_IN, &kernel_in);
	(void)entry_get_uint(entry, KEY_KERNEL_OUT, &kernel_out);
	account->differ += in != kernel_in || out != kernel_out;
}

/* False: no memory. */
static bool
take_loss(struct accounts *a, const char *name, uint64_t wall)
{
	if (strncmp(name, "worker/", 7) != 0)
		return true;
	if (!grow((void **)&a->losses, a->loss_count, &a->loss_room, sizeof(*a->losses)))
		return false;
	a->losses[a->loss_count++] = wall;
	return true;
}

static bool
take_process(struct accounts *a, struct span entry)
{
	char name[sizeof(a->processes[0].name)];
	size_t i = 0;

	text_of(entry, KEY_NAME, name, sizeof(name));
	while (i < a->process_count && strcmp(a->processes[i].name, name) != 0)
		i++;
	if (!*name || i == PROCESSES_MOST)
		return true;
	if (i == a->process_count) {
		memcpy(a->processes[i].name, name, sizeof(name));
		a->process_count++;
	}
	a->processes[i].wall = uint_of(entry, KEY_WALL);
	return take_loss(a, name, a->processes[i].wall);
}

bool
accounts_take(struct accounts *a, struct span entry)
{
	uint64_t kind = uint_of(entry, KEY_KIND);
	struct account *account;
	bool failed = false;

	if (kind == ENTRY_START || kind == ENTRY_STOP)
		return take_process(a, entry);
	account = account_of(a, entry, &failed);
	if (!account)
		return !failed;
	if (kind == ENTRY_ATTACH)
		account->cgroup = uint_of(entry, KEY_CGROUP);
	else if (kind == ENTRY_DETACH)
		take_end(account, entry);
	else if (kind == ENTRY_FLOW)
		return take_flow(a, account, entry);
	else if (kind == ENTRY_FLOW_END)
		take_flow_end(a, account, entry);
	else if (kind == ENTRY_REFUSED)
		account->entered.refused += uint_of(entry, KEY_COUNT);
	return true;
}

/* ---- adding up ------------------------------------------------------------------ */

/* Has that process, or all, been ended or started after `wall`? */
static bool
ended_since(const struct accounts *a, const char *process, uint64_t wall)
{
	for (size_t i = 0; i < a->process_count; i++)
		if (a->processes[i].wall > wall &&
		    (strcmp(a->processes[i].name, process) == 0 ||
		    strcmp(a->processes[i].name, "warden") == 0))
			return true;
	return false;
}

/* Did a worker end while the session was there? */
static bool
lost_a_worker(const struct accounts *a, const struct account *account)
{
	for (size_t i = 0; i < a->loss_count; i++)
		if (a->losses[i] > account->begin && a->losses[i] < account->end + APART_NS)
			return true;
	return false;
}

static bool
is_explained(const struct accounts *a, const struct account *account)
{
	const struct account_sum *kernel = &account->kernel;
	const struct account_sum *entered = &account->entered;

	if (account->differ || account->open ||
	    kernel->in < entered->in || kernel->out < entered->out)
		return false;
	/* a worker can end with flows that it did not know yet: the skill has got nothing from those */
	if (kernel->out == entered->out && lost_a_worker(a, account))
		return kernel->flows > entered->flows || kernel->in == entered->in;
	if (kernel->in == entered->in && kernel->out == entered->out)
		return kernel->flows <= entered->flows;
	/* what the skill got, it got from flows that ended with their worker; that may not have known all */
	return account->lost > 0 && kernel->flows > entered->flows;
}

static enum account_state
judge(const struct accounts *a, const struct account *account)
{
	const struct account_sum *kernel = &account->kernel;
	const struct account_sum *entered = &account->entered;

	if (!account->end)
		return ACCOUNT_OPEN;
	if (!account->is_counted)
		return ACCOUNT_UNCOUNTED;
	/* one that came in the moment of the end is entered, and counted nowhere */
	if (kernel->flows <= entered->flows && kernel->in == entered->in &&
	    kernel->out == entered->out && kernel->refused <= entered->refused &&
	    !account->open && !account->differ)
		return ACCOUNT_WHOLE;
	return is_explained(a, account) ? ACCOUNT_LOST : ACCOUNT_WRONG;
}

void
accounts_judge(struct accounts *a)
{
	for (size_t i = 0; i < a->flow_count; i++) {
		const struct open_flow *flow = &a->flows[i];

		if (ended_since(a, flow->process, flow->wall))
			a->accounts[flow->session].lost++;
	}
	for (size_t i = 0; i < a->count; i++)
		a->accounts[i].state = judge(a, &a->accounts[i]);
}

/* ---- asking ----------------------------------------------------------------------- */

const struct account *
accounts_next(const struct accounts *a, const struct account *account)
{
	account = account ? account + 1 : a->accounts;
	return account < a->accounts + a->count ? account : NULL;
}

const struct account *
accounts_find(const struct accounts *a, const char *id)
{
	return find(a, id, 0);
}

const char *
account_state_name(enum account_state state)
{
	static const char *const names[] = {
		[ACCOUNT_OPEN] = "open", [ACCOUNT_UNCOUNTED] = "uncounted",
		[ACCOUNT_WHOLE] = "whole", [ACCOUNT_LOST] = "lost",
		[ACCOUNT_WRONG] = "wrong",
	};

	return names[state];
}

void
account_say(const struct account *account, struct out *out)
{
	const struct account_sum *kernel = &account->kernel;
	const struct account_sum *entered = &account->entered;

	out_printf(out, "the kernel counted %llu connections, %llu bytes in and "
	    "%llu out; entries tell of %llu, %llu and %llu",
	    (unsigned long long)kernel->flows, (unsigned long long)kernel->in,
	    (unsigned long long)kernel->out, (unsigned long long)entered->flows,
	    (unsigned long long)entered->in, (unsigned long long)entered->out);
	if (account->lost)
		out_printf(out, "; ended with their worker: %llu",
		    (unsigned long long)account->lost);
	if (account->lost && kernel->flows > entered->flows + account->lost)
		out_printf(out, "; with it, if it had not yet known of them: %llu",
		    (unsigned long long)(kernel->flows - entered->flows - account->lost));
	if (account->open)
		out_printf(out, "; still open at its end: %llu",
		    (unsigned long long)account->open);
	if (account->differ)
		out_printf(out, "; whose own two counts differ: %llu",
		    (unsigned long long)account->differ);
	if (kernel->refused > entered->refused)
		out_printf(out, "; refusals without an entry: %llu",
		    (unsigned long long)(kernel->refused - entered->refused));
}
