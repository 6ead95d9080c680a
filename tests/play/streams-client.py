"""streams-client.py WHAT ADDRESS [TLS]: one conversation in which each side waits for the other; says what it heard."""
import http.client
import queue
import sys
import time

what, address = sys.argv[1], sys.argv[2]


def channel():
    import grpc
    if len(sys.argv) > 3:
        return grpc.secure_channel(address, grpc.ssl_channel_credentials())
    return grpc.insecure_channel(address)


def both(name, turns):
    """The next message is sent when the one before is answered."""
    import grpc
    to_send = queue.Queue()
    heard = []
    with channel() as c:
        call = c.stream_stream('/shop.Stream/' + name)(iter(to_send.get, None), timeout=15)
        to_send.put(b'0')
        try:
            for i, answer in enumerate(call):
                heard.append(answer.decode())
                to_send.put(b'%d' % (i + 1) if i + 1 < turns else None)
        except grpc.RpcError as error:
            heard.append(error.code().name + ' ' + str(error.details()))
        to_send.put(None)
    return heard


def upload():
    def slowly():
        for _ in range(4):
            yield b'x' * 50000
            time.sleep(0.2)
    with channel() as c:
        return [c.stream_unary('/shop.Stream/Upload')(slowly(), timeout=15).decode()]


def unary():
    with channel() as c:
        started = time.monotonic()
        for i in range(20):
            heard = c.unary_unary('/shop.Stream/Unary')(b'%d' % i, timeout=15).decode()
        print('%.1f ms a call' % ((time.monotonic() - started) * 50), file=sys.stderr)
        return [heard]


def events(end):
    stream, other = http.client.HTTPConnection(address, timeout=15), http.client.HTTPConnection(address, timeout=15)
    stream.request('GET', '/events/' + end)
    answer = stream.getresponse()
    heard, event, n = [], b'', 0
    mark = {'lf': b'\n\n', 'crlf': b'\r\n\r\n', 'cr': b'\r\r'}[end]
    while True:
        byte = answer.read(1)
        if not byte:
            return heard
        event += byte
        if event.endswith(mark):
            heard.append(event.split(b'data: ')[1].strip().decode())
            other.request('GET', '/ack/%d' % n)
            other.getresponse().read()
            event, n = b'', n + 1


def waits():
    """A body in chunks whose second half is sent once an answer has begun."""
    c = http.client.HTTPConnection(address, timeout=15)
    c.putrequest('POST', '/wait')
    c.putheader('Transfer-Encoding', 'chunked')
    c.endheaders()
    c.send(b'3\r\none\r\n')
    answer = c.getresponse()
    heard = [answer.read(3).decode()]
    c.send(b'3\r\ntwo\r\n0\r\n\r\n')
    return heard + [answer.read().decode()]


if what in ('Both', 'Early', 'Other'):
    said = both(what, 4)
elif what in ('lf', 'crlf', 'cr'):
    said = events(what)
else:
    said = {'upload': upload, 'unary': unary, 'waits': waits}[what]()
print(' | '.join(said))
