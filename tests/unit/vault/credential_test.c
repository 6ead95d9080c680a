/* Credentials: from files and from systemd, trimmed once, kept until told. */
#include "vault/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "vault/keys.h"
#include "view.h"

static char place[] = "/tmp/credential_test.XXXXXX";

static const char *
put(const char *name, struct span text, mode_t mode)
{
	static char paths[16][128];
	static int next;
	char *path = paths[next++ % 16];
	int fd;

	snprintf(path, sizeof(paths[0]), "%s/%s", place, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n || fchmod(fd, mode))
		abort();
	close(fd);
	return path;
}

static void
check_find(struct credentials *all, const char *name, uint32_t target, int r, const char *text)
{
	struct credential *found = NULL;

	CHECK_ROW(name, credentials_find(all, target, &found) == r);
	if (r)
		CHECK_ROW(name, !found);
	else if (found)
		CHECK_ROW(name, span_is(secret_view(&found->password), text));
}

int
main(void)
{
	struct view_secret secrets[10] = { 0 };
	struct view_keeper view = { .secrets = secrets, .secret_count = COUNT(secrets) };
	struct credentials *all = NULL;
	struct credential *found = NULL;
	struct secret made = { 0 };
	uint64_t number;
	struct scram_offer offer = { .salt = "12345678", .salt_size = 8, .count = 4096 };
	char command[64], big[CREDENTIAL_MAX + 1];

	if (!mkdtemp(place))
		return 1;
	memset(big, 'x', sizeof(big));
	for (size_t i = 0; i < COUNT(secrets); i++)
		secrets[i] = (struct view_secret){ .target = "t", .role = "r", .from = SECRET_FILE, .path = "" };
	secrets[0].path = put("plain", SPAN("pencil"), 0600);
	secrets[1].path = put("line", SPAN("pencil\n"), 0400);
	secrets[2].path = put("lines", SPAN(" pencil\n\n"), 0600);
	secrets[3].path = put("open", SPAN("pencil"), 0644);
	secrets[4].path = put("nul", SPAN("pen\0cil"), 0600);
	secrets[5].path = put("newline", SPAN("\n"), 0600);
	secrets[6].path = put("big", span_of(big, sizeof(big)), 0600);
	secrets[7] = (struct view_secret){ .target = "t", .role = "r", .from = SECRET_CREDENTIAL, .path = "plain" };
	secrets[8] = (struct view_secret){ .target = "t", .role = "r", .from = SECRET_CREDENTIAL, .path = "../plain" };
	secrets[9] = (struct view_secret){ .target = "t", .role = "r", .from = SECRET_NONE, .path = "" };

	CHECK(credentials_new(&all, geteuid()) == 0);
	check_find(all, "before any policy", 0, -ENOENT, NULL);
	credentials_inherit(all, NULL);
	credentials_inherit(all, "/no/such/place");
	credentials_inherit(all, place);
	CHECK(credentials_policy(all, &view) == 0);
	check_find(all, "plain", 0, 0, "pencil");
	check_find(all, "one newline is cut", 1, 0, "pencil");
	check_find(all, "only one", 2, 0, " pencil\n");
	check_find(all, "readable by others", 3, -EPERM, NULL);
	check_find(all, "with a NUL", 4, -EINVAL, NULL);
	check_find(all, "only a newline", 5, -ENODATA, NULL);
	check_find(all, "too big", 6, -EFBIG, NULL);
	check_find(all, "of systemd", 7, 0, "pencil");
	check_find(all, "with a path for a name", 8, -ENOENT, NULL);
	check_find(all, "none", 9, -ENOENT, NULL);
	check_find(all, "no such target", 10, -ENOENT, NULL);

	/* SCRAM keys are kept for one salt and count */
	CHECK(credentials_find(all, 0, &found) == 0);
	CHECK(!credential_keys(found, &offer));
	CHECK(make_keys(SPAN("pencil"), &offer, &made) == 0);
	credential_keep(found, &offer, &made);
	CHECK(span_equal(secret_view(credential_keys(found, &offer)), secret_view(&made)));
	offer.salt[0] = 'x';
	CHECK(!credential_keys(found, &offer));
	credential_keep(found, &offer, &made);
	CHECK(credential_keys(found, &offer));
	offer.count++;
	CHECK(!credential_keys(found, &offer));
	secret_free(&made);
	number = found->number;

	/* kept until told */
	put("plain", SPAN("crayon"), 0600);
	check_find(all, "kept", 0, 0, "pencil");
	credentials_forget(all, 0);
	check_find(all, "changed", 0, 0, "crayon");
	CHECK(credentials_find(all, 0, &found) == 0 && !found->keys.p && found->number != number);
	put("plain", SPAN("chalk"), 0600);
	CHECK(credentials_policy(all, &view) == 0);
	check_find(all, "another policy", 0, 0, "chalk");
	check_find(all, "of systemd, still", 7, 0, "pencil");
	credentials_free(&all);
	snprintf(command, sizeof(command), "rm -r %s", place);
	CHECK(system(command) == 0);
	return check_end();
}
