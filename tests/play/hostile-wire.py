# hostile-wire.py PORT CASES EVIL CARD: sends each case of hostile-wire.cases on a connection of
# its own, then Terminate, and reads to the end. Prints a line for each: what was expected, what
# came (S served, R refused by Interlock, E the backend's own error, D ended without a word, H
# held, no more in time), which hidden value was seen ("-": none), the error codes, the name.
import re, socket, struct, sys

HIDDEN = re.compile('|'.join([
    '41111111', r'4111[ -]1111', r'c\d+@example', r'\+49 30 1', 'DE8937', r'HR 1\b', 'salary',
    'secret object', 'root:x:', r'SCRAM-SHA-256\$', 'pg_control',
]))
END = object()      # in a case: no Terminate follows, the client just stops sending


def m(tag, body=b''):
    return tag.encode('latin-1') + struct.pack('!I', len(body) + 4) + body


def z(text):
    return (text.encode() if isinstance(text, str) else text) + b'\0'


def login(version=196608, **names):
    return packet(version, b''.join(z(k) + z(v) for k, v in names.items()) + b'\0')


def packet(version, rest):
    return struct.pack('!II', len(rest) + 8, version) + rest


def value(v):
    return b'\xff\xff\xff\xff' if v is None else struct.pack('!I', len(z(v)) - 1) + z(v)[:-1]


def B(portal, name, *values, out=()):
    return m('B', z(portal) + z(name) + b'\0\0' + struct.pack('!H', len(values)) +
        b''.join(map(value, values)) + struct.pack('!%dH' % (len(out) + 1), len(out), *out))


def F(function, *values, out=0):
    return m('F', struct.pack('!IHH', function, 0, len(values)) + b''.join(map(value, values)) + struct.pack('!H', out))


WORDS = {
    'm': m, 'z': z, 'login': login, 'packet': packet, 'B': B, 'F': F, 'END': END, 'N': lambda *n: struct.pack('!%dI' % len(n), *n),
    'I': login(user='anyone', database='shop'),
    'L': lambda **more: login(user='anyone', database='shop', **more),
    'Q': lambda text: m('Q', z(text)), 'P': lambda name, text: m('P', z(name) + z(text) + b'\0\0'),
    'E': lambda portal='', rows=0: m('E', z(portal) + struct.pack('!I', rows)),
    'DS': lambda name='': m('D', b'S' + z(name)), 'DP': lambda portal='': m('D', b'P' + z(portal)),
    'CS': lambda name='': m('C', b'S' + z(name)), 'CP': lambda portal='': m('C', b'P' + z(portal)),
    'S': m('S'), 'H': m('H'), 'X': m('X'), 'd': lambda text: m('d', z(text)[:-1]), 'c': m('c'), 'f': m('f', b'no\0'),
    'EVIL': int(sys.argv[3]), 'CARD': int(sys.argv[4]),
}


def answer(port, parts, seconds):
    """All bytes that come; False with them if the end does not."""
    came = b''
    s = socket.create_connection(('db.shop.example', port), 10)
    s.settimeout(seconds)
    try:
        s.sendall(b''.join(p for p in parts if p is not END))
        if END in parts:
            s.shutdown(socket.SHUT_WR)
        else:
            s.sendall(m('X'))
        while True:
            more = s.recv(1 << 16)
            if not more:
                return came, True
            came += more
    except TimeoutError:
        return came, False
    except OSError:
        return came, True
    finally:
        s.close()


def messages(came):
    if came[:1] in (b'N', b'S') and came[1:2] in (b'', b'N', b'S', b'R', b'E'):
        came = came[1:]     # the answer to an SSLRequest has no length
    while len(came) >= 5:
        n = struct.unpack('!I', came[1:5])[0] + 1
        yield came[:1], came[5:n]
        came = came[n:]


for line in open(sys.argv[2], encoding='utf-8'):
    if not re.match('[SREDH]+ [|] ', line):
        continue
    expected, name, text = line.rstrip('\n').split(' | ', 2)
    parts = eval('[%s]' % text, dict(WORDS))
    came, ended = answer(int(sys.argv[1]), parts, 2 if expected == 'H' else 8)
    said = list(messages(came))
    codes = [f[1:].decode('latin-1') for tag, body in said if tag == b'E' for f in body.split(b'\0') if f[:1] == b'C']
    served = any(tag in (b'C', b'I', b'V', b's', b'n', b'T', b'1', b'3') for tag, _ in said)
    result = ('H' if not ended else 'R' if any(c.startswith('IL') for c in codes) else 'E' if codes else 'S' if served else 'D')
    found = HIDDEN.search(came.decode('latin-1'))
    print('case', expected, result, found[0].replace(' ', '_') if found else '-', ','.join(codes[:3]) or '-', name, flush=True)
