# turn-faults.py WORK BUILD PG_PORT: the driver of turn-faults, and the backends it needs: proxies
# before the real PostgreSQL that write down every statement they get and stop where they are told.
#
# A round is a signal to one process while flows stand in a group of states, all at once: each flow
# is a case of turn-faults-client.py with a backend of its own kind. Where a state is one in which
# another process is waited for, that one is stopped first. After the signal everything goes on, and
# each flow must come to one of three ends: right, an error, closed.
# Prints "ok" or "FAILED" and a name for each (state, process, signal), and what is asked of the
# story as "do ..."; the answer to that comes on standard input.
import json, os, signal, socket, struct, subprocess, sys, threading, time

WORK, BUILD, PG = sys.argv[1], sys.argv[2], int(sys.argv[3])
here = os.path.dirname(os.path.abspath(__file__))
CONF = WORK + '/instance.conf'
ALL = ['loader', 'policy', 'worker', 'grammar', 'keeper', 'broker', 'recorder', 'warden']

# state, what the client does, which backend it has. By the process that is stopped to get there.
STATES = {
    None: [
        ('greeting', 'greeting', 'shop'), ('dialing', 'plain', 'full'), ('logging in', 'plain', 'mute'),
        ('open, idle', 'idle', 'shop'), ('open, in a transaction', 'transaction', 'shop'),
        ('names', 'read', 'names'), ('held', 'held', 'shop'), ('sent, not answered', 'insert', 'deaf'),
        ('half answered', 'read', 'half'), ('draining', 'draining', 'deaf'), ('in the middle of COPY', 'copy_in', 'shop'),
        ('answer not read', 'unread', 'shop'), ('portal suspended', 'portal', 'shop'),
        ('pipeline, its first half answered', 'pipeline', 'half'),
    ],
    'loader': [('identifying', 'plain', 'shop'), ('socket', 'login', 'unix')],
    'grammar': [('grammar', 'read', 'shop'), ('grammar, in a pipeline', 'pipeline', 'shop')],
    'keeper': [('leaf', 'tls', 'shop'), ('proof', 'login', 'shop')],
    'broker': [('earlier', 'held', 'shop')],
    'recorder': [('entering', 'insert', 'shop'), ('holding', 'held', 'shop'), ('refusing', 'denied', 'shop')],
}
# what is done to whom while which is stopped; the rest of all pairs with TURN_FAULTS=all
KILLED = {None: ALL, 'loader': ['loader', 'worker'], 'grammar': ['grammar', 'worker', 'recorder'], 'keeper': ['keeper', 'worker'],
          'broker': ['broker', 'worker'], 'recorder': ['recorder', 'worker', 'warden']}
STOPPED = {None: ['worker', 'recorder', 'warden']}
only = os.environ.get('TURN_FAULTS')
if only:
    only = ALL if only == 'all' else only.split()
    KILLED = {s: only for s in STATES}
    STOPPED = {s: [p for p in only if p != s] for s in STATES}

# A process that has no part in a state does not end it.
APART = {
    'policy': {s for rows in STATES.values() for s, _, _ in rows},
    'loader': {'open, idle', 'open, in a transaction', 'names', 'held', 'half answered', 'grammar', 'entering', 'leaf', 'proof',
               'in the middle of COPY', 'answer not read', 'portal suspended'},
    'keeper': {'open, idle', 'open, in a transaction', 'names', 'held', 'half answered', 'grammar', 'entering',
               'in the middle of COPY', 'answer not read', 'portal suspended'},
    'broker': {'open, idle', 'names', 'half answered', 'grammar', 'entering', 'leaf', 'proof', 'in the middle of COPY',
               'answer not read', 'portal suspended'},
}


# ---- backends ----------------------------------------------------------------------------------

class Backend:
    """One way to PostgreSQL: relays, and writes down what it got. Its kind says where it stands
    still until the round is let go."""

    seen = []           # (when, kind, tag of the message, text, is it the daemon's own)
    lock = threading.Lock()

    def __init__(self, kind):
        self.kind, self.let_go = kind, threading.Event()
        self.let_go.set()
        self.fill = []
        if kind == 'unix':
            self.path = WORK + '/proxy.sock'
            self.door = socket.socket(socket.AF_UNIX)
            self.door.bind(self.path)
            os.chmod(self.path, 0o666)
            self.port = int(os.environ.get('UNIX_PORT', 0)) or free_port()
        else:
            self.door = socket.socket()
            self.door.bind(('127.0.0.1', 0))
            self.port = self.door.getsockname()[1]
        self.door.listen(0 if kind == 'full' else 64)
        threading.Thread(target=self.serve, daemon=True).start()

    def stand_still(self):
        self.let_go = threading.Event()
        if self.kind == 'full':         # its queue is full: a SYN more is dropped
            for _ in range(3):
                s = socket.socket()
                s.setblocking(False)
                s.connect_ex(('127.0.0.1', self.port))
                self.fill.append(s)
            time.sleep(0.1)

    def go_on(self):
        self.let_go.set()
        for s in self.fill:
            s.close()
        self.fill = []

    def serve(self):
        while True:
            if self.kind == 'full':
                self.let_go.wait()
                self.door.settimeout(0.1)
            try:
                one = self.door.accept()[0]
            except TimeoutError:
                continue
            one.settimeout(None)
            if self.kind == 'full' and not self.let_go.is_set():
                self.fill.append(one)   # it was asleep in accept: one place more to fill
                continue
            threading.Thread(target=self.relay, args=(one,), daemon=True).start()

    def relay(self, one):
        let_go = self.let_go
        if self.kind == 'mute':
            let_go.wait()
        other = socket.create_connection(('127.0.0.1', PG))
        asked = threading.Event()       # the statement of the case came (or the daemon's own question)
        threading.Thread(target=self.up, args=(one, other, let_go, asked), daemon=True).start()
        self.down(one, other, let_go, asked)

    def up(self, one, other, let_go, asked):
        kept, started = b'', False
        while True:
            more = receive(one)
            kept += more
            while True:
                at = 1 if started else 0
                if len(kept) < at + 4 or len(kept) < at + struct.unpack('!I', kept[at:at + 4])[0]:
                    break
                n = at + struct.unpack('!I', kept[at:at + 4])[0]
                self.note(kept[:n], started, asked)
                kept, started = kept[n:], True
            if self.kind == 'deaf' and asked.is_set():
                let_go.wait()
            if not more:
                break
            send(other, more)
        shut(other)

    def note(self, message, started, asked):
        tag, body = message[:1].decode('latin-1'), message[5:]
        if not started or tag not in 'QPd':
            return
        name = b''
        if tag == 'P':
            name, body = body.split(b'\0', 1)
        own = name.startswith(b'_ilk_') or body.startswith(b'_ilk_')
        text = body.split(b'\0')[0].decode('latin-1')
        with Backend.lock:
            Backend.seen.append((time.time(), self.kind, tag, text, own))
        if own == (self.kind == 'names'):
            asked.set()

    def down(self, one, other, let_go, asked):
        while True:
            more = receive(other)
            if asked.is_set() and not let_go.is_set():
                if self.kind == 'names':
                    let_go.wait()
                elif self.kind == 'half' and b'4111' in more:
                    n = more.index(b'4111') + 2
                    send(one, more[:n])
                    more = more[n:]
                    let_go.wait()
            if not more:
                break
            send(one, more)
        shut(one)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def receive(s):
    try:
        return s.recv(1 << 16)
    except OSError:
        return b''


def send(s, what):
    try:
        s.sendall(what)
    except OSError:
        pass


def shut(s):
    try:
        s.shutdown(socket.SHUT_WR)
    except OSError:
        pass


# ---- the daemon and the skill --------------------------------------------------------------------

def interlock(*args, uid=None):
    command = [BUILD + '/bin/interlock', '--instance', CONF, *args]
    return subprocess.run(as_person(uid, command), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          preexec_fn=lambda: login_uid(uid))


def as_person(uid, command):
    return command if uid is None else ['setpriv', '--reuid', str(uid), '--regid', str(uid), '--clear-groups', '--', *command]


def login_uid(uid):
    if uid is None:
        return
    try:
        with open('/proc/self/loginuid', 'w') as f:
            f.write(str(uid))
    except OSError:
        pass


def processes():
    """Pids by name: those of all workers, the others' one."""
    pids = {}
    for p in json.loads(interlock('status', '--json').stdout or '{"processes": []}')['processes']:
        pids.setdefault(p['name'].split('/')[0], []).append(p['pid'])
    return pids


def well_within(seconds):
    end = time.time() + seconds
    while time.time() < end:
        if interlock('status').returncode == 0:
            return True
        time.sleep(0.05)
    return False


def ask_story(what):
    print('do', what, flush=True)
    return sys.stdin.readline().strip()


class Skill:
    """A client of its own for each round, since not even the warden need be the same."""

    def __init__(self):
        command = [BUILD + '/bin/interlock', '--instance', CONF, 'run', '--skill', 'order-support', '--',
                   '/usr/bin/python3', WORK + '/turn-faults-client.py']
        self.child = subprocess.Popen(as_person(61001, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                      preexec_fn=lambda: login_uid(61001))
        self.ready, self.ended = set(), {}
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.child.stdout:
            words = line.split(maxsplit=2)
            if words[0] == 'ready':
                self.ready.add(words[1])
            elif words[0] == 'end':
                self.ended[words[1]] = words[2].strip()

    def tell(self, words):
        try:
            self.child.stdin.write(words + '\n')
            self.child.stdin.flush()
        except OSError:
            pass

    def wait(self, which, cases, seconds):
        end = time.time() + seconds
        while time.time() < end and not cases <= set(which):
            time.sleep(0.02)
        return cases <= set(which)

    def leave(self):
        try:
            self.child.stdin.close()
            self.child.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.child.kill()
            self.child.wait()


# ---- a round ---------------------------------------------------------------------------------------

backends, number, shown = {}, 1000, []


def tell(good, name, more=''):
    print('ok' if good else 'FAILED', name + (': ' + more if more else ''), flush=True)


def kill(pids, what):
    for pid in pids:
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            pass


def approve():
    for line in interlock('holds', '--json', uid=61002).stdout.splitlines():
        hold = json.loads(line)
        if hold['state'] in ('open', 'awaiting retry'):
            interlock('approve', hold['hold'], '--yes', uid=61002)


def round_of(stopped, process, what):
    global number
    started = time.time()
    if not well_within(15):
        tell(False, 'all are well before SIG%s of %s' % (what, process))
        sys.exit(interlock('status').stdout)
    pids = processes()
    pids['warden'] = [int(open(WORK + '/daemon.pid').read())]
    for b in backends.values():
        b.stand_still()
    skill, cases = Skill(), {}
    for state, name, kind in STATES[stopped]:
        number += 1
        cases[str(number)] = (state, name)
        skill.tell('case %d %s %d' % (number, name, backends[kind].port))
    if not skill.wait(skill.ready, set(cases), 10):
        tell(False, 'all are ready for SIG%s of %s' % (what, process),
             str([cases[c][0] for c in cases if c not in skill.ready]))
    if stopped:
        kill(pids[stopped], signal.SIGSTOP)
    skill.tell('go')
    time.sleep(0.7)
    early = {c: skill.ended[c] for c in cases if c in skill.ended}
    kill(pids[process], getattr(signal, 'SIG' + what))
    time.sleep(0.3)
    if stopped and stopped != process:
        kill(pids[stopped], signal.SIGCONT)
    for b in backends.values():
        b.go_on()
    skill.tell('on')
    if process == 'warden':
        if what == 'STOP':
            time.sleep(4)
            kill(pids['warden'], signal.SIGCONT)
        else:
            ask_story('restart')
    end, hung_up = time.time() + 45, False
    while time.time() < end and not set(cases) <= set(skill.ended):
        if skill.child.poll() is not None:      # who stands in for it ended; it may go on itself, for a while
            end, hung_up = (end, True) if hung_up else (time.time() + 5, True)
        if any(name == 'held' and c not in skill.ended for c, (_, name) in cases.items()):
            approve()
        time.sleep(0.05)
    for c, (state, name) in cases.items():
        outcome = skill.ended.get(c, 'hang' if skill.child.poll() is None else 'its skill ended: %d' % skill.child.poll())
        good = outcome in ('right', 'closed') or outcome.startswith('error:')
        if process == 'warden' and what == 'KILL':  # who stands in for a skill leaves with the daemon
            good |= outcome.startswith('its skill ended')
        if state in APART.get(process, ()) and stopped != process:
            good = outcome == 'right'
        if c in early:
            good, outcome = False, 'it did not stand there: %s' % early[c]
        shown.append((c, name, outcome))
        tell(good, '%s, SIG%s of %s: %s' % (state, what, process, outcome))
    skill.leave()
    served = ask_story('serve')
    print('# %.1f s' % (time.time() - started), flush=True)
    tell(served == 'yes', 'SIG%s of %s%s: the next connection is served' % (what, process, ', %s stopped' % stopped if stopped else ''))


def compare():
    """What the backends got against the ledger, and against what the client was told."""
    entered, held = {}, {}
    for line in interlock('replay', '--all', '--json').stdout.splitlines():
        entry = json.loads(line)
        if entry['kind'] == 'ask' and entry['verdict'] == 'hold':
            held[entry['turn']] = entry['text']
        if entry['kind'] == 'release' or entry['kind'] == 'ask' and entry['verdict'] == 'allow':
            entered.setdefault(held.get(entry['turn']) or entry.get('text', '').strip(), []).append(entry['wall'])
    got = [s for s in Backend.seen if s[2] in 'QP' and not s[4]]
    unentered, before = [], []
    for when, kind, tag, text, own in got:
        times = entered.get(text.strip())
        if not times:
            unentered.append(text)
        elif seconds(min(times)) > when + 0.002:
            before.append(text)
    tell(len(got) > 20, 'the backends got %d statements, %d of the daemon\'s own, %d bytes' % (
        len(got), sum(s[4] for s in Backend.seen), sum(len(s[3]) for s in Backend.seen)))
    tell(not unentered, 'each was entered, and allowed', str(unentered[:5]) if unentered else '')
    tell(not before, 'before the backend got it', str(before[:5]) if before else '')
    refused = [s[3] for s in Backend.seen if 'no-' in s[3] or 'never' in s[3]]
    tell(not refused, 'no byte of a refused one is among them', str(refused[:5]) if refused else '')
    there = set(ask_story('orders').split())
    told = {'transaction': lambda c: {c}, 'insert': lambda c: {c}, 'copy_in': lambda c: {c, '9' + c}}
    lost = [c for c, name, outcome in shown if outcome == 'right' and name in told and not told[name](c) <= there]
    half = [c for c, name, _ in shown if name == 'copy_in' and len(told[name](c) & there) == 1]
    wrong = [c for c, name, outcome in shown if outcome.startswith('error:IL') and name in ('insert', 'transaction') and c in there]
    tell(not lost, 'what the skill was told is done is done', str(lost) if lost else '')
    tell(not half, 'no COPY is half done', str(half) if half else '')
    tell(not wrong, 'what the skill was told is refused is not done', str(wrong) if wrong else '')
    tell(not [o for o in there if o.startswith('-')], 'nothing behind a refusal in a pipeline ran')


def seconds(stamp):
    from datetime import datetime
    return datetime.fromisoformat(stamp.replace('Z', '+00:00')).timestamp()


for kind in ('shop', 'full', 'mute', 'names', 'deaf', 'half', 'unix'):
    backends[kind] = Backend(kind)
ask_story('policy ' + ' '.join('%s=%d' % (k, b.port) for k, b in backends.items()))
for stopped in STATES:
    for process in KILLED.get(stopped, []):
        round_of(stopped, process, 'KILL')
    for process in STOPPED.get(stopped, []):
        round_of(stopped, process, 'STOP')
compare()
print('end', flush=True)
