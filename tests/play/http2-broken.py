"""http2-broken.py PORT: an HTTP/2 server without TLS, whose answers are wrong in the way that the path names."""
import socket
import struct
import sys
import threading

import hpack

HEADERS, RST, SETTINGS, PING, GOAWAY = 1, 3, 4, 6, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1

ANSWERS = {
    '/connection': [[(':status', '200'), ('connection', 'close')]],
    '/capital': [[(':status', '200'), ('X-Capital', 'y')]],
    '/no-status': [[('x-a', 'b')]],
    '/hint': [[(':status', '103'), ('link', '</a>')], [(':status', '200'), ('content-type', 'application/json')]],
    '/hint-broken': [[(':status', '103'), ('link', '</a>')], [(':status', '200'), ('connection', 'close')]],
    '/two-ends': [[(':status', '103')]],
}


def frame(kind, flags, stream, body=b''):
    return struct.pack('>I', len(body))[1:] + bytes([kind, flags]) + struct.pack('>I', stream) + body


def serve(c):
    left, decoder, encoder = b'', hpack.Decoder(), hpack.Encoder()

    def take(n):
        nonlocal left
        while len(left) < n:
            more = c.recv(65536)
            if not more:
                raise EOFError
            left += more
        out, left = left[:n], left[n:]
        return out

    try:
        take(24)
        c.sendall(frame(SETTINGS, 0, 0))
        while True:
            head = take(9)
            body = take(struct.unpack('>I', b'\0' + head[:3])[0])
            kind, flags, stream = head[3], head[4], struct.unpack('>I', head[5:])[0]
            if kind == SETTINGS and not flags & ACK:
                c.sendall(frame(SETTINGS, ACK, 0))
            elif kind == PING and not flags & ACK:
                c.sendall(frame(PING, ACK, 0, body))
            elif kind == HEADERS:
                path = dict(decoder.decode(body))[':path']
                answers = ANSWERS.get(path, [[(':status', '404')]])
                for i, fields in enumerate(answers):
                    ends = END_STREAM if i == len(answers) - 1 else 0
                    c.sendall(frame(HEADERS, END_HEADERS | ends, stream, encoder.encode(fields)))
    except (EOFError, OSError):
        c.close()


listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
