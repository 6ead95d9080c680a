# wire-faults.py backend PG_PORT | client FILE: both ends of wire-faults. The backend is one port for
# each fault, said as "fault=port" on one line: the real server's bytes, until the fault. The client
# reads the same words and makes a connection through each, and prints "case NAME OUTCOME": right,
# error SQLSTATE, closed, hang or unmasked.
import os, socket, struct, sys, threading, time

HIDDEN, SHOWN = b'4111111111111111', b'************1111'


def m(tag, body=b''):
    return tag + struct.pack('!I', len(body) + 4) + body


def z(text):
    return text.encode() + b'\0'


def row(*values):
    return m(b'D', struct.pack('!H', len(values)) + b''.join(struct.pack('!I', len(v)) + v for v in values))


# what the backend says in place of the rest, from where; None: nothing more. 'login': for its first
# word; 'row': before the first row of the answer; 'cut': in the middle of that; 'after': behind the answer
FAULTS = {
    'noise_for_login': ('login', os.urandom(4000)), 'http_for_login': ('login', b'HTTP/1.1 400 Bad Request\r\n\r\n'),
    'nothing_for_login': ('login', None), 'end_for_login': ('login', b''), 'unasked_ready': ('login', m(b'Z', b'I')),
    'noise': ('row', os.urandom(4000)), 'length_0': ('row', b'D\0\0\0\0' + b'x' * 100), 'length_huge': ('row', b'D\x7f\xff\xff\xff' + b'x' * 100),
    'length_negative': ('row', b'D\xff\xff\xff\xff' + b'x' * 100), 'unknown_tag': ('row', m(b'?', b'x')), 'tag_0': ('row', m(b'\0', b'x')),
    'more_columns': ('row', row(HIDDEN, HIDDEN)), 'fewer_columns': ('row', m(b'D', b'\0\0')),
    'value_too_long': ('row', m(b'D', b'\0\1' + struct.pack('!I', 99) + HIDDEN)), 'columns_again': ('row', m(b'T', b'\0\0') + row(HIDDEN)),
    'a_copy_begins': ('row', m(b'H', b'\0\0\1\0\0') + m(b'd', HIDDEN)), 'login_again': ('row', m(b'R', b'\0\0\0\0')),
    'cut': ('cut', b''), 'nothing': ('cut', None), 'half_closed': ('after', b''), 'unasked_row': ('after', row(HIDDEN)),
    'unasked_error': ('after', m(b'E', b'SERROR\0CXX000\0M' + HIDDEN + b'\0\0')), 'unasked_notice': ('after', m(b'N', b'SNOTICE\0C00000\0M' + HIDDEN + b'\0\0')),
    'unasked_notify': ('after', m(b'A', b'\0\0\0\1' + z('x') + HIDDEN + b'\0')), 'good': (None, None),
}


# ---- the backend -----------------------------------------------------------------------------------

def pump(a, b):
    try:
        while True:
            more = a.recv(65536)
            if not more:
                break
            b.sendall(more)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def end(s, last):
    """The last word; None: keep it open and say nothing."""
    try:
        if last:
            s.sendall(last)
        if last is None:
            while s.recv(65536):
                pass
        elif not last:
            s.shutdown(socket.SHUT_WR)
            time.sleep(1)
        else:
            time.sleep(2)
    except OSError:
        pass
    s.close()


def relay(s, pg, where, last):
    if where == 'login':
        s.recv(8)
        end(s, last)
        return
    with socket.create_connection(('127.0.0.1', pg)) as other:
        threading.Thread(target=pump, args=(s, other), daemon=True).start()
        kept = b''
        while True:
            more = other.recv(65536)
            kept += more
            at = kept.find(HIDDEN)
            if where and at >= 0 and not (where == 'after' and not kept.endswith(b'Z\0\0\0\5I')):
                begin = at - 11     # tag, length, columns, length of the value
                s.sendall(kept[:{'row': begin, 'cut': at + 4, 'after': len(kept)}[where]])
                end(s, last)
                return
            if not where or at < 0:
                s.sendall(kept)
                kept = b''
            if not more:
                end(s, b'')
                return


def serve(door, pg, where, last):
    while True:
        s = door.accept()[0]
        threading.Thread(target=guard, args=(relay, s, pg, where, last), daemon=True).start()


def guard(what, *args):
    try:
        what(*args)
    except OSError:
        pass


def backend(pg):
    ports = {}
    for name, (where, last) in FAULTS.items():
        door = socket.create_server(('127.0.0.1', 0))
        ports[name] = door.getsockname()[1]
        threading.Thread(target=serve, args=(door, pg, where, last), daemon=True).start()
    print(*('%s=%d' % p for p in ports.items()), flush=True)
    threading.Event().wait()


# ---- the client ------------------------------------------------------------------------------------

def say(*words):
    os.write(1, (' '.join(words) + '\n').encode())


def startup():
    names = b''.join(map(z, ('user', 'x', 'database', 'shop'))) + b'\0'
    return struct.pack('!II', len(names) + 8, 196608) + names


def query(sql):
    return m(b'Q', z(sql))


ASK = query('select card from payments where id = 1')


def until(s, ready, came=b''):
    while came.count(b'Z\0\0\0\5I') < ready:
        more = s.recv(65536)
        if not more:
            return came, True
        came += more
    return came, False


def outcome(came, ended):
    if HIDDEN in came:
        return 'unmasked'
    at = came.find(b'\0C', came.find(b'E\0'))
    if b'SERROR' in came or b'SFATAL' in came:
        return 'error ' + came[at + 2:at + 7].decode('latin-1')
    return 'right' if SHOWN in came and not ended else 'closed' if ended else 'hang'


def one(name, port):
    """Log in, ask, wait a moment for what comes unasked, ask again."""
    came, ended = b'', False
    try:
        with socket.create_connection(('127.0.0.1', port), 5) as s:
            s.settimeout(6)
            s.sendall(startup())
            came, ended = until(s, 1)
            if not ended:
                s.sendall(ASK)
                came, ended = until(s, 2, came)
            if not ended and FAULTS[name][0] == 'after':
                time.sleep(0.5)
                s.sendall(ASK)
                came, ended = until(s, 3, came)
    except TimeoutError:
        pass
    except OSError:
        ended = True
    say('case', name, outcome(came, ended))


LONG = query('select card from payments where id = 1 and (select count(*) from orders a, orders b, orders c, generate_series(1, 8)) > 0')


def half_closed(name, at_once, port):
    """Says all it has to say and shuts: its answer comes none the less, whether its question is run or judged."""
    came = b''
    try:
        with socket.create_connection(('127.0.0.1', port), 5) as s:
            s.settimeout(6)
            s.sendall(startup())
            came = until(s, 1)[0]
            s.sendall(ASK if at_once else LONG)
            if not at_once:
                time.sleep(0.4)
            s.shutdown(socket.SHUT_WR)
            came, ended = until(s, 2, came)
    except OSError as e:
        ended = not isinstance(e, TimeoutError)
    say('case', name, outcome(came, ended))


def slow(port, count=100):
    """A byte of the start-up every second: the room is given back after its deadline."""
    began, all_of = time.time(), [socket.create_connection(('127.0.0.1', port), 5) for _ in range(count)]
    first, left = startup() + b'\0' * 100, list(all_of)
    for i in range(45):
        for s in list(left):
            try:
                s.sendall(first[i:i + 1])
                s.setblocking(False)
                if s.recv(100) == b'':
                    left.remove(s)
            except BlockingIOError:
                pass
            except OSError:
                left.remove(s)
        if not left or i == len(startup()) - 2:
            break
        time.sleep(1)
    while left and time.time() - began < 45:
        for s in list(left):
            try:
                if s.recv(100) == b'':
                    left.remove(s)
            except BlockingIOError:
                pass
            except OSError:
                left.remove(s)
        time.sleep(0.2)
    say('case', 'slow_startup', 'closed' if not left else 'hang', '%.0f' % (time.time() - began))


def unread(sql, count, port):
    s = socket.create_connection(('127.0.0.1', port), 5)
    s.settimeout(6)
    s.sendall(startup())
    until(s, 1)
    s.setblocking(False)
    try:
        for _ in range(count):
            s.sendall(query(sql))
    except BlockingIOError:
        pass
    return s


if sys.argv[1] == 'backend':
    backend(int(sys.argv[2]))
ports = {k: int(v) for k, v in (w.split('=') for w in open(sys.argv[2]).read().split())}
threads = [threading.Thread(target=one, args=p) for p in ports.items() if p[0] in FAULTS]
threads += [threading.Thread(target=slow, args=(ports['good'],)),
            threading.Thread(target=half_closed, args=('client_half_closed', False, ports['good'])),
            threading.Thread(target=half_closed, args=('client_half_closed_at_once', True, ports['good']))]
for t in threads:
    t.start()
kept = [unread("select repeat('x', 1000), card from payments, generate_series(1, 5000)", 1, ports['good']) for _ in range(10)]
kept += [unread('drop table customers', 20000, ports['good']) for _ in range(10)]
print('unread', len(kept), flush=True)
for t in threads:
    t.join()
print('end', flush=True)
time.sleep(2)
