# turn-faults-client.py: the skill of turn-faults. Reads lines "case ID NAME PORT" from standard
# input, each a connection in a thread of its own that goes as far as its name says, and the words
# "go" and "on", which all of them wait for: first to take the step in which they are to stand
# still, then to do what is left. Says "ready ID", and last "end ID OUTCOME DETAIL": right, error
# (with its SQLSTATE), closed, hang, or wrong, which is anything else.
import socket, ssl, struct, sys, threading

PATIENCE = 40       # above every deadline of the daemon, and of those that follow one another
MASKED = [['************1111']]
go, on = threading.Event(), threading.Event()
mouth = threading.Lock()


def say(*words):
    with mouth:
        print(*words, flush=True)


class Closed(Exception):
    pass


class Refused(Exception):
    pass


def m(tag, body=b''):
    return tag.encode() + struct.pack('!I', len(body) + 4) + body


def z(text):
    return text.encode() + b'\0'


class Wire:
    def __init__(self, case, port):
        self.case, self.came, self.rows, self.tags, self.errors = case, b'', [], [], []
        self.s = socket.create_connection(('127.0.0.1', port), PATIENCE)

    def send(self, *parts):
        self.s.sendall(b''.join(parts))

    def startup(self):
        names = b''.join(map(z, ('user', 'x', 'database', 'shop'))) + b'\0'
        return struct.pack('!II', len(names) + 8, 196608) + names

    def message(self):
        """The next one; what is kept of it is in rows, tags and errors."""
        while len(self.came) < 5 or len(self.came) <= struct.unpack('!I', self.came[1:5])[0]:
            more = self.s.recv(1 << 16)
            if not more:
                raise Closed
            self.came += more
        n = struct.unpack('!I', self.came[1:5])[0] + 1
        tag, body, self.came = self.came[:1].decode('latin-1'), self.came[5:n], self.came[n:]
        if tag == 'D':
            row, at = [], 2
            for _ in range(struct.unpack('!H', body[:2])[0]):
                size = struct.unpack('!i', body[at:at + 4])[0]
                row.append(body[at + 4:at + 4 + max(size, 0)].decode())
                at += 4 + max(size, 0)
            self.rows.append(row)
        elif tag == 'C':
            self.tags.append(body[:-1].decode())
        elif tag == 'E':
            code = [f[1:].decode() for f in body.split(b'\0') if f[:1] == b'C'][0]
            self.errors.append(code)
        return tag

    def until(self, tag):
        while True:
            got = self.message()
            if self.errors and got == 'Z':
                raise Refused
            if got == tag:
                return

    def login(self):
        self.send(self.startup())
        self.until('Z')

    def query(self, sql):
        self.send(m('Q', z(sql)))

    def card(self, more=''):
        """A read whose answer is known, with the number of the case in it."""
        self.query("select card from payments where id = 1 and '%s' <> '%s'" % (self.case, more))

    def is_card(self):
        self.until('Z')
        return self.rows == MASKED and self.tags == ['SELECT 1'] and not self.errors


# ---- one for each state: True is a right answer. `step` waits for the driver. ----------------

def plain(w, step):     # connects, logs in and asks after `go`: stands where nobody answers
    step(go)
    step.wire = w = Wire(step.case, step.port)
    w.login()
    w.card()
    return w.is_card()


def tls(w, step):
    w.send(struct.pack('!II', 8, 80877103))
    step(go)
    if w.s.recv(1) != b'S':
        raise Closed
    how = ssl.create_default_context()
    how.check_hostname, how.verify_mode = False, ssl.CERT_NONE
    w.s = how.wrap_socket(w.s)
    w.login()
    w.card()
    return w.is_card()


def greeting(w, step):
    w.send(w.startup()[:9])
    step(go)
    step(on)
    w.send(w.startup()[9:])
    w.until('Z')
    w.card()
    return w.is_card()


def login_late(w, step):        # the daemon knows it and waits for its login
    w.send(w.startup()[:9])
    step(go)
    w.send(w.startup()[9:])
    w.until('Z')
    w.card()
    return w.is_card()


def idle(w, step):
    w.login()
    step(go)
    step(on)
    w.card()
    return w.is_card()


def asks(sql, expected):
    def case(w, step):
        w.login()
        step(go)
        w.query(sql.replace('@', w.case))
        w.until('Z')
        if w.errors:
            raise Refused
        return (w.rows, w.tags) == expected
    return case


def read(w, step):      # a shape of its own, so that the grammar is asked, and a table: so are names
    w.login()
    step(go)
    w.query('select t%s.card from payments t%s where id = 1' % (w.case, w.case))
    return w.is_card()


def denied(w, step):    # right: it is refused, and the connection lives
    w.login()
    step(go)
    w.query('drop table customers -- no-%s' % w.case)
    while w.message() != 'Z':
        pass
    if w.errors not in (['ILP01'],):
        raise Refused
    w.errors.clear()
    w.card()
    return w.is_card()


def transaction(w, step):
    w.login()
    w.query("begin; insert into orders values (%s, 1, 1, 'x%s')" % (w.case, w.case))
    w.until('Z')
    step(go)
    step(on)
    w.query('commit')
    w.until('Z')
    return w.tags == ['BEGIN', 'INSERT 0 1', 'COMMIT']


def draining(w, step):
    w.login()
    step(go)
    w.card()
    w.send(m('X'))
    try:
        while True:
            w.message()
    except Closed:
        if w.rows:
            return w.rows == MASKED
        raise


def copy_in(w, step):
    w.login()
    w.query('copy orders (id, note) from stdin -- %s' % w.case)
    w.until('G')
    second = m('d', b'9%s\tsecond\n' % w.case.encode())
    w.send(m('d', b'%s\tfirst\n' % w.case.encode()), second[:7])
    step(go)
    step(on)
    w.send(second[7:], m('c'))
    w.until('Z')
    return w.tags == ['COPY 2']


def unread(w, step):    # a large answer that is not read for a while
    w.login()
    w.query("select c.card, repeat('x', 1000) from payments c, generate_series(1, 300) g where '%s' <> ''" % w.case)
    step(go)
    step(on)
    w.until('Z')
    return len(w.rows) == 30000 and all(row[0] == MASKED[0][0] for row in w.rows) and w.tags == ['SELECT 30000']


def portal(w, step):
    w.login()
    sql = "select card, id from payments where '%s' <> '' order by id limit 5" % w.case
    execute = m('E', z('') + struct.pack('!I', 2))
    w.send(m('P', z('') + z(sql) + b'\0\0'), m('B', b'\0\0' + b'\0' * 6), m('D', b'P\0'), execute, m('H'))
    w.until('s')
    step(go)
    step(on)
    w.send(execute, execute, m('S'))
    w.until('Z')
    return [row[0] for row in w.rows] == [MASKED[0][0]] * 5


def pipeline(w, step):  # the second is refused: no one after it up to Sync may run
    w.login()
    step(go)
    part = b''
    for sql in ('select t%s.card from payments t%%s where id = 1' % w.case, 'drop table customers -- no-%s',
                "insert into orders values (-%s, 1, 1, 'never')"):
        part += m('P', z('') + z(sql % w.case) + b'\0\0') + m('B', b'\0\0' + b'\0' * 6) + m('D', b'P\0') + m('E', z('') + b'\0' * 4)
    w.send(part, m('S'))
    while w.message() != 'Z':
        pass
    if w.errors != ['ILP01']:
        raise Refused
    return w.rows == MASKED and w.tags == ['SELECT 1']


CASES = {
    'plain': plain, 'tls': tls, 'greeting': greeting, 'login': login_late, 'idle': idle, 'read': read, 'denied': denied,
    'transaction': transaction, 'draining': draining, 'copy_in': copy_in, 'unread': unread, 'portal': portal,
    'pipeline': pipeline,
    'insert': asks("insert into orders values (@, 1, 1, 'x@')", ([], ['INSERT 0 1'])),
    'held': asks("update orders set note = 'x@' where id = 1", ([], ['UPDATE 1'])),
}


class Step:
    def __init__(self, case, port):
        self.case, self.port, self.wire, self.told = case, port, None, False

    def __call__(self, event):
        if not self.told:
            say('ready', self.case)
            self.told = True
        event.wait()


def run(case, name, port):
    step = Step(case, port)
    w = None
    try:
        w = None if name == 'plain' else Wire(case, port)
        right = CASES[name](w, step)
        outcome = 'right' if right else 'wrong'
    except TimeoutError:
        outcome = 'hang'
    except (Refused, Closed, OSError):
        outcome = 'closed'
    except Exception as e:
        outcome = 'wrong:%s' % repr(e).replace(' ', '_')
    if not step.told:
        say('ready', case)
    w = step.wire or w
    errors = getattr(w, 'errors', [])
    if any('4111111111111111' in v for row in getattr(w, 'rows', []) for v in row):
        outcome = 'wrong:unmasked'
    if outcome == 'closed' and errors:
        outcome = 'error:' + errors[0]
    say('end', case, outcome, *(getattr(w, 'tags', []) + getattr(w, 'rows', [])[:3]) if outcome[:5] == 'wrong' else ())


for line in sys.stdin:
    words = line.split()
    if words[0] == 'case':
        threading.Thread(target=run, args=(words[1], words[2], int(words[3])), daemon=True).start()
    else:
        {'go': go, 'on': on}[words[0]].set()
