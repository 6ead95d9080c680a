# soak-client.py PORT SEED SECONDS: a skill of eight clients that send what their seeds say, right
# and wrong: statements, pipelines of messages in any order, what was right with bytes changed, cut,
# doubled or left out, cancels with a key or a guess, COPY, large rows, TLS, answers not read, and
# leave at any point, politely or not. An unmasked card number ends it. Last it prints how many
# connections there were, and what came of them, as "name=number".
import collections, os, random, socket, ssl, struct, sys, threading, time

PORT, SEED = int(sys.argv[1]), int(sys.argv[2])
END = time.monotonic() + (0 if sys.argv[3] == 'held' else float(sys.argv[3]))
CLIENTS, SHAPES = 8, 300        # so many shapes of statements in all: caches of them are filled, then full
HIDDEN = b'4111111111111111'
counts, lock = collections.Counter(), threading.Lock()
keys = collections.deque(maxlen=32)
tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE


def m(tag, body=b''):
    return tag.encode('latin-1') + struct.pack('!I', len(body) + 4) + body


def z(text):
    return text.encode() + b'\0'


def startup():
    names = b''.join(map(z, ('user', 'x', 'database', 'shop'))) + b'\0'
    return struct.pack('!II', len(names) + 8, 196608) + names


def sql(r):
    n = r.randrange(10 ** 6)
    return r.choice([
        'select card from payments where id = %d' % (n % 100),
        'select c%d.*, p.card from customers c%d join payments p using (id) where c%d.id < %d' % ((n % SHAPES,) * 3 + (n % 50,)),
        "select repeat('x', %d), card from payments limit 3" % n,
        'select g, card from payments, generate_series(1, %d) g' % (n % 3000),
        'insert into orders values (%d, 1, 1, $$note$$) on conflict do nothing' % (1000 + n % 500),
        'begin; insert into orders values (%d, 1, 1, null); rollback' % (2000 + n),
        'begin', 'commit', 'rollback', 'select 1/0', 'selec', 'drop table orders', 'set search_path = pg_catalog, public',
        "update orders set note = 'x' where id = 1", 'delete from orders', 'copy orders to stdout', 'copy payments to stdout (format binary)',
        'copy orders (id, note) from stdin', 'do $$ begin null; end $$', 'declare c cursor for select card from payments',
        'fetch 5 from c', 'prepare p as select card from payments', 'execute p', 'deallocate all', "select pg_sleep(%f)" % (n % 10 / 20),
        "select to_json(p) from payments p where id = %d" % (n % 100), "select '%s'" % ('y' * (n % 200000)), 'listen a', 'notify a',
    ])


def one(r):
    """A message that is right by itself."""
    name, portal = z(r.choice(['', 'a', 'b'])), z(r.choice(['', 'p', 'q']))
    return r.choice([
        lambda: m('Q', z(sql(r))), lambda: m('P', name + z(sql(r)) + b'\0\0'),
        lambda: m('B', portal + name + b'\0\0\0\0' + struct.pack('!HH', 1, r.randrange(2))),
        lambda: m('B', portal + name + b'\0\0' + struct.pack('!Hi', 1, 3) + b'123' + b'\0\0'),
        lambda: m('D', b'S' + name), lambda: m('D', b'P' + portal), lambda: m('E', portal + struct.pack('!I', r.choice([0, 1, 7]))),
        lambda: m('C', b'S' + name), lambda: m('C', b'P' + portal), lambda: m('H'), lambda: m('S'), lambda: m('S'),
        lambda: m('d', b'%d\tx\n' % r.randrange(5000, 10 ** 6)), lambda: m('d', r.randbytes(r.randrange(3000))), lambda: m('c'),
        lambda: m('f', b'no\0'), lambda: m('F', struct.pack('!IHHH', 1598, 0, 0, 0)),
    ])()


def copy(r):
    rows = b''.join(m('d', b'%d\tx\n' % r.randrange(5000, 10 ** 6)) for _ in range(r.randrange(200)))
    return m('Q', z('copy orders (id, note) from stdin')) + rows + r.choice([m('c'), m('f', b'no\0'), b''])


def mutated(r, what):
    b = bytearray(what)
    for _ in range(r.randrange(1, 4)):
        at = r.randrange(len(b)) if b else 0
        r.choice([
            lambda: b.__setitem__(slice(at, at + 1), r.randbytes(1)), lambda: b.__delitem__(slice(at, at + r.randrange(1, 9))),
            lambda: b.__setitem__(slice(at, at), r.randbytes(r.randrange(1, 9))), lambda: b.__delitem__(slice(at, None)),
            lambda: b.__setitem__(slice(at, at), b[at:at + r.randrange(1, 400)]),
            lambda: b.__setitem__(slice(at, at + 4), struct.pack('!I', r.choice([0, 3, 4, 2 ** 31 - 1, 2 ** 32 - 1, 10 ** 6]))),
        ])()
    return bytes(b)


def plan(r):
    parts = [r.choice([one, one, one, copy])(r) for _ in range(r.choice([1, 3, 10, 40]))]
    parts = b''.join(parts) + r.choice([m('S'), m('S'), b'']) + r.choice([m('X'), m('X'), b''])
    return mutated(r, parts) if r.random() < 0.4 else parts


def read(s, r, seconds):
    """What comes until the end, or `seconds` without more; sometimes slowly."""
    came, tail, slowly = 0, b'', r.random() < 0.05
    s.settimeout(seconds)
    try:
        while True:
            more = s.recv(1 << 16)
            if not more:
                return came, 'ended'
            if HIDDEN in tail + more:
                print('UNMASKED', flush=True)
                sys.exit(1)
            came, tail = came + len(more), more[-20:]
            if slowly:
                time.sleep(0.05)
    except TimeoutError:
        return came, 'quiet'
    except OSError:
        return came, 'reset'


def cancel(r):
    key = r.choice(keys) if keys and r.random() < 0.8 else r.randbytes(8)
    with socket.create_connection(('127.0.0.1', PORT), 5) as s:
        s.sendall(struct.pack('!II', 16, 80877102) + key)


def login(s, r):
    """The first bytes too may be wrong; the key is kept for whoever cancels."""
    first = startup() if r.random() < 0.95 else mutated(r, startup())
    s.sendall(first)
    s.settimeout(2)
    came = b''
    while not came.endswith(b'Z\0\0\0\5I'):
        more = s.recv(4096)
        if not more:
            return False
        came += more
    at = came.find(b'K\0\0\0\x0c')
    keys.append(came[at + 5:at + 13])
    return True


def client(r):
    with socket.create_connection(('127.0.0.1', PORT), 5) as s:
        if r.random() < 0.15:
            s.sendall(struct.pack('!II', 8, 80877103))
            if s.recv(1) == b'S':
                if r.random() < 0.1:
                    s.sendall(r.randbytes(r.randrange(1, 600)))
                    return 'broken tls'
                s = tls.wrap_socket(s)
        with s:
            if not login(s, r):
                return 'no login'
            what = plan(r)
            leave = r.random()
            if leave < 0.2:
                what = what[:r.randrange(len(what) + 1)]
            s.settimeout(3)
            try:
                while what:
                    n = r.choice([1, 7, 100, 10 ** 6])
                    s.sendall(what[:n])
                    what = what[n:]
            except TimeoutError:        # it does not read, since its answer is not read
                pass
            if leave < 0.1:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                return 'reset it'
            if leave < 0.3 and not isinstance(s, ssl.SSLSocket):
                s.shutdown(socket.SHUT_WR)
            came, how = read(s, r, r.choice([0.05, 0.3, 1]))
            counts['bytes'] += came
            return how


def clients(seed):
    r = random.Random(seed)
    while time.monotonic() < END:
        try:
            if r.random() < 0.1:
                cancel(r)
                what = 'cancels'
            else:
                what = client(r)
        except (OSError, ssl.SSLError) as e:
            what = 'refused' if isinstance(e, ConnectionRefusedError) else 'failed'
        with lock:
            counts[what.replace(' ', '_')] += 1
            counts['connections'] += 1


def held_behind_a_failure():
    """Names are known by its Parse; then, at once, a statement that fails and one that is held."""
    with socket.create_connection(('127.0.0.1', PORT), 5) as s:
        login(s, random.Random(1))
        s.settimeout(30)
        s.sendall(m('P', z('s') + z("update orders set note = 'x' where id = 1") + b'\0\0') + m('S'))
        came = b''
        for what, then in ((b'Z', m('Q', z("select id from orders where id = int4 'x'")) +
                            m('B', z('') + z('s') + b'\0' * 6) + m('E', z('') + b'\0' * 4) + m('S')), (b'C22P02', b''), (b'UPDATE 1', b'')):
            while what not in came:
                more = s.recv(4096)
                if not more:
                    sys.exit('the connection has ended')
                came += more
            print(what.decode(), flush=True)
            while then and not os.path.exists(os.path.dirname(sys.argv[0]) + '/go'):
                time.sleep(0.01)
            s.sendall(then)


if sys.argv[3] == 'held':
    held_behind_a_failure()
    sys.exit(0)
threads = [threading.Thread(target=clients, args=(SEED * 1000 + i,)) for i in range(CLIENTS)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(*('%s=%d' % c for c in sorted(counts.items())), flush=True)
