"""oauth-server.py PORT CERTIFICATE KEY DIRECTORY: over TLS, an authorization server (/token, RFC 6749) and a resource
server (/orders, /echo) that takes its tokens (RFC 6750). DIRECTORY/terms is JSON, read at each request: how the token
endpoint behaves. A line for each request goes to DIRECTORY/log, each secret that was given to DIRECTORY/issued."""
import base64
import json
import os
import secrets
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote_plus

port, certificate, key, directory = int(sys.argv[1]), *sys.argv[2:5]
log = open(f'{directory}/log', 'a', buffering=1)
issued = open(f'{directory}/issued', 'a', buffering=1)
CLIENTS = {'node': 'the client/secret+of the node', 'poster': 'posted', 'open': ''}
lock = threading.Lock()
tokens = {}		# token: (client, end, scope)
refreshes = {}		# client: the one that is good


def terms():
    with open(f'{directory}/terms') as file:
        return json.load(file)


def give(kind):
    made = f'{kind}-{secrets.token_hex(20)}'
    issued.write(made + '\n')
    return made


class Server(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def say(self, status, body, kind='application/json', fields=()):
        body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    # ---- the authorization server ----
    def client_of(self, form):
        shown = self.headers.get('authorization', '')
        if shown.startswith('Basic '):
            pair = base64.b64decode(shown[6:]).decode().split(':')
            name, secret, how = unquote_plus(pair[0]), unquote_plus(pair[1]), 'basic'
        else:
            name, secret, how = form.get('client_id', ''), form.get('client_secret', ''), 'post'
        return (name, how) if CLIENTS.get(name) == secret else (None, how)

    def refuse(self, status, error):
        log.write(f'refused {error}\n')
        self.say(status, {'error': error, 'error_description': 'the secret is hunter2'})

    def grant(self, form, client, now):
        if form.get('grant_type') == 'refresh_token':
            with lock:
                if form.get('refresh_token') != refreshes.get(client, 'the-first-refresh-token'):
                    return self.refuse(400, 'invalid_grant')
                if now.get('rotate', True):
                    refreshes[client] = give('refresh')
        elif form.get('grant_type') != 'client_credentials':
            return self.refuse(400, 'unsupported_grant_type')
        life = now.get('lifetime', 300)
        token = give('token')
        tokens[token] = (client, time.time() + life, form.get('scope', ''))
        answer = {'access_token': token, 'token_type': 'Bearer', 'expires_in': life, 'scope': form.get('scope', '')}
        if form['grant_type'] == 'refresh_token' and now.get('rotate', True):
            answer['refresh_token'] = refreshes[client]
        return self.say(200, answer, fields=[('Cache-Control', 'no-store')])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('content-length', 0))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        now, (client, how) = terms(), self.client_of(form)
        mode = now.get('mode', 'good')
        log.write(f'asked {form.get("grant_type")} by {client or "nobody"} ({how}) scope={form.get("scope")} '
                  f'audience={form.get("audience")} resource={form.get("resource")} mode={mode}\n')
        right = {'access_token': give('odd'), 'token_type': 'Bearer', 'expires_in': 300}
        if mode == 'good':
            return self.grant(form, client, now) if client else self.refuse(401, 'invalid_client')
        if mode == 'slow':
            time.sleep(12)
        if mode == 'busy':
            time.sleep(1)
            return self.grant(form, client, now)
        if mode == 'cut':
            return self.connection.shutdown(socket.SHUT_RDWR)
        if mode == 'redirect':
            return self.say(307, '{}', fields=[('Location', f'https://127.0.0.1:{port}/other')])
        if mode == 'long':
            return self.say(200, dict(right, padding='x' * 70000))
        if mode == 'html':
            return self.say(200, right, kind='text/html')
        if mode == 'twice':
            return self.say(200, '{"token_type":"Bearer","expires_in":9,"access_token":"a-token","access_token":"b-token"}')
        return self.say(200, dict(right, **now.get('odd', {})))

    # ---- the resource server ----
    def do_GET(self):
        shown = self.headers.get('authorization', '')
        end = tokens.get(shown.removeprefix('Bearer '), (None, 0, ''))[1]
        if os.path.exists(f'{directory}/revoke'):
            os.unlink(f'{directory}/revoke')
            tokens.clear()
            end = 0
        good = shown.startswith('Bearer ') and end > time.time()
        log.write(f'{"served" if good else "unauthorized"} {self.path}\n')
        if not good:
            return self.say(401, {'error': 'no'}, fields=[('WWW-Authenticate', 'Bearer error="invalid_token"')])
        if self.path == '/echo':
            return self.say(200, {'you': shown, 'all': str(self.headers), 'coded': base64.b64encode(shown[7:].encode()).decode()},
                            fields=[('X-You', shown)])
        return self.say(200, {'order': self.path})


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
servers = [ThreadingHTTPServer((f'127.0.0.{n}', port), Server) for n in range(1, 8)]
for server in servers:
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever).start()
