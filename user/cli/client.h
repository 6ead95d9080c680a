/*
 * client.h: one conversation of the command with the daemon (desk/control.h).
 * Connects to run_directory/control.sock, sends one line, reads rows until the
 * final ok, and turns what went wrong into exit codes (cli/cli.h), having said
 * it on standard error.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/instance.h"

struct client;

/* One row of an answer. False: stop reading. */
typedef bool (*client_row_fn)(void *arg, const json_t *row);

/* Print "interlock: …" to standard error. */
void client_complain(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* Say nothing, for who tries again by itself; or say it again. */
void client_hush(bool on);

/* Connect. Returns CLI_OK, or CLI_DAEMON or CLI_PERMISSION, having complained. */
int client_open(struct client **out, const struct instance *);
/* Send `request` (taken), with "v" added. Returns 0 or -errno. */
int client_send(struct client *, json_t *request);
/* Put descriptors 0, 1 and 2 into the socket that came with a line, if one has
 * come and they have not yet been put. Returns 0 or -errno. */
int client_give_stdio(struct client *);
/* Read one line into *line, which the caller then owns. Returns 0, -EPIPE (the
 * daemon has ended the conversation), -EPROTO (no line of ours) or another -errno. */
int client_read(struct client *, json_t **line);
/* Has a line been read already? Then polling may wait in vain. */
bool client_has_line(const struct client *);
/* The descriptor, to poll while something else is waited for. */
int client_fd(const struct client *);
void client_close(struct client **);

/*
 * The whole of it: connect, send `request` (taken), give each row to `fn` (NULL:
 * none are wanted), and, when *answer is wanted, the final line to the caller.
 * Returns CLI_OK, or the exit code of what failed, having complained.
 */
int client_call(const struct instance *, json_t *request, client_row_fn fn,
    void *arg, json_t **answer);
/* The exit code of a final line; complains when it is not ok. */
int client_judge(const json_t *line);

#endif
