/*
 * counts.c: what the kernel counts: the rows of ilk_counts, one for each session's
 * connections; that of ilk_pairs for what finds no row there (programs make the
 * others themselves); and the numbers of ilk_stats.
 */
#include "hooks/inside.h"

#include <errno.h>
#include <string.h>

static struct abi_session
key_of(const struct id *session)
{
	return (struct abi_session){ .time = session->time,
	    .chance = session->chance, .slot = session->slot };
}

int
hooks_counts_prepare(struct hooks *hooks)
{
	struct abi_session none = { 0 };
	struct abi_counts row = { .skill = "(none)" };
	struct abi_pair_counts zero = { 0 };
	struct abi_pair rest = { 0 };

	if (bpf_map_update_elem(hooks->code.maps[MAP_COUNTS], &none, &row,
	    BPF_NOEXIST) && errno != EEXIST)
		return -errno;
	return bpf_map_update_elem(hooks->code.maps[MAP_PAIRS], &rest, &zero,
	    BPF_NOEXIST) && errno != EEXIST ? -errno : 0;
}

int
hooks_counts_begin(struct hooks *hooks, const struct id *session,
    const char *skill)
{
	struct abi_session key = key_of(session);
	struct abi_counts row = { 0 };

	snprintf(row.skill, sizeof(row.skill), "%s", skill);
	return bpf_map_update_elem(hooks->code.maps[MAP_COUNTS], &key, &row,
	    BPF_NOEXIST) ? -errno : 0;
}

int
hooks_counts_read(struct hooks *hooks, const struct id *session,
    struct abi_counts *out)
{
	struct abi_session key = key_of(session);
	struct abi_counts row;

	if (bpf_map_lookup_elem(hooks->code.maps[MAP_COUNTS], &key, &row))
		return -errno;
	*out = row;
	return 0;
}

void
hooks_counts_end(struct hooks *hooks, const struct id *session)
{
	struct abi_session key = key_of(session);

	bpf_map_delete_elem(hooks->code.maps[MAP_COUNTS], &key);
}

/* ---- ilk_stats ------------------------------------------------------------ */

uint64_t
hooks_stat(const struct hooks *hooks, uint32_t which)
{
	int cpus = libbpf_num_possible_cpus();
	cleanup(free_memory) uint64_t *values = cpus <= 0 ? NULL :
	    calloc((size_t)cpus, sizeof(*values));
	uint64_t sum = 0;

	if (!values || bpf_map_lookup_elem(hooks->code.maps[MAP_STATS], &which, values))
		return 0;
	for (int cpu = 0; cpu < cpus; cpu++)
		sum += values[cpu];
	return sum;
}

uint64_t
hooks_events_lost(const struct hooks *hooks)
{
	return hooks_stat(hooks, ABI_STAT_LOST) -
	    hooks_stat(hooks, ABI_STAT_LOST_ENTERED);
}

int
hooks_events_lost_entered(struct hooks *hooks, uint64_t more)
{
	uint32_t which = ABI_STAT_LOST_ENTERED;
	int cpus = libbpf_num_possible_cpus();
	cleanup(free_memory) uint64_t *values = cpus <= 0 ? NULL :
	    calloc((size_t)cpus, sizeof(*values));

	if (!values)
		return -ENOMEM;
	values[0] = hooks_stat(hooks, which) + more;	/* we alone write it */
	return bpf_map_update_elem(hooks->code.maps[MAP_STATS], &which, values,
	    BPF_ANY) ? -errno : 0;
}
