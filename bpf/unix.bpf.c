/*
 * unix: a skill (and a worker) dials no unix socket by name.
 * The kernel shows the name as typed, so a list of names would mean nothing;
 * and who answers at one may act for the caller with rights of its own. Pairs,
 * and sockets that were handed over connected, are untouched.
 * Kernel 6.7 and later; an object of its own, so that older ones lose only this.
 * The sections name an older hook that every libbpf knows: the loader sets the
 * true attach types (BPF_CGROUP_UNIX_CONNECT, BPF_CGROUP_UNIX_SENDMSG).
 */
#include "glass.h"
#include "maps.h"
#include "skill.h"
#include "tell.h"

static __always_inline int
judge(struct bpf_sock_addr *ctx)
{
	struct abi_origin what = {};
	struct asker asker;

	asker_of_task(&asker);
	if (asker.who == WHO_OTHER || (asker.who == WHO_SKILL && passes_glass(asker.skill)))
		return PASS;
	origin_of_task(&what, asker.cgroup, bpf_get_netns_cookie(ctx));
	tell(&what, &asker, ABI_BAD_UNIX, 0);
	return refuse(EACCES);
}

SEC("cgroup/connect4")
int
ilk_unixconn(struct bpf_sock_addr *ctx)
{
	return judge(ctx);
}

SEC("cgroup/sendmsg4")
int
ilk_unixsend(struct bpf_sock_addr *ctx)
{
	return judge(ctx);
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
