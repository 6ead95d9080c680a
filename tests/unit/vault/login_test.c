/*
 * Logging in to a real PostgreSQL with these proofs and messages written by hand:
 * the right password is accepted, a wrong one refused, by SCRAM, md5 and cleartext.
 * Needs root, to run the server as the user postgres.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/secret.h"
#include "check.h"
#include "out.h"
#include "vault/keys.h"
#include "vault/md5.h"
#include "vault/scram.h"

#define BIN "/usr/lib/postgresql/15/bin"

static char place[] = "/tmp/login_test.XXXXXX";

static const char start_script[] =
    "set -e; cd %1$s; chown postgres %1$s\n"
    "runuser -u postgres -- " BIN "/initdb -D %1$s/data -A trust -N -E UTF8 --locale=C.UTF-8 >initdb.log\n"
    "printf '%%s\\n' \"CREATE ROLE alice LOGIN PASSWORD 'pencil';\" "
    "\"CREATE ROLE umlaut LOGIN PASSWORD 'p\303\244ssw\303\266rd';\" "
    "\"SET password_encryption='md5';\" \"CREATE ROLE bob LOGIN PASSWORD 'crayon';\" "
    "\"CREATE ROLE carol LOGIN PASSWORD 'chalk';\" >roles.sql\n"
    "runuser -u postgres -- " BIN "/postgres --single -D data postgres <roles.sql >roles.log\n"
    "printf 'local all alice scram-sha-256\\nlocal all umlaut scram-sha-256\\n"
    "local all bob md5\\nlocal all carol password\\n' >data/pg_hba.conf\n"
    "runuser -u postgres -- " BIN "/pg_ctl -D data -w -s -l %1$s/server.log "
    "-o \"-c listen_addresses= -c fsync=off -k %1$s\" start\n";

static bool
run(const char *format)
{
	char script[2048];

	snprintf(script, sizeof(script), format, place);
	return system(script) == 0;
}

/* ---- messages of protocol 3, by hand ---- */

static int
dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432", place);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Send a message with its length put in; tag 0: none. */
static void
say(int fd, char tag, struct span body)
{
	struct out out = out_new(4096);

	if (tag)
		out_u8(&out, (uint8_t)tag);
	out_be32(&out, (uint32_t)body.n + 4);
	out_span(&out, body);
	CHECK(write(fd, out.p, out.n) == (ssize_t)out.n);
	out_free(&out);
}

static bool
read_whole(int fd, uint8_t *p, size_t n)
{
	return recv(fd, p, n, MSG_WAITALL) == (ssize_t)n;
}

/* The next message: its tag, 0 at the end. */
static char
hear(int fd, uint8_t room[4096], struct span *body)
{
	uint8_t head[5];
	uint32_t n;

	if (!read_whole(fd, head, 5))
		return 0;
	n = span_be32(span_of(head, 5), 1) - 4;
	if (n > 4096 || !read_whole(fd, room, n))
		return 0;
	*body = span_of(room, n);
	return (char)head[0];
}

/* ---- a login ---- */

struct login {
	int fd;
	struct span role, password;
	struct scram scram;
	bool is_checked;
};

static void
begin(struct login *login)
{
	struct out out = out_new(1024), first = out_new(1024);

	CHECK(scram_begin(&login->scram, SPAN(""), SPAN("fyko+d2lbbFgONRv9qkxdawL")) == 0);
	scram_first(&login->scram, &first);
	out_text(&out, "SCRAM-SHA-256");
	out_block(&out, out_view(&first));
	say(login->fd, 'p', out_view(&out));
	out_free(&out);
	out_free(&first);
}

static void
prove(struct login *login, struct span message)
{
	struct scram_offer offer;
	struct secret keys = { 0 };
	struct out out = out_new(1024);

	CHECK(scram_read(&login->scram, message, &offer) == 0);
	CHECK(make_keys(login->password, &offer, &keys) == 0);
	CHECK(scram_final(&login->scram, message, &offer, &keys, &out) == 0);
	say(login->fd, 'p', out_view(&out));
	out_free(&out);
	secret_free(&keys);
}

static void
answer_md5(struct login *login, struct span salt)
{
	char proof[MD5_PROOF + 1];

	CHECK(md5_prove(login->password, login->role, salt, proof) == 0);
	say(login->fd, 'p', span_of(proof, sizeof(proof)));
}

/* One authentication request. True: logged in. */
static bool
answer(struct login *login, struct span body)
{
	struct span rest = span_skip(body, 4);
	struct out out = out_new(256);

	switch (span_be32(body, 0)) {
	case 0:
		return true;
	case 3:
		out_span(&out, login->password);
		out_u8(&out, 0);
		say(login->fd, 'p', out_view(&out));
		out_free(&out);
		break;
	case 5:
		answer_md5(login, rest);
		break;
	case 10:
		begin(login);
		break;
	case 11:
		prove(login, rest);
		break;
	case 12:
		login->is_checked = scram_check(&login->scram, rest) == 0;
		break;
	default:
		CHECK(!"a request nobody knows");
	}
	return false;
}

/* Log in. True: the server took it, and showed that it knows the secret where it can. */
static bool
log_in(const char *role, const char *password, bool is_scram)
{
	struct login login = { .fd = dial(), .role = span_text(role), .password = span_text(password) };
	struct out out = out_new(256);
	uint8_t room[4096];
	struct span body;
	bool done = false;
	char tag;

	out_be32(&out, 196608);
	out_text(&out, "user");
	out_text(&out, role);
	out_text(&out, "database");
	out_text(&out, "postgres");
	out_u8(&out, 0);
	say(login.fd, 0, out_view(&out));
	out_free(&out);
	while (!done && (tag = hear(login.fd, room, &body)) == 'R' && body.n >= 4)
		done = answer(&login, body);
	close(login.fd);
	if (done && is_scram)
		CHECK_ROW(role, login.is_checked);
	return done;
}

static const struct {
	const char *role, *right, *wrong;
	bool is_scram;
} rows[] = {
	{ "alice", "pencil", "pencil ", true },
	{ "umlaut", "p\303\244ssw\303\266rd", "password", true },
	{ "bob", "crayon", "Crayon", false },
	{ "carol", "chalk", "cheese", false },
};

int
main(void)
{
	if (geteuid() || !mkdtemp(place) || chmod(place, 0755)) {
		fprintf(stderr, "this test starts a PostgreSQL and needs root\n");
		return 1;
	}
	if (CHECK(run(start_script))) {
		for (size_t i = 0; i < COUNT(rows); i++) {
			CHECK_ROW(rows[i].role, log_in(rows[i].role, rows[i].right, rows[i].is_scram));
			CHECK_ROW(rows[i].role, !log_in(rows[i].role, rows[i].wrong, rows[i].is_scram));
		}
		CHECK(run("runuser -u postgres -- " BIN "/pg_ctl -D %1$s/data -s -m immediate stop"));
	} else {
		run("cat %1$s/*.log >&2");
	}
	CHECK(run("rm -rf %1$s"));
	return check_end();
}
