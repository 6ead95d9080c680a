# hostile.py PORT CASES: sends the cases of hostile.cases to the shop, one connection each, as
# no driver would. Prints a line for each: number, result (S R E, or H: no answer), what of hidden
# values came back ("-": nothing), the case. What is hidden is hidden in whatever shape.
import hashlib, re, socket, struct, sys

HIDDEN = re.compile('|'.join([
    r'4111[ -]?1111', r'1{9,}', r'\b1{4,8}4\b', r'4[^0-9a-z]{1,3}1[^0-9a-z]{1,3}1[^0-9a-z]{1,3}1[^0-9a-z]{1,3}1',
    '34313131', 'NDExMTEx', 'MTExMTExMT', hashlib.md5(b'4111111111111111').hexdigest(), '%x' % 4111111111111111,
    r'\babbbb', r'c\d+@example', r'@example\.org', r'\b10000\d\d\b', 'DE893', '89370400', r'HR 1\b', 'salary', r'\bhr1\b',
    r'root:x:', 'SCRAM-SHA-256\\$', 'secret object',
]))
IGNORED = re.compile(r'\*+1111')


class Client:
    def __init__(self, port):
        self.s = socket.create_connection(('db.shop.example', port), 10)
        self.s.settimeout(15)
        self.left, self.raw, self.fields = b'', b'', []
        self.codes = []
        body = struct.pack('!I', 196608) + b'user\0anyone\0database\0shop\0\0'
        self.s.sendall(struct.pack('!I', len(body) + 4) + body)
        self.wait(1)
        self.raw, self.fields, self.codes = b'', [], []

    def message(self):
        while len(self.left) < 5 or len(self.left) < struct.unpack('!I', self.left[1:5])[0] + 1:
            more = self.s.recv(1 << 16)
            if not more:
                return None, b''
            self.left += more
        n = struct.unpack('!I', self.left[1:5])[0] + 1
        m, self.left = self.left[:n], self.left[n:]
        return m[:1], m[5:]

    def wait(self, readies):
        """Until so many ReadyForQuery; False: the connection ended."""
        while readies:
            tag, body = self.message()
            if tag is None:
                return False
            self.raw += body
            if tag == b'Z':
                readies -= 1
            elif tag == b'E':
                self.codes += [f[1:].decode('latin-1') for f in body.split(b'\0') if f[:1] == b'C']
            elif tag == b'D':
                at = 2
                for _ in range(struct.unpack('!H', body[:2])[0]):
                    n = struct.unpack('!i', body[at:at + 4])[0]
                    at += 4
                    if n >= 0:
                        self.fields.append(body[at:at + n].decode('latin-1'))
                        at += n
            elif tag in (b'G', b'W'):
                self.s.sendall(b'f\0\0\0\5\0')
        return True

    def add(self, tag, body=b''):
        return tag + struct.pack('!I', len(body) + 4) + body

    def query(self, text):
        self.s.sendall(self.add(b'Q', text + b'\0'))
        return self.wait(1)

    def run(self, text):
        return (self.add(b'P', b'\0' + text + b'\0\0\0') + self.add(b'B', b'\0\0' + bytes(6)) +
                self.add(b'D', b'P\0') + self.add(b'E', bytes(5)))

    def sync(self, asks):
        self.s.sendall(asks + self.add(b'S'))
        return self.wait(1)


def unescape(text):
    text = re.sub(r'\{([^{}]*)\}@\{(\d+)\}', lambda m: m[1] * int(m[2]), text)
    out = re.sub(rb'\\(\\|x[0-9a-f]{2})', lambda m: b'\\' if m[1] == b'\\' else bytes([int(m[1][1:], 16)]),
        text.encode())
    return out


def play(client, how, parts):
    if how == 'c':
        for n in range(len(parts[0]) + 1):
            if not client.query(parts[0][:n]):
                return
    elif how == 'p':
        client.sync(b''.join(client.run(part) for part in parts))
    else:
        for part in parts:
            if not (client.query(part) if how == 'q' else client.sync(client.run(part))):
                return


def result_of(codes):
    return 'R' if any(c.startswith('IL') for c in codes) else 'E' if codes else 'S'


port, number = int(sys.argv[1]), 0
for line in open(sys.argv[2], encoding='utf-8'):
    if line[:2] not in ('q ', 'x ', 'p ', 'c '):
        continue
    number += 1
    how, expected, text = line.rstrip('\n').split(' ', 2)
    client = Client(port)
    try:
        play(client, how, [unescape(part.strip(' ') if ';;' in text else part) for part in text.split(';;')])
        result = result_of(client.codes)
    except TimeoutError:
        result = 'H'
    except OSError:
        result = result_of(client.codes)
    client.s.close()
    said = '|'.join(client.fields) + '\n' + client.raw.decode('latin-1')
    found = HIDDEN.search(IGNORED.sub('*', said))
    print(number, expected, result, found[0].replace(' ', '_') if found else '-', ','.join(client.codes[:3]) or '-',
        line.strip()[:150], flush=True)
