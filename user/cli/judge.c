/* judge.c: statement to verdict, in this process and one run of the grammar program. */
#include "cli/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/glob.h"
#include "base/must.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show_faults.h"
#include "facts/sql/sql.h"
#include "out.h"

#define PACKED_LIMIT (8u << 20)
#define ARENA_LIMIT (64u << 20)

int
judge_load(const char *directory, const struct instance *instance,
    struct rules **out)
{
	struct rules_options options = {
		.uid_base = instance->uid_base, .is_offline = true,
	};
	struct faults *faults cleanup(free_memory) = calloc(1, sizeof(*faults));
	int status = faults ? rules_load(out, directory, &options, faults) :
	    -ENOMEM;

	if (status == 0)
		return CLI_OK;
	if (status == -EINVAL) {
		show_faults(faults, stderr, false);
		client_complain("the policy has faults: mend it, and see "
		    "`interlock policy check`");
		return CLI_NO;
	}
	client_complain("%s: %s", directory, strerror(-status));
	return CLI_FAILED;
}

uint32_t
judge_target(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->worker.target_count; i++) {
		if (strcmp(rules->worker.targets[i].name, name) == 0)
			return (uint32_t)i;
	}
	return UINT32_MAX;
}

bool
judge_takes_requests(const struct rules *rules, uint32_t target)
{
	return rules->worker.targets[target].protocol == PROTOCOL_HTTP;
}

bool
judge_knows_skill(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->worker.skill_count; i++) {
		if (strcmp(rules->worker.skills[i].skill, name) == 0)
			return true;
	}
	return false;
}

/* The child: statement on 0, analysis on 1. Never returns. */
static void
run_grammar(const struct instance *instance, const int in[2], const int out[2])
{
	char path[INSTANCE_PATH_SIZE + 16];

	snprintf(path, sizeof(path), "%s/grammar", instance->program_directory);
	if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0)
		_exit(126);
	execl(path, path, "--once", (char *)NULL);
	fprintf(stderr, "interlock: %s: %s\n", path, strerror(errno));
	_exit(127);
}

static int
write_text(int fd, struct span text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno != EINTR)
			return -errno;
		text = span_skip(text, n > 0 ? (size_t)n : 0);
	}
	return 0;
}

static int
read_all(int fd, struct out *out)
{
	char room[65536];
	ssize_t n;

	while ((n = read(fd, room, sizeof(room))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			out_bytes(out, room, (size_t)n);
	}
	return out->failed ? -EMSGSIZE : 0;
}

/* The grammar reads its statement to the end before it answers, so no deadlock. */
static int
ask_grammar(const struct instance *instance, struct span text, struct out *packed)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	int status = 0, ended = 0;
	pid_t child;

	if (pipe2(in, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(out, O_CLOEXEC) < 0) {
		status = -errno;
		close(in[0]);
		close(in[1]);
		return status;
	}
	child = fork();
	if (child == 0)
		run_grammar(instance, in, out);
	close(in[0]);
	close(out[1]);
	if (child > 0)
		status = write_text(in[1], text);
	close(in[1]);
	if (child > 0 && status == 0)
		status = read_all(out[0], packed);
	close(out[0]);
	if (child < 0)
		return -EAGAIN;
	while (waitpid(child, &ended, 0) < 0 && errno == EINTR)
		;
	if (status == 0 && !(WIFEXITED(ended) && WEXITSTATUS(ended) == 0))
		status = -EIO;
	return status;
}

/* From the grammar's answer to an action. */
static int
explain(struct judged *judged, struct span packed)
{
	struct span text = span_text(judged->text);
	struct sql_cache *cache = NULL;
	int status = sql_cache_new(&cache, 16);

	if (status < 0)
		return status;
	judged->analysis = sql_learn(cache, text, packed);
	status = judged->analysis ? sql_explain(judged->analysis, NULL, text,
	    judged->arena, &judged->action) : -EPROTO;
	sql_cache_free(&cache);
	return status;
}

int
judge_text(const struct instance *instance, const struct rules *rules,
    const char *skill, uint32_t target, const char *text, struct judged *out)
{
	struct out packed cleanup(out_free) = out_new(PACKED_LIMIT);
	int status;

	*out = (struct judged){ .arena = arena_new(ARENA_LIMIT),
	    .text = strdup(text) };
	status = out->arena && out->text ? 0 : -ENOMEM;
	signal(SIGPIPE, SIG_IGN);
	if (status == 0)
		status = ask_grammar(instance, span_text(text), &packed);
	if (status == 0)
		status = explain(out, out_view(&packed));
	if (status < 0) {
		judge_free(out);
		return status;
	}
	decide_judge(&rules->worker, span_text(skill), target, &out->action,
	    out->room, &out->verdict);
	return 0;
}

/* Can pattern match a column of `relation` (empty column: any of it)? */
static bool
covers(const char *pattern, struct span relation, struct span column)
{
	char name[512];
	int n = snprintf(name, sizeof(name), "%.*s.%.*s", (int)relation.n,
	    relation.n ? (const char *)relation.p : "", (int)column.n,
	    column.n ? (const char *)column.p : "");

	if (n < 0 || (size_t)n >= sizeof(name))
		return true;
	return column.n ? glob_match(pattern, span_text(name)) :
	    glob_may_begin(pattern, span_text(name));
}

/* An origin without a relation could be any that is read. */
static bool
mask_covers(const struct view_mask *mask, const struct judged *judged,
    const struct origin_column *origin)
{
	for (size_t c = 0; c < mask->column_count; c++) {
		if (origin->relation.n && covers(mask->columns[c],
		    origin->relation, origin->column))
			return true;
		for (size_t a = 0; !origin->relation.n &&
		    a < judged->action.act_count; a++) {
			if (judged->action.acts[a].effect == EFFECT_READ &&
			    covers(mask->columns[c],
			    judged->action.acts[a].object, origin->column))
				return true;
		}
	}
	return false;
}

uint64_t
judge_field_masks(const struct rules *rules, const struct judged *judged, size_t i)
{
	const struct field *field = &judged->action.fields[i];
	uint64_t masks = 0;

	for (size_t m = 0; m < rules->worker.mask_count; m++) {
		for (size_t o = 0; o < field->origin_count &&
		    judged->verdict.masks >> m & 1; o++) {
			if (mask_covers(&rules->worker.masks[m], judged,
			    &field->origins[o]))
				masks |= UINT64_C(1) << m;
		}
	}
	return masks;
}

void
judge_free(struct judged *judged)
{
	if (judged->analysis)
		sql_drop(&judged->analysis);
	arena_free(&judged->arena);
	free(judged->text);
	*judged = (struct judged){ 0 };
}
