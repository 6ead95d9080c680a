"""http2-lanes-origin.py PORT LOG [CERT KEY]: a server of HTTP/1.1, byte by byte, that notes each head it saw and on which
connection. Some of its paths misbehave. It drops whoever speaks another version, without a word."""
import json
import socket
import ssl
import sys
import threading
import time

port, log_path = int(sys.argv[1]), sys.argv[2]
log = open(log_path, 'a', buffering=1)
lock = threading.Lock()
now = {'connections': 0, 'open': 0, 'most': 0}
CARD = b'4111111111111111'


class Peer:
    def __init__(self, s, number):
        self.s, self.number, self.left = s, number, b''

    def more(self):
        data = self.s.recv(65536)
        if not data:
            raise EOFError
        self.left += data

    def line(self):
        while b'\n' not in self.left:
            self.more()
        line, self.left = self.left.split(b'\n', 1)
        if not line.endswith(b'\r'):
            raise EOFError
        return line[:-1]

    def take(self, n):
        got = b''
        while len(got) < n:
            if not self.left:
                self.more()
            piece, self.left = self.left[:n - len(got)], self.left[n - len(got):]
            got += piece
        return got

    def lines(self):
        lines = []
        while True:
            line = self.line()
            if not line:
                return lines
            lines.append(line)

    def body(self, fields):
        """Bytes and trailers."""
        if fields.get(b'transfer-encoding') == b'chunked':
            n = 0
            while True:
                size = int(self.line(), 16)
                if not size:
                    return n, [x.decode() for x in self.lines()]
                self.take(size)
                n += size
                self.line()
        n = int(fields.get(b'content-length', 0))
        self.take(n)
        return n, []

    def say(self, status, body=b'', fields=b'', kind=b'application/json'):
        self.s.sendall(b'HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s' % (status, kind, len(body), fields, body))

    def answer(self):
        head = self.lines()
        method, path, version = head[0].split(b' ')
        if version != b'HTTP/1.1':
            raise EOFError
        fields = dict(x.lower().split(b': ', 1) for x in head[1:])
        early = path.startswith(b'/early')
        n, trailers = (0, []) if early else self.body(fields)
        log.write('%s %s %d on %d\n' % (method.decode(), path.decode(), n, self.number))
        if path == b'/early':               # the rest of the request is never read
            self.say(b'413 Too Large', b'too much', kind=b'text/plain')
            time.sleep(1)
            raise EOFError
        if path == b'/early-read':
            self.say(b'401 No', b'who are you', kind=b'text/plain')
            self.body(fields)
        elif path == b'/hint':
            self.s.sendall(b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
            self.say(b'200 OK', b'{"hint": 1}')
        elif path == b'/trailer':
            self.s.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n'
                           b'4\r\nwith\r\n9\r\n trailers\r\n0\r\nx-sum: twelve\r\n\r\n')
        elif path == b'/none':
            self.s.sendall(b'HTTP/1.1 204 No Content\r\n\r\n')
        elif path == b'/same':
            self.s.sendall(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 99\r\n\r\n')
        elif path == b'/until-closed':
            self.s.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall ' + CARD)
            raise EOFError
        elif path == b'/cut':
            self.s.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nhalf of it')
            raise EOFError
        elif path == b'/nothing':
            raise EOFError
        elif path == b'/poison':            # an answer, and another one that nobody asked for, a little later
            self.say(b'200 OK', b'{"poison": 0}')
            time.sleep(0.2)
            self.say(b'200 OK', b'{"poison": 1}')
        elif path == b'/poison-at-once':
            self.s.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
                           b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"poison": 1}')
        elif path == b'/wait':
            time.sleep(0.3)
            self.say(b'200 OK', b'{"on": %d}' % self.number)
        elif path == b'/most':
            self.say(b'200 OK', b'{"most": %d}' % now['most'])
        elif path == b'/long':
            self.say(b'200 OK', b'y' * 20000000, kind=b'text/plain')
        else:
            self.say(b'200 OK', json.dumps({'on': self.number, 'method': method.decode(), 'path': path.decode(), 'bytes': n,
                     'trailers': trailers, 'head': sorted(x.decode('latin1') for x in head[1:])}).encode())
        return b'close' not in fields.get(b'connection', b'')


def serve(s, number, context):
    try:
        s = context.wrap_socket(s, server_side=True) if context else s
        peer = Peer(s, number)
        while peer.answer():
            pass
    except (EOFError, OSError, ValueError):
        pass
    with lock:
        now['open'] -= 1
    s.close()


context = None
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
listener = socket.create_server(('127.0.0.1', port), backlog=128)
while True:
    s = listener.accept()[0]
    with lock:
        now['connections'] += 1
        now['open'] += 1
        now['most'] = max(now['most'], now['open'])
        number = now['connections']
    threading.Thread(target=serve, args=(s, number, context), daemon=True).start()
