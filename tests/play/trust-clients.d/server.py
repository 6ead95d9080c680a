"""server.py CHAIN KEY FOLDER PORT COMMAND...: serve the folder over TLS on loopback,
and run the command with the port in $PORT until it ends. A client that does not trust
the certificate says so in its handshake; that is nobody's fault here."""
import functools
import http.server
import os
import ssl
import subprocess
import sys
import threading


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass

    def get_request(self):	# the handshake belongs to the thread that serves
        connection, address = self.socket.accept()
        connection.settimeout(20)
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address


chain, key, folder, port = sys.argv[1:5]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(chain, key)
server = Server(("127.0.0.1", int(port)), functools.partial(Quiet, directory=folder))
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.exit(subprocess.call(sys.argv[5:], env=dict(os.environ, PORT=str(server.server_address[1]))))
