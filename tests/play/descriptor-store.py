"""descriptor-store.py SOCKET PROGRAM ARGUMENT…: a service manager as sd_notify(3) and sd_listen_fds(3) have it,
for one service. Reads commands from standard input: "start", "stop" (and waits for its end), "end". Writes a
line for each thing that happens: "ready", "stored NAME", "forgotten NAME", "started PID", "stopped"."""
import array
import fcntl
import os
import select
import signal
import socket
import sys

path, argv = sys.argv[1], sys.argv[2:]
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(path)
kept, pid = {}, 0


def say(*words):
    print(*words, flush=True)


def hear():
    text, control, _, _ = notify.recvmsg(4096, socket.CMSG_SPACE(4))
    fds = array.array("i")
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[:4])
    words = dict(line.split("=", 1) for line in text.decode().splitlines())
    name = words.get("FDNAME")
    if words.get("READY") == "1":
        say("ready")
    if words.get("FDSTORE") == "1":
        if name in kept:
            os.close(kept[name])
        kept[name] = fds[0]
        say("stored", name)
    if words.get("FDSTOREREMOVE") == "1" and name in kept:
        os.close(kept.pop(name))
        say("forgotten", name)


def start():
    child = os.fork()
    if child:
        return child
    # out of the way first; dup2() makes what the program inherits
    for i, fd in enumerate([fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 200) for fd in kept.values()]):
        os.dup2(fd, 3 + i)
    os.environ.update(NOTIFY_SOCKET=path, LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(kept)),
                      LISTEN_FDNAMES=":".join(kept))
    os.execv(argv[0], argv)


while True:
    ready, _, _ = select.select([notify, sys.stdin], [], [])
    if notify in ready:
        hear()
    if sys.stdin not in ready:
        continue
    command = sys.stdin.readline().strip()
    if command == "start":
        pid = start()
        say("started", pid)
    elif command in ("stop", "end", ""):
        if pid:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
            pid = 0
            say("stopped")
        if command != "stop":
            break
