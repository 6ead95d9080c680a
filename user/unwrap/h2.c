/*
 * h2.c: one connection of HTTP/2, from its first byte to its last.
 * Bytes go past the guard into libnghttp2, which calls h2_peer.c; what it wants sent is fetched by h2_write() and
 * nowhere else. Once broken, nothing is read any more, and what is still sent ends with GOAWAY.
 */
#include "unwrap/h2.h"

#include <errno.h>
#include <stdlib.h>

#include "base/must.h"
#include "unwrap/h2_inside.h"

#define PLACES_SPARE 28		/* for streams that have ended, and are not freed yet */
#define PATIENCE_OF_SECOND 100

const struct h2_limits h2_limits_usual = {
	.streams = 100,
	.header_bytes = 64u << 10,
	.stream_window = 128u << 10,
	.connection_window = 512u << 10,
	.waiting_bytes = 2u << 20,
	.queue_bytes = 64u << 10,
	.patience = 2000,
	.linger_bytes = H2_LINGER_BYTES,
	.linger_seconds = 30,
	.memory = 4u << 20,
};

static void
free_callbacks(nghttp2_session_callbacks **callbacks)
{
	nghttp2_session_callbacks_del(*callbacks);
}

static void
free_option(nghttp2_option **option)
{
	nghttp2_option_del(*option);
}

/* What is said of us at once (RFC 9113 section 6.5.2). */
static int
submit_settings(struct h2 *h2)
{
	const struct h2_limits *limits = &h2->limits;
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits->stream_window },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits->header_bytes },
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, h2->is_server ? limits->streams : 0 },
		/* a server pushes nothing to us, and has no tree of priorities (RFC 9218 section 2.1) */
		{ h2->is_server ? NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES : NGHTTP2_SETTINGS_ENABLE_PUSH, h2->is_server },
	};
	int r = nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings, COUNT(settings));

	return r ? r : nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0, (int32_t)limits->connection_window);
}

static int
session_new(struct h2 *h2)
{
	cleanup(free_callbacks) nghttp2_session_callbacks *callbacks = NULL;
	cleanup(free_option) nghttp2_option *option = NULL;
	nghttp2_mem memory = h2_memory_functions(&h2->memory);
	int r;

	if (nghttp2_session_callbacks_new(&callbacks) || nghttp2_option_new(&option))
		return -ENOMEM;
	h2_peer_set(callbacks);
	nghttp2_option_set_no_auto_window_update(option, 1);	/* taking opens them */
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_max_reserved_remote_streams(option, 0);
	nghttp2_option_set_max_send_header_block_length(option, 4 * (size_t)h2->limits.header_bytes);
	r = h2->is_server ? nghttp2_session_server_new3(&h2->session, callbacks, h2, option, &memory) :
	    nghttp2_session_client_new3(&h2->session, callbacks, h2, option, &memory);
	return r || submit_settings(h2) ? -ENOMEM : 0;
}

static int
new_face(struct h2 **out, const char *scheme, const struct h2_limits *limits, bool is_server)
{
	cleanup(h2_free) struct h2 *h2 = calloc(1, sizeof(*h2));

	if (!h2)
		return -ENOMEM;
	h2->limits = limits ? *limits : h2_limits_usual;
	limits = &h2->limits;
	must(limits->streams > 0 && limits->streams <= H2_STREAMS_MAX && limits->stream_window >= 65535 &&
	    limits->connection_window >= limits->stream_window && limits->connection_window <= 1u << 30);
	h2->scheme = scheme;
	h2->is_server = is_server;
	h2->unpinged = H2_PING_S;
	h2->why = "";
	h2->memory.limit = limits->memory;
	h2->slot_count = limits->streams + PLACES_SPARE;
	h2->slots = calloc(h2->slot_count, sizeof(struct h2_stream *));
	h2->numbers = calloc(h2->slot_count, sizeof(uint32_t));
	h2_guard_begin(&h2->guard, limits->patience, is_server);
	if (!h2->slots || !h2->numbers || session_new(h2))
		return -ENOMEM;
	*out = take(&h2);
	return 0;
}

int
h2_server_new(struct h2 **out, const char *scheme, const struct h2_limits *limits)
{
	return new_face(out, scheme, limits, true);
}

int
h2_client_new(struct h2 **out, const char *scheme, const struct h2_limits *limits)
{
	return new_face(out, scheme, limits, false);
}

void
h2_break(struct h2 *h2, const char *why, uint32_t code)
{
	if (h2->is_broken)
		return;
	if (code)
		nghttp2_session_terminate_session(h2->session, code);
	h2_streams_lose(h2, code ? code : H2_PROTOCOL_ERROR);
	h2->is_broken = true;
	h2->why = why;
}

static enum h2_state
state_of(const struct h2 *h2)
{
	if (h2->is_broken)
		return H2_BROKEN;
	if (!h2->is_going)
		return H2_OPEN;
	return nghttp2_session_want_read(h2->session) || nghttp2_session_want_write(h2->session) ? H2_GOING : H2_CLOSED;
}

/* Plain words for what libnghttp2 cannot go on after. */
static const char *
sentence_of(int error)
{
	switch (error) {
	case NGHTTP2_ERR_NOMEM:
		return "the connection needs more memory than it may have";
	case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
		return "the connection does not begin as HTTP/2 does";
	case NGHTTP2_ERR_FLOODED:
		return "the peer asks and does not read the answers";
	default:
		return "libnghttp2 failed";
	}
}

enum h2_state
h2_read(struct h2 *h2, struct span in)
{
	const char *why = h2->is_broken ? NULL : h2_guard_read(&h2->guard, in);
	ssize_t n;

	if (why)
		h2_break(h2, why, H2_ENHANCE_YOUR_CALM);
	if (h2->is_broken || !in.n)
		return state_of(h2);
	n = nghttp2_session_mem_recv(h2->session, in.p, in.n);
	if (n < 0)
		h2_break(h2, sentence_of((int)n), 0);
	return state_of(h2);
}

enum h2_state
h2_write(struct h2 *h2, struct out *wire)
{
	const uint8_t *p;
	ssize_t n = 1;	/* as long as there was something */

	while (wire->n < H2_WIRE_BYTES && n > 0) {
		n = nghttp2_session_mem_send(h2->session, &p);
		if (n > 0)
			out_bytes(wire, p, (size_t)n);
	}
	h2->is_cut = n > 0 && !wire->failed;
	if (n < 0)
		h2_break(h2, sentence_of((int)n), 0);
	if (wire->failed)
		h2_break(h2, "no room for what HTTP/2 sends", 0);
	h2_streams_relieve(h2);
	return state_of(h2);
}

bool
h2_wants_write(const struct h2 *h2)
{
	return h2->is_cut;
}

int
h2_take_sockets(struct h2 *h2)
{
	const nghttp2_settings_entry setting = { NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1 };

	if (h2->is_broken || h2->takes_sockets)
		return 0;
	if (nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, &setting, 1))
		return -ENOMEM;
	h2->takes_sockets = true;
	return 0;
}

void
h2_goaway(struct h2 *h2)
{
	if (h2->is_broken || h2->is_going)
		return;
	h2->is_going = true;
	nghttp2_submit_goaway(h2->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(h2->session),
	    NGHTTP2_NO_ERROR, NULL, 0);
}

void
h2_rest(struct h2 *h2, uint32_t seconds)
{
	h2_linger_rest(h2, seconds);
	h2->unpinged = seconds < H2_PING_S - h2->unpinged ? h2->unpinged + seconds : H2_PING_S;
	h2_guard_earn(&h2->guard, seconds < h2->limits.patience ? seconds * PATIENCE_OF_SECOND : h2->limits.patience);
}

void
h2_ping(struct h2 *h2)
{
	if (h2->is_broken || h2->unpinged < H2_PING_S)
		return;
	h2->unpinged = 0;
	(void)nghttp2_submit_ping(h2->session, NGHTTP2_FLAG_NONE, NULL);	/* without memory for it there is none */
}

const char *
h2_error(const struct h2 *h2)
{
	return h2->why;
}

void
h2_free(struct h2 **h2)
{
	struct h2 *it = *h2;

	if (!it)
		return;
	nghttp2_session_del(it->session);
	it->session = NULL;
	it->is_broken = true;
	for (uint32_t i = 0; i < it->slot_count && it->slots; i++)
		if (it->slots[i])
			h2_stream_drop(it, it->slots[i]);
	h2_block_free(&it->block);
	free(it->slots);
	free(it->numbers);
	free(it);
	*h2 = NULL;
}
