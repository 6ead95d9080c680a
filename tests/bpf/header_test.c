/*
 * header_test.c: who asks, what is read and written of an address, what is told and
 * counted: skill.h, socket.h, tell.h and count.h, compiled natively (native.h), with
 * all that may be missing missing once. judge.h has judge_test.c.
 */
#include "native.h"

#include "../../bpf/count.h"
#include "../../bpf/skill.h"
#include "../../bpf/socket.h"
#include "../../bpf/tell.h"

#define WORKER 90
#define SKILL 7			/* cgroups */
#define CHILD 8

static struct bpf_sock sk;

static void
put_skill(uint64_t id, const char *name, uint64_t session)
{
	struct abi_skill skill = { .session_time = session, .session_chance = 3, .session_slot = 2 };

	snprintf(skill.name, sizeof(skill.name), "%s", name);
	native_put(&ilk_skills, &id, sizeof(id), &skill, sizeof(skill));
}

static void
put_target(const char *ip, uint16_t port, const char *name)
{
	struct abi_address key = { .port = port };
	struct abi_target target = { .index = 1 };

	CHECK(inet_pton(AF_INET6, ip, key.ip) == 1);
	snprintf(target.name, sizeof(target.name), "%s", name);
	native_put(&ilk_targets, &key, sizeof(key), &target, sizeof(target));
}

static void
begin(void)
{
	struct abi_meta meta = { .worker_cgroup = WORKER };
	struct abi_counts counts = { .skill = "(none)" };
	struct abi_pair_counts pairs = { 0 };
	struct abi_session none = { 0 };
	struct abi_pair rest = { 0 };
	uint32_t zero = 0;

	native = (struct native){ .comm = "psql", .pid = 100, .tid = 101, .uid = 1000, .netns = 55,
		.boot = 12345 };
	native_put(&ilk_meta, &zero, sizeof(zero), &meta, sizeof(meta));
	native_put(&ilk_counts, &none, sizeof(none), &counts, sizeof(counts));
	native_put(&ilk_pairs, &rest, sizeof(rest), &pairs, sizeof(pairs));
	for (uint32_t i = 0; i < ABI_STATS; i++)
		native_put(&ilk_stats, &i, sizeof(i), NULL, sizeof(uint64_t));
	put_skill(SKILL, "shop", 70);
}

static uint64_t
stat_of(uint32_t which)
{
	return *bpf_map_lookup_elem(&ilk_stats, &which);
}

/* ---- skill.h ----------------------------------------------------------------- */

static const struct {
	const char *name;
	uint64_t levels[40];
	enum who who;
	uint64_t cgroup;
} tasks[] = {
	{ "at the root", { 0 }, WHO_OTHER, 0 },
	{ "nobody", { 1, 2 }, WHO_OTHER, 0 },
	{ "a skill", { 1, SKILL }, WHO_SKILL, SKILL },
	{ "below a skill", { 1, SKILL, 5, 6 }, WHO_SKILL, SKILL },
	{ "a skill in a skill: the highest counts", { 1, SKILL, CHILD }, WHO_SKILL, SKILL },
	{ "the other way round", { CHILD, SKILL }, WHO_SKILL, CHILD },
	{ "a worker", { 1, WORKER }, WHO_WORKER, WORKER },
	{ "below a worker", { 1, WORKER, 4 }, WHO_WORKER, WORKER },
	{ "a skill in a worker is a worker", { WORKER, SKILL }, WHO_WORKER, WORKER },
	{ "at the deepest level", { [0 ... 30] = 1, [31] = SKILL }, WHO_SKILL, SKILL },
	{ "deeper than is looked", { [0 ... 31] = 1, [32] = SKILL }, WHO_OTHER, 0 },
};

static void
check_tasks(void)
{
	for (size_t i = 0; i < COUNT(tasks); i++) {
		struct asker asker = { .who = WHO_GONE, .cgroup = 1 };

		begin();
		put_skill(CHILD, "child", 80);
		memcpy(native.levels, tasks[i].levels, sizeof(native.levels));
		asker_of_task(&asker);
		CHECK_ROW(tasks[i].name, asker.who == tasks[i].who);
		CHECK_ROW(tasks[i].name, asker.cgroup == tasks[i].cgroup);
		CHECK_ROW(tasks[i].name, !asker.skill == (asker.who != WHO_SKILL));
	}
	begin();
	native_drop(native_find(&ilk_meta, &(uint32_t){ 0 }, 4));
	native.levels[0] = SKILL;
	{
		struct asker asker;

		asker_of_task(&asker);
		CHECK(!meta_get() && asker.who == WHO_SKILL);
	}
}

static const struct {
	const char *name;
	uint64_t level;		/* where the task is */
	struct tag tag;
	bool has_tag, has_socket;
	enum who who;
} sockets[] = {
	{ "no socket", 1, { 0 }, false, false, WHO_OTHER },
	{ "untagged", 1, { 0 }, false, true, WHO_OTHER },
	{ "a skill's, held by another", 1, { SKILL, 70, 3, 0 }, true, true, WHO_SKILL },
	{ "of an earlier session", 1, { SKILL, 69, 3, 0 }, true, true, WHO_GONE },
	{ "of another chance", 1, { SKILL, 70, 4, 0 }, true, true, WHO_GONE },
	{ "of a group that is no skill now", 1, { 33, 70, 3, 0 }, true, true, WHO_GONE },
	{ "a worker's own", WORKER, { 0 }, false, true, WHO_WORKER },
	{ "a skill's, held by a worker", WORKER, { SKILL, 70, 3, 0 }, true, true, WHO_SKILL },
	{ "of an end, held by a worker", WORKER, { SKILL, 1, 1, 0 }, true, true, WHO_GONE },
	{ "of an end, held by a skill", SKILL, { SKILL, 1, 1, 0 }, true, true, WHO_SKILL },
	{ "a foreign one, held by a skill", SKILL, { 0 }, false, true, WHO_SKILL },
};

static void
check_sockets(void)
{
	for (size_t i = 0; i < COUNT(sockets); i++) {
		struct bpf_sock *at = sockets[i].has_socket ? &sk : NULL;
		struct asker asker;

		begin();
		native.levels[0] = sockets[i].level;
		if (sockets[i].has_tag)
			*bpf_sk_storage_get(&ilk_tag, at, 0, BPF_SK_STORAGE_GET_F_CREATE) = sockets[i].tag;
		asker_find(&asker, at);
		CHECK_ROW(sockets[i].name, asker.who == sockets[i].who);
		CHECK_ROW(sockets[i].name, asker.who != WHO_SKILL ||
		    (asker.skill && asker.cgroup == SKILL));
	}
}

/* ---- socket.h ------------------------------------------------------------------ */

static const struct {
	const char *said, *read;
	bool is_4;
} addresses[] = {
	{ "10.9.8.7", "::ffff:10.9.8.7", true },
	{ "0.0.0.0", "::ffff:127.0.0.1", true },
	{ "fd00::7", "fd00::7", false },
	{ "::", "::1", false },
	{ "::ffff:10.9.8.7", "::ffff:10.9.8.7", false },
	{ "::ffff:0.0.0.0", "::ffff:127.0.0.1", false },
};

static void
check_addresses(void)
{
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct bpf_sock_addr ctx = { .user_port = htons(5432) };
		struct abi_origin origin = { 0 };
		const char *name = addresses[i].said;
		uint8_t want[16], four[16] = { 0 };

		CHECK_ROW(name, inet_pton(AF_INET6, addresses[i].read, want) == 1);
		if (addresses[i].is_4) {
			CHECK_ROW(name, inet_pton(AF_INET, name, &ctx.user_ip4) == 1);
			address_read4(&ctx, &origin);
		} else {
			CHECK_ROW(name, inet_pton(AF_INET6, name, ctx.user_ip6) == 1);
			address_read6(&ctx, &origin);
		}
		CHECK_ROW(name, !memcmp(origin.ip, want, 16) && origin.port == 5432);
		CHECK_ROW(name, origin.family == (addresses[i].is_4 ? 4 : 6));
		ctx = (struct bpf_sock_addr){ 0 };
		address_write6(&ctx, want, 4242);
		CHECK_ROW(name, !memcmp(ctx.user_ip6, want, 16) && ctx.user_port == htons(4242));
		ctx = (struct bpf_sock_addr){ 0 };
		address_write4(&ctx, want, 65535);
		memcpy(four, &ctx.user_ip4, 4);
		CHECK_ROW(name, !memcmp(four, want + 12, 4) && ctx.user_port == htons(65535));
		CHECK_ROW(name, !ctx.user_ip6[0] && !ctx.user_ip6[3]);
	}
}

/* ---- tell.h -------------------------------------------------------------------- */

static const struct abi_pair_counts *
pair(const char *skill, const char *target)
{
	struct abi_pair key = { 0 };

	snprintf(key.skill, sizeof(key.skill), "%s", skill);
	snprintf(key.target, sizeof(key.target), "%s", target);
	return bpf_map_lookup_elem(&ilk_pairs, &key);
}

static void
check_origin(void)
{
	struct abi_origin origin = { .port = 9 };

	begin();
	native.levels[0] = 1;
	native.levels[1] = SKILL;
	native.levels[2] = 77;
	origin_of_task(&origin, SKILL, 66);
	CHECK(origin.port == 9 && origin.cgroup == SKILL && origin.leaf == 77 && origin.netns == 66);
	CHECK(origin.time == 12345 && origin.start == 4711);
	CHECK(origin.pid == 100 && origin.tid == 101 && origin.uid == 1000);
	CHECK(!strcmp(origin.comm, "psql"));
}

static struct abi_event
said(void)
{
	struct abi_event event;

	memcpy(&event, native.event, sizeof(event));
	return event;
}

static void
check_telling(void)
{
	struct abi_origin origin = { .port = 5432, .pid = 100 };
	struct asker asker = { .who = WHO_OTHER };
	struct abi_session session = { 70, 3, 2 };
	struct abi_counts counts = { .skill = "shop" };
	const struct abi_counts *row;
	struct abi_event event;

	begin();
	CHECK(inet_pton(AF_INET6, "::ffff:10.0.0.1", origin.ip) == 1);
	put_target("::ffff:10.0.0.1", 5432, "db");
	row = native_put(&ilk_counts, &session, sizeof(session), &counts, sizeof(counts));
	native.levels[0] = SKILL;
	asker_of_task(&asker);
	memset(native.event, 0xaa, sizeof(native.event));
	tell(&origin, &asker, ABI_BLOCKED, 6);
	CHECK(native.events == 1 && said().reason == ABI_BLOCKED && said().protocol == 6);
	event = said();
	CHECK(!memcmp(&event.origin, &origin, sizeof(origin)) && !strcmp(event.skill, "shop"));
	CHECK(row->refused == 1 && stat_of(ABI_BLOCKED) == 1);
	CHECK(pair("shop", "db") && pair("shop", "db")->refused == 1);
	origin.port = 1;
	tell(&origin, &asker, ABI_NO_TARGET, 6);
	CHECK(pair("shop", "")->refused == 1 && pair("shop", "db")->refused == 1);
	/* somebody without a skill: told, and nobody's */
	asker = (struct asker){ .who = WHO_WORKER };
	tell(&origin, &asker, ABI_WORKER_FENCE, 6);
	CHECK(native.events == 3 && said().skill[0] == '\0' && row->refused == 2);
	CHECK(stat_of(ABI_STAT_LOST) == 0);
}

/* What finds no room is lost and counted as lost; all other counts are whole. */
static void
check_no_room(void)
{
	struct abi_origin origin = { .port = 5432 };
	struct asker asker;

	begin();
	native.levels[0] = SKILL;
	asker_of_task(&asker);
	native.ring_is_full = native.rows_fail = true;
	for (int i = 0; i < 5; i++)
		tell(&origin, &asker, ABI_NO_TARGET, 6);
	CHECK(native.events == 0 && stat_of(ABI_STAT_LOST) == 5 && stat_of(ABI_NO_TARGET) == 5);
	CHECK(!pair("shop", "") && pair("", "")->refused == 5);
	native.ring_is_full = false;
	tell(&origin, &asker, ABI_NO_TARGET, 6);
	CHECK(native.events == 1 && stat_of(ABI_STAT_LOST) == 5);
	/* without any row nothing is counted, and nothing breaks */
	memset(native.rows, 0, sizeof(native.rows));
	native.rows_fail = true;
	tell(&origin, &(struct asker){ .who = WHO_SKILL }, ABI_NO_TARGET, 6);
	CHECK(native.events == 2);
	CHECK(refuse(EACCES) == REFUSED && native.retval == -EACCES);
}

/* ---- count.h ------------------------------------------------------------------- */

static void
check_rows(void)
{
	struct abi_skill skill = { .session_time = 5, .session_chance = 6, .session_slot = 7, .name = "x" };
	struct abi_counts counts = { .skill = "x" };
	struct abi_target target = { .name = "there" };
	struct abi_session session;

	begin();
	session_of(&skill, &session);
	CHECK(session.time == 5 && session.chance == 6 && session.slot == 7);
	CHECK(!strcmp(counts_of(&session)->skill, "(none)"));
	CHECK(!strcmp(counts_of_skill(&skill)->skill, "(none)"));
	native_put(&ilk_counts, &session, sizeof(session), &counts, sizeof(counts));
	CHECK(!strcmp(counts_of(&session)->skill, "x"));
	CHECK(!strcmp(counts_of_skill(&skill)->skill, "x"));
	for (int i = 0; i < 3; i++)
		count_pair(&skill, &target, false);
	count_pair(&skill, &target, true);
	count_pair(&skill, NULL, true);
	CHECK(pair("x", "there")->diverted == 3 && pair("x", "there")->refused == 1);
	CHECK(pair("x", "")->diverted == 0 && pair("x", "")->refused == 1);
	CHECK(pair_row(&(struct abi_pair){ .skill = "y" }) == pair("", ""));
}

static const struct {
	const char *name;
	struct tcp_sock tcp;
	uint64_t flags;
	uint32_t in, out;		/* it began with */
	struct abi_tally before, after;
	bool was_final, is_last;
} flows[] = {
	{ "nothing yet", { .copied_seq = 5, .rcv_nxt = 5, .write_seq = 9 }, 0, 5, 9,
	  { 0, 0 }, { 0, 0 }, false, false },
	{ "read and written", { .copied_seq = 105, .rcv_nxt = 105, .write_seq = 59,
	  .bytes_received = 100, .bytes_acked = 50 }, 0, 5, 9, { 0, 0 }, { 100, 50 }, false, false },
	{ "half was read", { .copied_seq = 45, .rcv_nxt = 105, .write_seq = 9,
	  .bytes_received = 100 }, 0, 5, 9, { 0, 0 }, { 40, 0 }, false, false },
	{ "its end was read too", { .copied_seq = 106, .rcv_nxt = 106, .write_seq = 9,
	  .bytes_received = 100 }, 1 << SOCK_DONE, 5, 9, { 0, 0 }, { 100, 0 }, false, false },
	{ "its end is here, not read", { .copied_seq = 45, .rcv_nxt = 106, .write_seq = 9,
	  .bytes_received = 100 }, 1 << SOCK_DONE, 5, 9, { 0, 0 }, { 40, 0 }, false, false },
	{ "what was read never becomes less", { .copied_seq = 5, .rcv_nxt = 5, .write_seq = 9 }, 0, 5, 9,
	  { 70, 0 }, { 70, 0 }, false, false },
	{ "after its own end it writes no more", { .copied_seq = 5, .rcv_nxt = 5, .write_seq = 60,
	  .bytes_acked = 51 }, 0, 5, 9, { 0, 50 }, { 0, 50 }, true, false },
	{ "the last sample", { .copied_seq = 5, .rcv_nxt = 5, .write_seq = 59, .bytes_acked = 50 }, 0, 5, 9,
	  { 0, 20 }, { 0, 50 }, false, true },
};

static void
check_flows(void)
{
	for (size_t i = 0; i < COUNT(flows); i++) {
		struct tcp_sock tcp = flows[i].tcp;
		struct flow flow = { .in = flows[i].in, .out = flows[i].out,
			.tally = flows[i].before, .out_is_final = flows[i].was_final };

		tcp.inet_conn.icsk_inet.sk.__sk_common.skc_flags = flows[i].flags;
		flow_sample(&flow, &tcp, flows[i].is_last);
		CHECK_ROW(flows[i].name, flow.tally.in == flows[i].after.in);
		CHECK_ROW(flows[i].name, flow.tally.out == flows[i].after.out);
		CHECK_ROW(flows[i].name, flow.out_is_final == (flows[i].was_final || flows[i].is_last));
	}
}

static void
check_unlist(void)
{
	struct flow flow = { .cookie = 99 };
	struct abi_live live = { .skill = "x" };

	begin();
	native_put(&ilk_live, &flow.cookie, sizeof(flow.cookie), &live, sizeof(live));
	flow_unlist(&flow);
	CHECK(!bpf_map_lookup_elem(&ilk_live, &flow.cookie));
	flow_unlist(&flow);
}

int
main(void)
{
	check_tasks();
	check_sockets();
	check_addresses();
	check_origin();
	check_telling();
	check_no_room();
	check_rows();
	check_flows();
	check_unlist();
	return check_end();
}
