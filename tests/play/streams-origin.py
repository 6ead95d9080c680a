"""streams-origin.py DIRECTORY GRPC GRPC_TLS HTTP: streams that go on when they are answered.
A gRPC server without and with TLS, whose calls answer each message as it comes, and an HTTP/1.1 server with an event
stream: each event waits for /ack of the one before it."""
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc

directory, plain, secure, http = sys.argv[1], *map(int, sys.argv[2:])
CARD = b'4111111111111111'


def both(messages, context):
    for message in messages:
        yield b'echo ' + message


def early(messages, context):
    yield b'got ' + next(messages)
    context.abort(grpc.StatusCode.ABORTED, 'enough')


def upload(messages, context):
    return b'%d' % sum(len(message) for message in messages)


def unary(message, context):
    return b'one ' + message


class Calls(grpc.GenericRpcHandler):
    def service(self, details):
        return {
            '/shop.Stream/Both': grpc.stream_stream_rpc_method_handler(both),
            '/shop.Stream/Early': grpc.stream_stream_rpc_method_handler(early),
            '/shop.Stream/Upload': grpc.stream_unary_rpc_method_handler(upload),
            '/shop.Stream/Unary': grpc.unary_unary_rpc_method_handler(unary),
        }.get(details.method)


class Events(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    acks = [threading.Event() for _ in range(4)]

    def log_message(self, *args):
        pass

    def read_chunk(self):
        size = int(self.rfile.readline(), 16)
        return self.rfile.read(size + 2)[:size]

    def do_POST(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Transfer-Encoding', 'chunked')
        first = self.read_chunk()
        self.end_headers()
        while first:
            self.wfile.write(b'%x\r\n%s\r\n' % (len(first), first))
            first = self.read_chunk()
        self.wfile.write(b'0\r\n\r\n')

    def do_GET(self):
        which = self.path.rsplit('/', 1)[1]
        if self.path.startswith('/ack/'):
            self.acks[int(which)].set()
            self.send_response(204)
            self.end_headers()
            return
        end = {'lf': b'\n', 'crlf': b'\r\n', 'cr': b'\r'}[which]
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        for i, ack in enumerate(self.acks):
            ack.clear()
            event = b'id: %d%sdata: {"card": "%s"}%s%s' % (i, end, CARD, end, end)
            self.wfile.write(b'%x\r\n%s\r\n' % (len(event), event))
            self.wfile.flush()
            if not ack.wait(10):
                break
        self.wfile.write(b'0\r\n\r\n')


server = grpc.server(futures.ThreadPoolExecutor(16))
server.add_generic_rpc_handlers((Calls(),))
server.add_insecure_port('127.0.0.1:%d' % plain)
with open(directory + '/grpc.shop.example.key', 'rb') as key, open(directory + '/grpc.shop.example.crt', 'rb') as chain:
    credentials = grpc.ssl_server_credentials([(key.read(), chain.read())])
server.add_secure_port('127.0.0.1:%d' % secure, credentials)
server.start()
ThreadingHTTPServer(('127.0.0.1', http), Events).serve_forever()
