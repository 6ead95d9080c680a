"""tls-sessions-client.py DIR API SECOND OLD FULL: a skill's client that takes up sessions of TLS, in the ports of four targets.
A line for each connection: what it was, "full" or "resumed", and the status it was answered with. Where others have to
do something first it makes DIR/at-N and waits for DIR/go-N."""
import os
import socket
import ssl
import sys
import time

place = sys.argv[1]
api, second, old, full = map(int, sys.argv[2:6])
newest, older = ssl.create_default_context(), ssl.create_default_context()
newest.minimum_version = ssl.TLSVersion.TLSv1_3
older.maximum_version = ssl.TLSVersion.TLSv1_2


def connect(what, session=None, port=api, name='api.shop.example', context=newest, path='/orders/7'):
    """One connection, one request; the session it leaves."""
    try:
        with socket.create_connection(('127.0.0.1', port), 10) as plain:
            with context.wrap_socket(plain, server_hostname=name, session=session) as tls:
                tls.sendall(f'GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n'.encode())
                answer = b''
                while piece := tls.recv(65536):
                    answer += piece
                print(what, 'resumed' if tls.session_reused else 'full', answer[9:12].decode(), flush=True)
                return tls.session
    except OSError as error:
        print(what, 'failed', type(error).__name__, flush=True)
        return None


def wait(n):
    open(f'{place}/at-{n}', 'w').close()
    while not os.path.exists(f'{place}/go-{n}'):
        time.sleep(0.05)


session = connect('first')
for i in range(20):
    session = connect('again', session)
session_12 = connect('first-1.2', context=older)
for i in range(3):
    session_12 = connect('again-1.2', session_12, context=older)
old_session = connect('first-old-backend', port=old, name='old.shop.example')
for i in range(5):
    old_session = connect('again-old-backend', old_session, port=old, name='old.shop.example')

# ---- of another target, another name, where the policy takes none ----------------------------
connect('other-target', session, port=second, name='second.shop.example')
connect('other-name', session, name='www.shop.example')
connect('other-target-1.2', session_12, port=second, name='second.shop.example', context=older)
session = connect('home', connect('home-first'))
never = connect('first-never', port=full, name='full.shop.example')
connect('again-never', never, port=full, name='full.shop.example')

wait(1)		# the same policy is put in force once more
session = connect('other-policy', session)
session = connect('same-policy', session)
wait(2)		# another keeper
session = connect('other-keeper', session)
session = connect('same-keeper', session)
wait(3)		# the backend is gone
connect('backend-gone', session)
wait(4)		# the backend shows a certificate for another name
connect('backend-wrong', session)
wait(5)		# it is right again
session = connect('backend-right', session)
