"""watchdog.py: both ends of a scenario that must see what reaches a backend.
  sniff PORT LOG            a backend on 127.0.0.1 that answers each 32 bytes with one, and writes a line for
                            each connection, "UID", and for what it read, "UID BYTES"; UID: who dialled
  knock PORT LOG END        dials it on and on until END exists: "TIME answer" or "TIME why it failed"
  hold PORT LOG GO          makes a socket, waits for GO, then dials with it
  step PORT LOG GO N        goes through a connection (0 socket, 1 dialled, 2 half asked, 3 asked, 4 answered), and
                            after step N says "ready" and waits for GO; in the end the time, and "answer" or why not"""
import os
import socket
import sys
import threading
import time

what, port, log = sys.argv[1], int(sys.argv[2]), open(sys.argv[3], "a", buffering=1)


def uid_of(peer):
    want = "%02X%02X%02X%02X:%04X" % (*reversed([int(b) for b in peer[0].split(".")]), peer[1])
    for line in open("/proc/net/tcp"):
        fields = line.split()
        if fields[1] == want and fields[2].endswith(":%04X" % port):
            return fields[7]
    return "gone"


def serve(c, peer):
    uid = uid_of(peer)
    print(uid, file=log)
    try:
        while data := c.recv(65536):
            print(uid, len(data), file=log)
            c.sendall(b"!")
    except OSError:
        pass
    c.close()


def sniff():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(1024)
    while True:
        threading.Thread(target=serve, args=s.accept(), daemon=True).start()


def dial(s):
    s.settimeout(1)
    try:
        s.connect(("127.0.0.1", port))
        s.sendall(b"k" * 32)
        said = "answer" if s.recv(1) == b"!" else "end"
    except OSError as e:
        said = type(e).__name__
    print(time.time_ns(), said, file=log)
    s.close()


if what == "sniff":
    sniff()
elif what == "knock":
    while not os.path.exists(sys.argv[4]):
        dial(socket.socket())
        time.sleep(0.02)
elif what == "step":
    s = socket.socket()
    s.settimeout(4)
    steps = [lambda: None, lambda: s.connect(("127.0.0.1", port)), lambda: s.sendall(b"k" * 16),
             lambda: s.sendall(b"k" * 16), lambda: s.recv(1) == b"!" or 1 / 0]
    try:
        for i, step in enumerate([*steps, lambda: s.sendall(b"k" * 32), steps[-1]]):
            step()
            if i == int(sys.argv[5]):
                print("ready", file=log)
                while not os.path.exists(sys.argv[4]):
                    time.sleep(0.02)
        said = "answer"
    except (OSError, ZeroDivisionError) as e:
        said = type(e).__name__
    print(time.time_ns(), said, file=log)
else:
    held = socket.socket()
    while not os.path.exists(sys.argv[4]):
        time.sleep(0.02)
    dial(held)
