/*
 * unix: a skill (and a worker) dials no unix socket by name, but for those that the
 * policy lists.
 * The kernel shows the name as typed, and who answers at one may act for the caller
 * with rights of its own. So a list of names would mean nothing, if the name were
 * what is followed afterwards: it is replaced by one that the loader made, in a place
 * that the skill cannot change, and that leads to the inode that the listed name led
 * to when the skill was started. Whatever else is typed is refused: another name of
 * the same socket, a relative one, an abstract one. Pairs, and sockets that were
 * handed over connected, are untouched.
 * Kernel 6.7 and later; an object of its own, so that older ones lose only this.
 * The sections name an older hook that every libbpf knows: the loader sets the
 * true attach types (BPF_CGROUP_UNIX_CONNECT, BPF_CGROUP_UNIX_SENDMSG).
 */
#include "maps.h"
#include "skill.h"
#include "tell.h"

#define FAMILY_SIZE 2		/* of sockaddr_un, before the path */
/* The compiler compares this very number, which the verifier then knows the range of. */
#define KEPT_WHOLE(n) __asm__ volatile("" : "+r"(n))

extern void *bpf_cast_to_kern_ctx(void *) __ksym;
extern int bpf_sock_addr_set_sun_path(struct bpf_sock_addr_kern *, const __u8 *,
    __u32) __ksym;

/* The name as typed, with zeroes after it. False: none, or an abstract one. */
static __always_inline bool
read_name(struct bpf_sock_addr *ctx, char path[ABI_UNIX_SIZE])
{
	const struct bpf_sock_addr_kern *behind = (const void *)ctx;
	const char *address = BPF_CORE_READ(behind, uaddr);
	abi_u64 n = (abi_u64)BPF_CORE_READ(behind, uaddrlen) - FAMILY_SIZE;
	bool over = false;

	KEPT_WHOLE(n);
	if (n > ABI_UNIX_SIZE || bpf_probe_read_kernel(path, n, address + FAMILY_SIZE))
		return false;
	for (int i = 0; i < ABI_UNIX_SIZE; i++) {
		over |= !path[i];
		if (over)
			path[i] = '\0';
	}
	return path[0] != '\0';
}

/* Lead a listed name to where the loader has put the socket. False: not listed. */
static __always_inline bool
is_led(struct bpf_sock_addr *ctx, const struct asker *asker)
{
	struct abi_unix key = { .cgroup = asker->cgroup };
	const struct abi_unix_place *place;
	abi_u64 n;

	if (asker->who != WHO_SKILL || !asker->skill || asker->skill->blocked ||
	    !read_name(ctx, key.path))
		return false;
	place = bpf_map_lookup_elem(&ilk_unix, &key);
	if (!place)
		return false;
	n = place->length;
	KEPT_WHOLE(n);
	if (n > ABI_UNIX_SIZE)
		return false;
	return bpf_sock_addr_set_sun_path(bpf_cast_to_kern_ctx(ctx),
	    (const __u8 *)place->path, n) == 0;
}

static __always_inline int
judge(struct bpf_sock_addr *ctx)
{
	struct abi_origin what = {};
	struct asker asker;

	asker_of_task(&asker);
	if (asker.who == WHO_OTHER || is_led(ctx, &asker))
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
