/*
 * grpc.h: how gRPC frames its messages ("gRPC over HTTP2", "gRPC Web"): a byte of flags, the
 * length in four bytes, and the message. grpc-message is text in percent coding. Pure.
 */
#ifndef BASE_GRPC_H
#define BASE_GRPC_H

#include <stdbool.h>

#include "out.h"
#include "span.h"

#define GRPC_PREFIX 5
#define GRPC_MESSAGE_MOST (4u << 20)	/* a message that is looked into, as it is and unfolded: what gRPC's own readers take */

enum {
	GRPC_COMPRESSED = 1,	/* flag: by what grpc-encoding names */
	GRPC_TRAILERS = 0x80,	/* flag of gRPC-Web: it is no message, but the trailers */
};

/* What a content type says. */
enum grpc_type {
	GRPC_NONE,		/* not of gRPC */
	GRPC_PLAIN,		/* application/grpc, application/grpc+proto */
	GRPC_WEB,		/* application/grpc-web, +proto: trailers are a frame of the body */
	GRPC_WEB_TEXT,		/* application/grpc-web-text, +proto: the same in base 64 */
	GRPC_OTHER,		/* of gRPC, with messages that are none of Protocol Buffers */
};

enum grpc_type grpc_type_of(struct span content_type);

struct grpc_frame {
	uint8_t flags;
	struct span message;
};

enum grpc_step { GRPC_FRAME, GRPC_MORE, GRPC_BAD };

/* Cut the next frame off *in. MORE: it is not here whole. BAD: flags that nobody knows, or longer than `most`. */
enum grpc_step grpc_next(struct span *in, size_t most, struct grpc_frame *);
void grpc_put(struct out *, uint8_t flags, struct span message);

/* Percent coding of grpc-message. What is no right escape stands for itself. */
void grpc_text_read(struct span in, struct out *);
void grpc_text_write(struct span in, struct out *);

#endif
