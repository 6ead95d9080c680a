/* Asking for proofs and hearing them: every prefix, and a real channel. */
#include "inject/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/log.h"
#include "check.h"
#include "id.h"
#include "loop/loop.h"
#include "msg.h"
#include "msg/post.h"
#include "out.h"
#include "vault/vault.h"

static const struct {
	const char *name;
	struct span body;
	bool right;
	int status;
	uint8_t step;
	const char *output;
} rows[] = {
	{ "proof", SPAN("\0\0\0\0\1\0\0\0\3md5"), true, 0, VAULT_MD5, "md5" },
	{ "checked", SPAN("\0\0\0\0\4\0\0\0\0"), true, 0, VAULT_SCRAM_CHECK, "" },
	{ "refused", SPAN("\0\0\0\15\3\0\0\0\0"), true, EACCES, VAULT_SCRAM_FINAL, "" },
	{ "refused with bytes", SPAN("\0\0\0\15\3\0\0\0\1x"), false, 0, 0, "" },
	{ "byte over", SPAN("\0\0\0\0\1\0\0\0\3md5x"), false, 0, 0, "" },
	{ "no step", SPAN("\0\0\0\0\0\0\0\0\3md5"), false, 0, 0, "" },
	{ "step beyond", SPAN("\0\0\0\0\377\0\0\0\3md5"), false, 0, 0, "" },
	{ "no errno", SPAN("\0\0\20\0\1\0\0\0\0"), false, 0, 0, "" },
	{ "negative", SPAN("\377\377\377\363\1\0\0\0\0"), false, 0, 0, "" },
	{ "length beyond", SPAN("\0\0\0\0\1\377\377\377\377md5"), false, 0, 0, "" },
};

static void
check_hearing(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span output = SPAN("untouched");
		int status = -7;
		uint8_t step = 77;

		CHECK_ROW(rows[i].name, inject_hear(on_cliff(rows[i].body), &status,
		    &step, &output) == rows[i].right);
		if (rows[i].right) {
			CHECK_ROW(rows[i].name, status == rows[i].status && step == rows[i].step);
			CHECK_ROW(rows[i].name, span_is(output, rows[i].output));
		} else {
			CHECK_ROW(rows[i].name, status == -7 && step == 77 &&
			    span_is(output, "untouched"));
		}
		for (size_t n = 0; n < rows[i].body.n; n++)
			CHECK_ROW(rows[i].name, i == 4 || !inject_hear(
			    on_cliff(span_head(rows[i].body, n)), &status, &step, &output));
	}
}

static bool
hear_nothing(void *arg, unsigned int from, const struct msg_head *head,
    struct span body, int fd)
{
	(void)arg, (void)from, (void)head, (void)body, (void)fd;
	return true;
}

/* What goes out is what msg.h says. */
static void
check_asking(void)
{
	static const uint8_t expected[] = {
		0, 0, 0, 4, 's', 'h', 'o', 'p',
		0, 0, 0, 0, 0, 0, 3, 232, 0, 0, 0, 5, 8, ID_FLOW, 0, 0,
		VAULT_SCRAM_FINAL, 0, 0, 0, 4, 'r', '=', 'a', 'b',
	};
	static uint8_t big[INJECT_INPUT_MAX + 1];
	struct id flow = { .kind = ID_FLOW, .slot = 8, .chance = 5, .time = 1000 };
	struct loop *loop = NULL;
	struct post *post = NULL;
	struct msg_head head;
	uint8_t packet[8192];
	int ends[2];
	ssize_t n;

	/* the loop's descriptors must not lie where channels are looked for */
	while (open("/dev/null", O_RDONLY) < MSG_FD_PRIVATE)
		;
	CHECK(loop_new(&loop) == 0);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends))
		abort();
	for (int fd = MSG_FD_INSTANCE; fd < MSG_FD_PRIVATE; fd++)
		close(fd);
	if (dup2(ends[0], MSG_FD_CHANNEL(SLOT_KEEPER)) < 0)
		abort();
	CHECK(post_new(&post, loop, SLOT_WORKER, hear_nothing, NULL) == 0);
	CHECK(inject_ask(post, 42, SPAN("shop"), &flow, VAULT_SCRAM_FINAL, SPAN("r=ab")) == 0);
	n = recv(ends[1], packet, sizeof(packet), 0);
	CHECK(n == (ssize_t)(sizeof(head) + sizeof(expected)));
	memcpy(&head, packet, sizeof(head));
	CHECK(head.type == MSG_PROOF && head.id == 42 && head.length == sizeof(expected));
	CHECK(!memcmp(packet + sizeof(head), expected, sizeof(expected)));
	CHECK(inject_ask(post, 42, SPAN("shop"), &flow, 0, SPAN("")) == -EINVAL);
	CHECK(inject_ask(post, 42, SPAN("shop"), &flow, VAULT_STEPS, SPAN("")) == -EINVAL);
	CHECK(inject_ask(post, 42, SPAN("shop"), &flow, VAULT_MD5, span_of(big, sizeof(big))) == -EMSGSIZE);
	CHECK(inject_ask(post, 42, SPAN("shop"), &flow, VAULT_MD5, span_of(big, sizeof(big) - 1)) == 0);
	post_free(&post);
	loop_free(&loop);
}

int
main(void)
{
	check_hearing();
	check_asking();
	return check_end();
}
