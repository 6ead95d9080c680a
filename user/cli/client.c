/*
 * client.c: speak to the daemon, line by line. Lines longer than CONTROL_LINE end
 * the conversation.
 */
#include "cli/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/must.h"
#include "cli/cli.h"
#include "desk/control.h"
#include "out.h"

struct client {
	int fd;
	int handed;		/* came with a line; -1: none */
	struct out in;		/* read and not yet a line */
};

static bool is_hushed;

void
client_hush(bool on)
{
	is_hushed = on;
}

void
client_complain(const char *format, ...)
{
	va_list arguments;

	if (is_hushed)
		return;
	va_start(arguments, format);
	fputs("interlock: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd cleanup(close_fd) = -1;
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);

	if (n < 0 || (size_t)n >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address,
	    sizeof(address)) < 0)
		return -errno;
	return take_fd(&fd);
}

int
client_open(struct client **out, const struct instance *instance)
{
	char path[INSTANCE_PATH_SIZE + sizeof(CONTROL_SOCKET) + 1];
	struct client *client;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", instance->run_directory,
	    CONTROL_SOCKET);
	fd = connect_to(path);
	if (fd == -EACCES || fd == -EPERM) {
		client_complain("%s: not permitted", path);
		return CLI_PERMISSION;
	}
	if (fd < 0) {
		client_complain("the daemon cannot be reached at %s (%s): is "
		    "interlockd running?", path, strerror(-fd));
		return CLI_DAEMON;
	}
	client = calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		client_complain("no memory");
		return CLI_FAILED;
	}
	client->fd = fd;
	client->handed = -1;
	client->in = out_new(CONTROL_LINE);
	*out = client;
	return CLI_OK;
}

int
client_send(struct client *client, json_t *request)
{
	struct out line cleanup(out_free) = out_new(CONTROL_LINE);
	char *text cleanup(free_memory) = NULL;
	struct span rest;

	if (request)
		json_object_set_new(request, "v", json_integer(CONTROL_VERSION));
	text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_decref(request);
	if (!text)
		return -ENOMEM;
	out_span(&line, span_text(text));
	out_u8(&line, '\n');
	if (line.failed)
		return -EMSGSIZE;
	for (rest = out_view(&line); rest.n > 0;) {
		ssize_t n = send(client->fd, rest.p, rest.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		rest = span_skip(rest, (size_t)n);
	}
	return 0;
}

int
client_give_stdio(struct client *client)
{
	static const int stdio[] = { 0, 1, 2 };
	cleanup(close_fd) int to = take_fd(&client->handed);
	union {
		char room[CMSG_SPACE(sizeof(stdio))];
		struct cmsghdr align;
	} control = { .room = { 0 } };
	char byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	if (to < 0)
		return 0;
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(stdio));
	memcpy(CMSG_DATA(head), stdio, sizeof(stdio));
	return sendmsg(to, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* As read(), with the descriptor that may come along. */
static ssize_t
receive(struct client *client, void *room, size_t size)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { room, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(client->fd, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *head = n < 0 ? NULL : CMSG_FIRSTHDR(&message);

	if (head && head->cmsg_level == SOL_SOCKET &&
	    head->cmsg_type == SCM_RIGHTS) {
		close_fd(&client->handed);
		memcpy(&client->handed, CMSG_DATA(head), sizeof(int));
	}
	return n;
}

static const uint8_t *
end_of_line(const struct client *client)
{
	return client->in.n ? memchr(client->in.p, '\n', client->in.n) : NULL;
}

bool
client_has_line(const struct client *client)
{
	return end_of_line(client);
}

int
client_read(struct client *client, json_t **line)
{
	char room[16384];

	for (;;) {
		const uint8_t *end = end_of_line(client);
		ssize_t n;

		if (end) {
			size_t length = (size_t)(end - client->in.p);
			json_t *json = json_loadb((char *)client->in.p, length,
			    JSON_REJECT_DUPLICATES, NULL);

			out_drop(&client->in, length + 1);
			if (!json_is_object(json)) {
				json_decref(json);
				return -EPROTO;
			}
			*line = json;
			return 0;
		}
		n = receive(client, room, sizeof(room));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		out_bytes(&client->in, room, (size_t)n);
		if (client->in.failed)
			return -EPROTO;
	}
}

int
client_fd(const struct client *client)
{
	return client->fd;
}

void
client_close(struct client **client)
{
	if (!*client)
		return;
	close((*client)->fd);
	close_fd(&(*client)->handed);
	out_free(&(*client)->in);
	free(*client);
	*client = NULL;
}

int
client_judge(const json_t *line)
{
	const char *error = json_string_value(json_object_get(line, "error"));
	json_int_t code = json_integer_value(json_object_get(line, "code"));

	if (json_is_true(json_object_get(line, "ok")))
		return CLI_OK;
	client_complain("%s", error ? error : "the daemon said no");
	if (code == CLI_NO_EXECUTION || code == CLI_NO_COMMAND)
		return (int)code;
	return code > CLI_OK && code <= CLI_FAILED ? (int)code : CLI_FAILED;
}

/* Rows until the final line. */
static int
read_answer(struct client *client, client_row_fn fn, void *arg, json_t **answer)
{
	for (;;) {
		json_t *line = NULL;
		const json_t *row;
		int status = client_read(client, &line);

		if (status < 0) {
			client_complain("the daemon ended the conversation: %s",
			    strerror(-status));
			return CLI_DAEMON;
		}
		row = json_object_get(line, "row");
		if (row) {
			bool goes_on = !fn || fn(arg, row);

			json_decref(line);
			if (goes_on)
				continue;
			return CLI_OK;
		}
		status = client_judge(line);
		if (answer)
			*answer = line;
		else
			json_decref(line);
		return status;
	}
}

int
client_call(const struct instance *instance, json_t *request, client_row_fn fn,
    void *arg, json_t **answer)
{
	struct client *client cleanup(client_close) = NULL;
	int status = client_open(&client, instance);

	if (status != CLI_OK) {
		json_decref(request);
		return status;
	}
	status = client_send(client, request);
	if (status < 0) {
		client_complain("the daemon cannot be asked: %s",
		    strerror(-status));
		return CLI_DAEMON;
	}
	return read_answer(client, fn, arg, answer);
}
