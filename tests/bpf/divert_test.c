/*
 * divert_test.c: what becomes of a connect: redirect.bpf.c itself, compiled natively
 * (native.h), with everything missing once that a kernel lets go missing. Whatever is
 * in doubt is refused; who is no skill is untouched.
 */
#include "native.h"

int ilk_connect4(struct bpf_sock_addr *);
int ilk_connect6(struct bpf_sock_addr *);

#include "../../bpf/redirect.bpf.c"

#define WORKER 90
#define SKILL 7			/* cgroups */
#define NOW (10 * ABI_BEAT_MAX_NS)

/* What is missing, or otherwise than usual. */
enum lack {
	NOTHING, NO_DOOR = 1, NO_BEAT = 2, NO_META = 4, NO_ROOM = 8, NO_ROWS = 16, FULL_RING = 32,
	BLOCKED = 64, DATAGRAMS = 128, DOOR_WITHOUT_4 = 256, DOOR_WITHOUT_6 = 512,
	OWN_LISTENER = 1024, FOREIGN_LISTENER = 2048, NO_LISTEN = 4096, OLD_ORIGIN = 8192,
	OLD_LISTENER = 16384, FUTURE_BEAT = 32768,
};

static const struct row {
	const char *name;
	uint64_t level;			/* of the task */
	uint64_t tag;			/* cgroup of the socket's; 0: none */
	const char *to;
	uint16_t port;
	unsigned int lack;
	int error;			/* 0: passed */
	uint32_t reason;		/* counted; ABI_REASONS: none */
	const char *rewritten;		/* NULL: as it was */
	uint16_t rewritten_port;
} rows[] = {
	{ "nobody", 1, 0, "10.9.8.7", 5432, 0, 0, ABI_REASONS, NULL, 0 },
	{ "nobody, to a target, with nothing there", 1, 0, "10.9.8.7", 5432, NO_DOOR | NO_META, 0,
	  ABI_REASONS, NULL, 0 },
	{ "nobody, with an earlier life", 1, 0, "10.9.8.7", 5432, OLD_ORIGIN, 0, ABI_REASONS, NULL, 0 },
	{ "a skill", SKILL, 0, "10.9.8.7", 5432, 0, 0, ABI_REASON_NONE, "127.73.76.1", 4001 },
	{ "… at another port", SKILL, 0, "10.9.8.7", 5433, 0, EACCES, ABI_NO_TARGET, NULL, 0 },
	{ "… at another address", SKILL, 0, "10.9.8.8", 5432, 0, EACCES, ABI_NO_TARGET, NULL, 0 },
	{ "… by IPv6", SKILL, 0, "fd00::7", 5432, 0, 0, ABI_REASON_NONE, "::1", 4002 },
	{ "… where no ::1 is", SKILL, 0, "fd00::7", 5432, DOOR_WITHOUT_6, 0, ABI_REASON_NONE,
	  "::ffff:127.73.76.1", 4001 },
	{ "… mapped", SKILL, 0, "::ffff:10.9.8.7", 5432, 0, 0, ABI_REASON_NONE,
	  "::ffff:127.73.76.1", 4001 },
	{ "… by a socket of its own", SKILL, SKILL, "10.9.8.7", 5432, 0, 0, ABI_REASON_NONE,
	  "127.73.76.1", 4001 },
	{ "its socket, held by nobody", 1, SKILL, "10.9.8.7", 5432, 0, 0, ABI_REASON_NONE,
	  "127.73.76.1", 4001 },
	{ "a socket whose skill is gone", 1, 33, "10.9.8.7", 5432, 0, EACCES, ABI_BLOCKED, NULL, 0 },
	{ "blocked", SKILL, 0, "10.9.8.7", 5432, BLOCKED, EACCES, ABI_BLOCKED, NULL, 0 },
	{ "blocked, no target", SKILL, 0, "10.9.8.8", 1, BLOCKED, EACCES, ABI_BLOCKED, NULL, 0 },
	{ "datagrams", SKILL, 0, "10.9.8.8", 54, DATAGRAMS, EACCES, ABI_BAD_PROTOCOL, NULL, 0 },
	{ "no door", SKILL, 0, "10.9.8.7", 5432, NO_DOOR, ECONNREFUSED, ABI_NO_DOOR, NULL, 0 },
	{ "a door without a listener", SKILL, 0, "fd00::7", 5432, DOOR_WITHOUT_4, ECONNREFUSED,
	  ABI_NO_DOOR, NULL, 0 },
	{ "no door, no target", SKILL, 0, "10.9.8.8", 5432, NO_DOOR, EACCES, ABI_NO_TARGET, NULL, 0 },
	{ "no meta", SKILL, 0, "10.9.8.7", 5432, NO_META, ECONNREFUSED, ABI_NO_DOOR, NULL, 0 },
	{ "no beat", SKILL, 0, "10.9.8.7", 5432, NO_BEAT, ECONNREFUSED, ABI_STALE, NULL, 0 },
	{ "a beat to come", SKILL, 0, "10.9.8.7", 5432, FUTURE_BEAT, ECONNREFUSED, ABI_STALE, NULL, 0 },
	{ "no room for the origin", SKILL, 0, "10.9.8.7", 5432, NO_ROOM, ECONNREFUSED, ABI_NO_STORAGE,
	  NULL, 0 },
	{ "no room for counts", SKILL, 0, "10.9.8.7", 5432, NO_ROWS | FULL_RING, 0, ABI_REASON_NONE,
	  "127.73.76.1", 4001 },
	{ "refused with no room for news", SKILL, 0, "10.9.8.8", 5432, NO_ROWS | FULL_RING, EACCES,
	  ABI_NO_TARGET, NULL, 0 },
	{ "an earlier origin goes with a refusal", SKILL, 0, "10.9.8.8", 5432, OLD_ORIGIN, EACCES,
	  ABI_NO_TARGET, NULL, 0 },
	{ "its own listener", SKILL, 0, "127.0.0.1", 8080, OWN_LISTENER | OLD_ORIGIN, 0, ABI_REASONS,
	  NULL, 0 },
	{ "its own listener, any address", SKILL, 0, "0.0.0.0", 8080, OWN_LISTENER, 0, ABI_REASONS,
	  NULL, 0 },
	{ "its own listener, IPv6", SKILL, 0, "::1", 8080, OWN_LISTENER, 0, ABI_REASONS, NULL, 0 },
	{ "its own listener needs no daemon", SKILL, 0, "127.0.0.1", 8080,
	  OWN_LISTENER | NO_DOOR | NO_BEAT | NO_META, 0, ABI_REASONS, NULL, 0 },
	{ "not when blocked", SKILL, 0, "127.0.0.1", 8080, OWN_LISTENER | BLOCKED, EACCES, ABI_BLOCKED,
	  NULL, 0 },
	{ "an own listener is no way out", SKILL, 0, "10.9.8.8", 8080, OWN_LISTENER, EACCES,
	  ABI_NO_TARGET, NULL, 0 },
	{ "somebody's listener", SKILL, 0, "127.0.0.1", 8080, FOREIGN_LISTENER, EACCES, ABI_NO_TARGET,
	  NULL, 0 },
	{ "a listener of an earlier session", SKILL, 0, "127.0.0.1", 8080, OLD_LISTENER, EACCES,
	  ABI_NO_TARGET, NULL, 0 },
	{ "its own socket that listens no more", SKILL, 0, "127.0.0.1", 8080, OWN_LISTENER | NO_LISTEN,
	  EACCES, ABI_NO_TARGET, NULL, 0 },
	{ "nobody's listener", SKILL, 0, "127.0.0.1", 8080, 0, EACCES, ABI_NO_TARGET, NULL, 0 },
	{ "a worker, to a target", WORKER, 0, "10.9.8.7", 5432, 0, 0, ABI_REASONS, NULL, 0 },
	{ "a worker, elsewhere", WORKER, 0, "10.9.8.8", 5432, 0, EACCES, ABI_WORKER_FENCE, NULL, 0 },
	{ "a worker, by datagrams", WORKER, 0, "10.9.8.7", 5432, DATAGRAMS, EACCES, ABI_WORKER_FENCE,
	  NULL, 0 },
	{ "a worker, to a skill's own target", WORKER, 0, "::1", 6432, 0, 0, ABI_REASONS, NULL, 0 },
	{ "… in no skill's namespace", WORKER, 0, "::1", 6432, NO_DOOR, EACCES, ABI_WORKER_FENCE, NULL, 0 },
	{ "a worker with a skill's socket", WORKER, SKILL, "10.9.8.7", 5432, 0, 0, ABI_REASON_NONE,
	  "127.73.76.1", 4001 },
};

static struct bpf_sock sk, listener;

static void
put_target(const char *ip, uint16_t port, const char *name, bool from_skill)
{
	struct abi_address key = { .port = port };
	struct abi_target target = { .index = 4, .from_skill = from_skill, .epoch = { 9 } };

	CHECK(inet_pton(AF_INET6, ip, key.ip) == 1);
	snprintf(target.name, sizeof(target.name), "%s", name);
	native_put(&ilk_targets, &key, sizeof(key), &target, sizeof(target));
}

static void
put_meta(unsigned int lack)
{
	struct abi_meta meta = { .worker_cgroup = WORKER, .epoch = 9,
		.beat = lack & NO_BEAT ? NOW - ABI_BEAT_MAX_NS - 1 : lack & FUTURE_BEAT ? NOW + 1 : NOW - 1 };
	uint32_t zero = 0;

	/* a worker is known by it: without it, it is refused as little as anybody */
	if (!(lack & NO_META))
		native_put(&ilk_meta, &zero, sizeof(zero), &meta, sizeof(meta));
}

static void
put_listener(unsigned int lack)
{
	struct tag tag = { SKILL, lack & OLD_LISTENER ? 1 : 70, 3, 0 };

	if (!(lack & (OWN_LISTENER | FOREIGN_LISTENER | OLD_LISTENER)))
		return;
	listener.state = lack & NO_LISTEN ? BPF_TCP_CLOSE : BPF_TCP_LISTEN;
	native.listener = &listener;
	if (!(lack & FOREIGN_LISTENER))
		*bpf_sk_storage_get(&ilk_tag, &listener, 0, BPF_SK_STORAGE_GET_F_CREATE) = tag;
}

static void
begin(const struct row *row)
{
	struct abi_skill skill = { .session_time = 70, .session_chance = 3, .name = "shop",
		.blocked = !!(row->lack & BLOCKED) };
	struct abi_door door = { row->lack & DOOR_WITHOUT_4 ? 0 : 4001,
		row->lack & DOOR_WITHOUT_6 ? 0 : 4002, 0 };
	struct tag tag = { row->tag, 70, 3, 0 };
	uint64_t cgroup = SKILL, netns = 55;
	struct bpf_sock *at = &sk;

	native = (struct native){ .comm = "psql", .pid = 100, .netns = netns, .now = NOW,
		.levels = { row->level } };
	put_meta(row->lack);
	native_put(&ilk_skills, &cgroup, sizeof(cgroup), &skill, sizeof(skill));
	if (!(row->lack & NO_DOOR))
		native_put(&ilk_doors, &netns, sizeof(netns), &door, sizeof(door));
	put_target("::ffff:10.9.8.7", 5432, "far", false);
	put_target("fd00::7", 5432, "far", false);
	put_target("::1", 6432, "near", true);
	for (uint32_t i = 0; i < ABI_STATS; i++)
		native_put(&ilk_stats, &i, sizeof(i), NULL, sizeof(uint64_t));
	if (row->tag)
		*bpf_sk_storage_get(&ilk_tag, at, 0, BPF_SK_STORAGE_GET_F_CREATE) = tag;
	if (row->lack & OLD_ORIGIN)
		bpf_sk_storage_get(&ilk_orig, at, 0, BPF_SK_STORAGE_GET_F_CREATE)->port = 1;
	put_listener(row->lack);
	native.storage_fails = row->lack & NO_ROOM;
	native.rows_fail = row->lack & NO_ROWS;
	native.ring_is_full = row->lack & FULL_RING;
}

/* Exactly this reason is counted, or none. */
static bool
is_counted(uint32_t reason)
{
	for (uint32_t i = 0; i < ABI_REASONS; i++)
		if (*bpf_map_lookup_elem(&ilk_stats, &i) != (i == reason))
			return false;
	return true;
}

static void
check_kept(const struct row *row, const uint8_t ip[16])
{
	struct bpf_sock *at = &sk;
	const struct abi_origin *kept = bpf_sk_storage_get(&ilk_orig, at, 0, 0);
	bool diverted = row->reason == ABI_REASON_NONE;

	CHECK_ROW(row->name, !kept == !diverted);
	if (!diverted || !kept)
		return;
	CHECK_ROW(row->name, !memcmp(kept->ip, ip, 16) && kept->port == row->port);
	CHECK_ROW(row->name, kept->cgroup == SKILL && kept->netns == 55 && kept->pid == 100);
	CHECK_ROW(row->name, kept->target == 4 && kept->epoch == 9);
}

static void
check_news(const struct row *row)
{
	bool told = row->error && !(row->lack & FULL_RING);
	uint32_t lost = ABI_STAT_LOST;

	CHECK_ROW(row->name, native.events == told);
	CHECK_ROW(row->name, *bpf_map_lookup_elem(&ilk_stats, &lost) == (row->error && !told));
	CHECK_ROW(row->name, is_counted(row->reason));
}

static void
check_row(const struct row *row)
{
	bool is_4 = !strchr(row->to, ':');
	struct bpf_sock_addr ctx = { .sk = &sk, .user_port = htons(row->port),
		.protocol = row->lack & DATAGRAMS ? IPPROTO_UDP : IPPROTO_TCP }, was;
	uint8_t ip[16], want[16], four[4];
	int answer;

	begin(row);
	CHECK_ROW(row->name, inet_pton(is_4 ? AF_INET : AF_INET6, row->to,
	    is_4 ? (void *)&ctx.user_ip4 : (void *)ctx.user_ip6) == 1);
	was = ctx;
	if (is_4)
		ip_from_4(ip, &ctx.user_ip4);
	else
		memcpy(ip, ctx.user_ip6, 16);
	answer = is_4 ? ilk_connect4(&ctx) : ilk_connect6(&ctx);
	CHECK_ROW(row->name, answer == (row->error ? REFUSED : PASS));
	CHECK_ROW(row->name, native.retval == -row->error);
	CHECK_ROW(row->name, native.held == 0);
	check_kept(row, ip);
	check_news(row);
	if (!row->rewritten) {
		CHECK_ROW(row->name, !memcmp(&ctx, &was, sizeof(ctx)));
		return;
	}
	CHECK_ROW(row->name, ctx.user_port == htons(row->rewritten_port));
	CHECK_ROW(row->name, inet_pton(is_4 ? AF_INET : AF_INET6, row->rewritten, want) == 1);
	memcpy(four, &ctx.user_ip4, 4);
	CHECK_ROW(row->name, is_4 ? !memcmp(four, want, 4) : !memcmp(ctx.user_ip6, want, 16));
}

/* A resolver's probe of a target's address by datagrams: refused, counted, no news. */
static void
check_probe(void)
{
	struct row probe = { .name = "a probe", .level = SKILL, .lack = DATAGRAMS };
	struct bpf_sock_addr ctx = { .sk = &sk, .user_port = htons(5432), .protocol = IPPROTO_UDP };

	begin(&probe);
	CHECK(inet_pton(AF_INET, "10.9.8.7", &ctx.user_ip4) == 1);
	CHECK(ilk_connect4(&ctx) == REFUSED && native.retval == -EACCES);
	CHECK(native.events == 0 && is_counted(ABI_BAD_PROTOCOL));
}

/* Questions for names go to the resolver's listener for that session, and are no flows. */
static void
check_names(bool by_datagram, bool has_listener)
{
	struct row question = { .name = "a question", .level = SKILL, .lack = by_datagram ? DATAGRAMS : NOTHING };
	struct bpf_sock_addr ctx = { .sk = &sk, .user_port = htons(ABI_NAMES_PORT),
		.protocol = by_datagram ? IPPROTO_UDP : IPPROTO_TCP };
	struct abi_asking key = { .netns = 55, .cgroup = SKILL };
	struct abi_door door = { 5301, 5302, 0 };
	struct bpf_sock *at = &sk;
	const struct abi_origin *kept;

	begin(&question);
	if (has_listener)
		native_put(&ilk_names, &key, sizeof(key), &door, sizeof(door));
	CHECK(inet_pton(AF_INET, "10.1.1.1", &ctx.user_ip4) == 1);
	CHECK(ilk_connect4(&ctx) == (has_listener ? PASS : REFUSED));
	CHECK(native.retval == (has_listener ? 0 : -ECONNREFUSED));
	CHECK(is_counted(has_listener ? ABI_REASONS : ABI_NO_DOOR));
	CHECK(ctx.user_port == htons(has_listener ? 5301 : ABI_NAMES_PORT));
	kept = bpf_sk_storage_get(&ilk_orig, at, 0, 0);
	CHECK(!kept == !has_listener && (!kept || names_is(kept)));
}

/* The resolver dials its servers, by either protocol, and no targets. */
static void
check_resolver(const char *to, bool is_server, int error)
{
	struct row row = { .name = to, .level = 91 };
	struct bpf_sock_addr ctx = { .sk = &sk, .user_port = htons(5432), .protocol = IPPROTO_UDP };
	struct abi_resolver resolver = { .cgroup = 91 };
	struct abi_address server = { .port = 5432 };
	uint32_t zero = 0;
	uint8_t one = 1;

	begin(&row);
	native_put(&ilk_resolver, &zero, sizeof(zero), &resolver, sizeof(resolver));
	CHECK(inet_pton(AF_INET, to, &ctx.user_ip4) == 1);
	ip_from_4(server.ip, &ctx.user_ip4);
	if (is_server)
		native_put(&ilk_servers, &server, sizeof(server), &one, sizeof(one));
	CHECK_ROW(to, ilk_connect4(&ctx) == (error ? REFUSED : PASS) && native.retval == -error);
	CHECK_ROW(to, is_counted(error ? ABI_WORKER_FENCE : ABI_REASONS));
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
	check_probe();
	check_names(true, true);
	check_names(true, false);
	check_names(false, true);
	check_names(false, false);
	check_resolver("10.1.1.1", true, 0);
	check_resolver("10.1.1.1", false, EACCES);
	check_resolver("10.9.8.7", false, EACCES);
	return check_end();
}
