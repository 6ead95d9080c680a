/*
 * outside.c: what a policy points at outside itself: bundles of certificates,
 * files of secrets, addresses of names. Secrets are looked at, never opened.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "msg.h"
#include "rules/source.h"
#include "rules/work.h"

#define ROOTS_LIMIT (1u << 20)

const char *
roots_read(struct work *work, const struct node *at, const char *path,
    const char *what)
{
	struct span pem;
	int status = source_read_file(work->arena, path, ROOTS_LIMIT, &pem);

	if (status == -ENOMEM) {
		work->has_memory = false;
		return NULL;
	}
	if (status < 0) {
		fault_add(work->faults, at->place, "%s: roots: %.120s "
		    "cannot be read: %s; expected a file of CA certificates",
		    what, path, strerror(-status));
		return NULL;
	}
	if (strlen((const char *)pem.p) != pem.n ||
	    !strstr((const char *)pem.p, "-----BEGIN CERTIFICATE-----")) {
		fault_add(work->faults, at->place, "%s: roots: found no "
		    "certificate in %.120s, expected CA certificates in PEM",
		    what, path);
		return NULL;
	}
	return (const char *)pem.p;
}

void
secret_check(struct work *work, const struct node *at, const char *path,
    const char *what)
{
	uint32_t keeper = work->options->uid_base + SLOT_KEEPER;
	struct stat st;

	if (work->options->is_offline)
		return;
	/* syscalls(policy): newfstatat */
	if (stat(path, &st) < 0) {
		fault_add(work->faults, at->place, "%s: %.120s: "
		    "%s; expected a file, see `interlock secret set`", what,
		    path, strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode))
		fault_add(work->faults, at->place, "%s: %.120s "
		    "is not a plain file, expected one", what, path);
	if (st.st_mode & 077)
		fault_add(work->faults, at->place, "%s: %.120s "
		    "has mode %04o, expected 0600: no one else may read it",
		    what, path, st.st_mode & 07777);
	if (st.st_uid != 0 && st.st_uid != keeper)
		fault_add(work->faults, at->place, "%s: %.120s "
		    "belongs to uid %u, expected root or the keeper (uid %u)",
		    what, path, st.st_uid, keeper);
}

void
secret_place(struct work *work, const struct node *node, const char *what,
    enum view_secret_from *from, const char **path)
{
	const char *text = work_scalar(node);

	*from = SECRET_NONE;
	*path = "";
	if (!node)
		return;
	if (strncmp(text, "file:/", 6) == 0) {
		*from = SECRET_FILE;
		*path = text + 5;
		secret_check(work, node, *path, what);
	} else if (strncmp(text, "credential:", 11) == 0 && text[11] &&
	    !strchr(text + 11, '/')) {
		*from = SECRET_CREDENTIAL;
		*path = text + 11;
	} else {
		fault_add(work->faults, node->place, "%s: expected file:/PATH "
		    "or credential:NAME, never the secret itself", what);
	}
}

static void
add_answer(struct work *work, const struct sockaddr *from, uint16_t port,
    struct list *to)
{
	struct view_address *address = work_take(work, sizeof(*address));
	char text[INET6_ADDRSTRLEN];
	const void *raw = from->sa_family == AF_INET ?
	    (const void *)&((const struct sockaddr_in *)(const void *)from)->sin_addr :
	    (const void *)&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;

	if (!address || !inet_ntop(from->sa_family, raw, text, sizeof(text)) ||
	    !address_read(text, address->ip))
		return;
	address->port = port;
	for (size_t i = 0; i < to->n; i++) {
		if (memcmp(to->v[i], address, sizeof(*address)) == 0)
			return;
	}
	list_add(work, to, address);
}

void
resolve_name(struct work *work, const struct node *at, uint16_t port,
    struct list *to)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *answers = NULL;
	int error;

	if (at->n == 0)
		return;
	/* syscalls(policy): socket connect bind getsockname sendto sendmmsg
	 * recvfrom recvmsg poll ioctl setsockopt uname lseek */
	error = getaddrinfo(at->text, NULL, &hints, &answers);
	if (error) {
		fault_add(work->faults, at->place, "names: \"%.80s\" does not "
		    "resolve: %s; expected a name the system knows", at->text,
		    gai_strerror(error));
		return;
	}
	for (const struct addrinfo *answer = answers; answer;
	    answer = answer->ai_next) {
		if (answer->ai_family == AF_INET ||
		    answer->ai_family == AF_INET6)
			add_answer(work, answer->ai_addr, port, to);
	}
	freeaddrinfo(answers);
}
