/*
 * serve.c: gives every process its view, and swaps all of them at once.
 * A process that starts asks; it is offered what is in force, and told to go
 * over to it once it has taken it. A reload compiles in a thread (job.c), offers
 * the result to every process that is present, and only when all have taken it
 * tells all to swap: the keeper first, since workers then ask it for mask keys,
 * the workers last. One that refuses or is silent for PATIENCE ends the reload,
 * and nothing has changed: an offer that is never swapped is forgotten with the
 * next one. But a worker, or the resolver, may be somebody else's by now, so one that
 * does not take what another worker took, or does not go over to it, is ended in place
 * of the reload. Whoever asked for the reload is answered when all have gone over: then
 * nothing is judged by the old policy any more. A process that asks meanwhile is
 * served when the reload has ended.
 */
#include "rules/serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "msg/post.h"
#include "rules/serve_own.h"

#define PATIENCE (5 * SECOND_NS)

/* Who reads what strangers send, and so may be somebody else's: the resolver, and the
 * workers, which come after it. */
#define FIRST_STRANGER SLOT_RESOLVER

static const char too_slow[] = "did not answer in time";

static int
offer(struct serve *serve, unsigned int slot, const struct bundle *bundle)
{
	const struct out *view = &bundle->views[bundle_view_of(slot)];
	int status = post_send(serve->post, slot, MSG_VIEW_OFFER, 0,
	    out_view(view), -1);

	if (status < 0)
		log_error("no policy could be offered to %s: %s",
		    msg_slot_name(slot), strerror(-status));
	return status;
}

static void
swap(struct serve *serve, unsigned int slot, uint32_t epoch)
{
	struct out body cleanup(out_free) = out_new(4);

	out_be32(&body, epoch);
	if (post_send(serve->post, slot, MSG_VIEW_SWAP, 0, out_view(&body),
	    -1) < 0)
		log_error("%s could not be told to swap", msg_slot_name(slot));
	else
		serve->served[slot] = (struct served){
			.is_present = true, .epoch = epoch,
			.is_swapping = serve->is_swapping,
		};
}

/* After a reload: who does not have what is in force is offered it. */
static void
settle(struct serve *serve)
{
	for (unsigned int slot = 0; serve->in_force && slot < SLOTS; slot++) {
		struct served *served = &serve->served[slot];

		served->is_waited = served->is_swapping = false;
		served->refusal = 0;
		if (served->is_present &&
		    served->epoch != serve->in_force->epoch)
			(void)offer(serve, slot, serve->in_force);
	}
	if (serve->again) {
		struct asker asker = { .is_set = true, .person = "signal" };

		serve->again = false;
		(void)serve_reload(serve, &asker);
	}
}

/* For `status`, until files are in force again. */
static void
note_refused(struct serve *serve, const char *why, const struct faults *faults)
{
	tell_short(why, faults, serve->refused, sizeof(serve->refused));
	serve->refused_when = clock_wall();
}

static void
refuse(struct serve *serve, const char *why, const struct faults *faults)
{
	struct asker asker = serve->asker;

	serve->asker = (struct asker){ 0 };
	loop_unset(serve->loop, &serve->deadline);
	bundle_free(&serve->next);
	note_refused(serve, why, faults);
	tell_refused(serve, asker.person, why, faults);
	command_answer(serve, &asker, why, faults);
	settle(serve);
}

/* The reload has ended. `why`: the policy is in force, but not quite. */
static void
finish(struct serve *serve, const char *why)
{
	struct asker asker = serve->asker;

	loop_unset(serve->loop, &serve->deadline);
	serve->asker = (struct asker){ 0 };
	serve->is_swapping = false;
	if (why)
		tell_alarm(serve, why);
	command_answer(serve, &asker, why, NULL);
	settle(serve);
}

static void
finish_when_swapped(struct serve *serve)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (serve->served[slot].is_swapping)
			return;
	if (serve->is_swapping)
		finish(serve, NULL);
}

/* Have the warden end one of them, whose next run asks for what is then in force. */
static void
end_stranger(struct serve *serve, unsigned int slot, uint16_t type)
{
	uint8_t body[3] = { (uint8_t)slot, (uint8_t)(type >> 8), (uint8_t)type };

	serve->served[slot] = (struct served){ 0 };
	if (post_send(serve->post, SLOT_WARDEN, MSG_SENDER_FAULT, 0,
	    span_of(body, sizeof(body)), -1) < 0)
		log_error("%s could not be ended", msg_slot_name(slot));
}

static void
swap_late(void *arg)
{
	struct serve *serve = arg;
	char why[160] = "";

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		if (!serve->served[slot].is_swapping)
			continue;
		if (!*why)
			snprintf(why, sizeof(why), "the policy is in force, but %s "
			    "has not said that it goes by it", msg_slot_name(slot));
		if (slot >= FIRST_STRANGER)
			end_stranger(serve, slot, MSG_VIEW_SWAPPED);
	}
	finish(serve, *why ? why : NULL);
}

static void
commit(struct serve *serve)
{
	/* keeper, broker, recorder, loader, resolver, then the workers */
	static const unsigned int first[] = {
		SLOT_KEEPER, SLOT_BROKER, SLOT_RECORDER, SLOT_LOADER, SLOT_RESOLVER,
	};
	int status;

	loop_unset(serve->loop, &serve->deadline);
	bundle_free(&serve->in_force);
	serve->in_force = take(&serve->next);
	serve->epoch = serve->in_force->epoch;
	serve->since = clock_wall();
	serve->is_last = false;
	serve->refused[0] = '\0';
	serve->errors = 0;
	serve->is_swapping = true;
	for (size_t i = 0; i < COUNT(first); i++) {
		if (serve->served[first[i]].is_present)
			swap(serve, first[i], serve->epoch);
	}
	for (unsigned int slot = SLOT_WORKER; msg_is_worker(slot); slot++) {
		if (serve->served[slot].is_present)
			swap(serve, slot, serve->epoch);
	}
	status = bundle_write(serve->in_force, serve->directory_fd);
	if (status < 0)
		log_warning("the policy in force could not be kept: %s",
		    strerror(-status));
	tell_in_force(serve, serve->asker.person);
	if (loop_set(serve->loop, &serve->deadline, PATIENCE, swap_late, serve) < 0)
		log_error("no memory to wait for the swap");
	finish_when_swapped(serve);
}

static bool
is_waiting(const struct serve *serve)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		if (serve->served[slot].is_waited)
			return true;
	}
	return false;
}

static void
say_refusal(struct serve *serve, unsigned int slot, const char *what)
{
	char why[160];

	snprintf(why, sizeof(why), "%s %.100s; nothing was changed",
	    msg_slot_name(slot), what);
	refuse(serve, why, NULL);
}

/* Has another worker taken it? Then who has not is alone with that. */
static bool
is_alone(const struct serve *serve)
{
	for (unsigned int slot = SLOT_WORKER; msg_is_worker(slot); slot++) {
		const struct served *served = &serve->served[slot];

		if (served->is_present && !served->is_waited && !served->refusal)
			return true;
	}
	return false;
}

/* All have answered, or have had their time: all go over, or nobody. */
static void
decide(struct serve *serve)
{
	bool alone = is_alone(serve);
	char why[160];

	for (unsigned int slot = FIRST_STRANGER; slot < SLOTS; slot++) {
		uint32_t refusal = serve->served[slot].refusal;

		serve->served[slot].refusal = 0;
		if (!refusal)
			continue;
		if (!alone) {
			snprintf(why, sizeof(why), "refused it (%s)",
			    strerror((int)(refusal & 0xfff)));
			say_refusal(serve, slot, refusal == ETIMEDOUT ? too_slow : why);
			return;
		}
		snprintf(why, sizeof(why), "%s alone did not take the policy (%s): it is ended",
		    msg_slot_name(slot), strerror((int)(refusal & 0xfff)));
		tell_alarm(serve, why);
		end_stranger(serve, slot, MSG_VIEW_TAKEN);
	}
	commit(serve);
}

static void
out_of_time(void *arg)
{
	struct serve *serve = arg;

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		struct served *served = &serve->served[slot];

		if (!served->is_waited)
			continue;
		if (slot < FIRST_STRANGER) {
			say_refusal(serve, slot, too_slow);
			return;
		}
		served->is_waited = false;
		served->refusal = ETIMEDOUT;
	}
	decide(serve);
}

/* The first phase: everyone who is there must take it. */
static void
offer_all(struct serve *serve)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		struct served *served = &serve->served[slot];

		if (!served->is_present)
			continue;
		if (offer(serve, slot, serve->next) < 0) {
			say_refusal(serve, slot, "could not be reached");
			return;
		}
		served->is_waited = true;
	}
	if (!is_waiting(serve))
		decide(serve);
	else if (loop_set(serve->loop, &serve->deadline, PATIENCE, out_of_time,
	    serve) < 0)
		refuse(serve, "no memory", NULL);
}

/* The thread has read the files. */
static void
compiled(void *arg, int status, struct bundle *bundle,
    const struct faults *faults)
{
	struct serve *serve = arg;
	char why[96];

	serve->errors = faults->errors;
	if (status == 0) {
		serve->next = bundle;
		offer_all(serve);
		return;
	}
	bundle_free(&bundle);
	if (status == -EINVAL)
		snprintf(why, sizeof(why), "%zu fault%s in the policy; nothing "
		    "was changed", faults->errors, faults->errors == 1 ? "" : "s");
	else
		snprintf(why, sizeof(why), "the policy cannot be read: %s",
		    strerror(-status));
	refuse(serve, why, faults);
}

int
serve_reload(struct serve *serve, const struct asker *asker)
{
	int status;

	if (serve->asker.is_set)
		return -EBUSY;
	status = job_begin(serve->job, serve->epoch + 1);
	if (status == 0)
		serve->asker = *asker;
	return status;
}

static bool
hear_ask(struct serve *serve, unsigned int from)
{
	struct served *served = &serve->served[from];

	if (bundle_view_of(from) == BUNDLE_VIEWS)
		return false;
	served->is_present = true;
	served->is_swapping = false;
	served->epoch = 0;
	if (served->is_waited) {
		/* it was restarted and lost the offer; it must take it again */
		if (offer(serve, from, serve->next) < 0)
			say_refusal(serve, from, "could not be reached");
	} else if (serve->in_force && !serve->next) {
		(void)offer(serve, from, serve->in_force);
	}
	finish_when_swapped(serve);
	return true;
}

static bool
hear_swapped(struct serve *serve, unsigned int from, struct span body)
{
	uint32_t epoch;

	if (!take_be32(&body, &epoch) || body.n)
		return false;
	if (epoch == serve->epoch)
		serve->served[from].is_swapping = false;
	finish_when_swapped(serve);
	return true;
}

static bool
hear_taken(struct serve *serve, unsigned int from, struct span body)
{
	struct served *served = &serve->served[from];
	uint32_t epoch, status;
	char why[128];

	if (!take_be32(&body, &epoch) || !take_be32(&body, &status) || body.n)
		return false;
	if (served->is_waited && status != 0 && from >= FIRST_STRANGER) {
		served->is_waited = false;
		served->refusal = status;
		if (!is_waiting(serve))
			decide(serve);
	} else if (served->is_waited && status != 0) {
		snprintf(why, sizeof(why), "refused it (%s)",
		    strerror((int)(status & 0xfff)));
		say_refusal(serve, from, why);
	} else if (served->is_waited && serve->next &&
	    epoch == serve->next->epoch) {
		served->is_waited = false;
		if (!is_waiting(serve))
			decide(serve);
	} else if (status != 0) {
		snprintf(why, sizeof(why), "%s refused the policy in force (%s)",
		    msg_slot_name(from), strerror((int)(status & 0xfff)));
		tell_alarm(serve, why);
	} else if (serve->in_force && epoch == serve->in_force->epoch &&
	    !serve->next) {
		swap(serve, from, epoch);
	}
	return true;
}

static bool
hear_down(struct serve *serve, struct span body)
{
	uint8_t slot;

	if (!take_u8(&body, &slot) || body.n || slot >= SLOTS)
		return false;
	serve->served[slot] = (struct served){ 0 };
	if (serve->next && !is_waiting(serve))
		decide(serve);
	finish_when_swapped(serve);
	return true;
}

static bool
hear_signal(struct serve *serve)
{
	struct asker asker = { .is_set = true, .person = "signal" };
	int status = serve_reload(serve, &asker);

	if (status == -EBUSY)
		serve->again = true;
	else if (status < 0)
		log_error("no reload: %s", strerror(-status));
	return true;
}

static bool
hear(void *arg, unsigned int from, const struct msg_head *head,
    struct span body, int fd)
{
	struct serve *serve = arg;

	close_fd(&fd);
	switch (head->type) {
	case MSG_VIEW_ASK:
		return hear_ask(serve, from);
	case MSG_VIEW_TAKEN:
		return hear_taken(serve, from, body);
	case MSG_VIEW_SWAPPED:
		return hear_swapped(serve, from, body);
	case MSG_PEER_DOWN:
		return hear_down(serve, body);
	case MSG_PEER_UP:
	case MSG_KEPT:
		return scribe_hear(serve->scribe, head, body);
	case MSG_RELOAD:
		return hear_signal(serve);
	case MSG_DO:
		return command_hear(serve, head, body);
	default:
		return true;
	}
}

/* What the start found goes into the record. */
static void
tell_start(struct serve *serve, const struct serve_start *start)
{
	if (start->faults && start->faults->errors) {
		note_refused(serve, "the policy has faults", start->faults);
		tell_refused(serve, "start", "the policy has faults",
		    start->faults);
	}
	if (!serve->in_force)
		tell_alarm(serve, "no policy is in force: everything is denied");
	else if (start->is_last)
		tell_alarm(serve, "the policy has faults: the last good one "
		    "stays in force");
	if (serve->in_force)
		tell_in_force(serve, "start");
}

int
serve_new(struct serve **out, struct loop *loop, const struct instance *instance,
    struct serve_start *start)
{
	struct serve *serve = calloc(1, sizeof(*serve));
	int status;

	if (!serve)
		return -ENOMEM;
	serve->loop = loop;
	serve->instance = instance;
	serve->directory_fd = start->directory_fd;
	serve->epoch = start->epoch;
	serve->is_last = start->is_last;
	serve->errors = start->faults ? start->faults->errors : 0;
	serve->since = clock_wall();
	serve->in_force = take(&start->bundle);
	status = post_new(&serve->post, loop, SLOT_POLICY, hear, serve);
	if (status == 0)
		status = scribe_new(&serve->scribe, serve->post, "policy");
	if (status == 0)
		status = job_new(&serve->job, loop, instance->policy_directory,
		    instance->uid_base, compiled, serve);
	if (status < 0) {
		serve_free(&serve);
		return status;
	}
	tell_start(serve, start);
	post_ready(serve->post);
	*out = serve;
	return 0;
}

void
serve_free(struct serve **serve)
{
	if (!*serve)
		return;
	job_free(&(*serve)->job);
	loop_unset((*serve)->loop, &(*serve)->deadline);
	scribe_free(&(*serve)->scribe);
	post_free(&(*serve)->post);
	bundle_free(&(*serve)->in_force);
	bundle_free(&(*serve)->next);
	free(*serve);
	*serve = NULL;
}
