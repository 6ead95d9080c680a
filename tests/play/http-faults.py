"""http-faults.py PORTS: backends that break HTTP/1.1, each on a port of its own; `names` prints them.
A connection gets one answer, by the port it came to."""
import socket
import sys
import threading
import time

OK = b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'
faults = {
    'cut': OK + b'Content-Length: 1000\r\n\r\n' + b'x' * 100,
    'cut-chunk': OK + b'Transfer-Encoding: chunked\r\n\r\n' + b'64\r\n' + b'x' * 50,
    'cut-chunks': OK + b'Transfer-Encoding: chunked\r\n\r\n' + b'64\r\n' + b'x' * 100 + b'\r\n',
    'cut-head': OK,
    'garbage': b'\x00\xff\x13 what is this\r\n\r\n',
    'two-lengths': OK + b'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhellox',
    'length-and-chunks': OK + b'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'bad-chunk': OK + b'Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n',
    'more': OK + b'Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    'nothing': b'',
    'until-close': OK + b'Connection: close\r\n\r\n' + b'x' * 24000000,
}


def serve(name, listener):
    while True:
        peer = listener.accept()[0]
        threading.Thread(target=answer, args=(name, peer), daemon=True).start()


def answer(name, peer):
    try:
        if name == 'hang':
            peer.recv(65536)
            time.sleep(300)
        if name == 'endless':
            peer.recv(65536)
            peer.sendall(OK + b'Content-Length: 500000000\r\n\r\n')
            while True:
                peer.sendall(b'x' * 10000)
                time.sleep(0.01)
        peer.recv(65536)
        peer.sendall(faults[name])
        if name == 'more':
            time.sleep(2)
        peer.shutdown(socket.SHUT_WR)
        peer.recv(65536)
    except OSError:
        pass
    peer.close()


names = list(faults) + ['hang', 'endless']
if sys.argv[1] == 'names':
    print('\n'.join(names))
    sys.exit()
for name, port in zip(names, sys.argv[1:]):
    listener = socket.create_server(('127.0.0.1', int(port)), backlog=64)
    threading.Thread(target=serve, args=(name, listener), daemon=True).start()
print('ready', flush=True)
time.sleep(600)
