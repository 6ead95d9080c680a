/* counts.c: the rows of ilk_counts, where the kernel counts each session's connections. */
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

	return bpf_map_update_elem(hooks->code.maps[MAP_COUNTS], &none, &row,
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
