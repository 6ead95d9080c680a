"""http-origin.py PORT LOG: an HTTP/1.1 server that writes a line for each request it saw."""
import gzip
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, log_path = int(sys.argv[1]), sys.argv[2]
log = open(log_path, 'a', buffering=1)
CARD = '4111111111111111'
ORDER = '{"id": %s, "customer": {"name": "Ada", "card": "' + CARD + '"}, "note": "tüv \\u0041"}'


def spread(kind):
    """A model's answer, seven characters of each event."""
    said = 'Her card, ' + ' '.join(CARD[i:i + 4] for i in range(0, 16, 4)) + ', was charged.'
    said = json.dumps({'note': said}) if kind == 'input' else said
    events = []
    for i in range(0, len(said), 7):
        piece = said[i:i + 7]
        events.append({
            'chat': {'object': 'chat.completion.chunk', 'choices': [{'index': 0, 'delta': {'content': piece}, 'finish_reason': None}]},
            'text': {'type': 'content_block_delta', 'index': 0, 'delta': {'type': 'text_delta', 'text': piece}},
            'input': {'type': 'content_block_delta', 'index': 0, 'delta': {'type': 'input_json_delta', 'partial_json': piece}},
            'response': {'type': 'response.output_text.delta', 'item_id': 'a', 'output_index': 0, 'content_index': 0, 'delta': piece},
        }[kind])
    return ''.join('data: %s\n\n' % json.dumps(event) for event in events) + ('data: [DONE]\n\n' if kind == 'chat' else '')


def parts(*all):
    text = ''
    for disposition, kind, value in all:
        text += '--cut-here\r\nContent-Disposition: form-data; %s\r\n' % disposition
        text += ('Content-Type: %s\r\n' % kind if kind else '') + '\r\n' + value + '\r\n'
    return text + '--cut-here--\r\n'


class Origin(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = 0

    def log_message(self, *args):
        pass

    def read_body(self):
        if self.headers.get('transfer-encoding', '').lower() == 'chunked':
            n = 0
            while True:
                size = int(self.rfile.readline().split(b';')[0], 16)
                n += size
                left = size
                while left:
                    left -= len(self.rfile.read(min(left, 65536)))
                self.rfile.readline()
                if not size:
                    return n
        n = left = int(self.headers.get('content-length', 0))
        while left:
            left -= len(self.rfile.read(min(left, 65536)))
        return n

    def say(self, body, kind='application/json', status=200, fields=()):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def in_chunks(self, *parts, trailer=b''):
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Transfer-Encoding', 'chunked')
        if trailer:
            self.send_header('Trailer', 'x-note')
        self.end_headers()
        for part in parts:
            self.wfile.write(b'%x\r\n%s\r\n' % (len(part), part))
        self.wfile.write(b'0\r\n%s\r\n' % trailer)

    def answer(self):
        n = self.read_body()
        path = self.path.split('?')[0]
        log.write('%s %s %d\n' % (self.command, self.path, n))
        if self.command in ('POST', 'PUT', 'PATCH'):
            self.say(json.dumps({'bytes': n}))
        elif self.command == 'DELETE':
            self.say('{"deleted": true}')
        elif path.startswith('/orders/'):
            self.say(ORDER % path.split('/')[2])
        elif path == '/escaped':
            self.say('{"card": "\\u0034111\\u00311111111%s"}' % '1111')
        elif path == '/cut':
            text = ('{"card": "%s"}' % CARD).encode()
            self.in_chunks(*[text[i:i + 3] for i in range(0, len(text), 3)])
        elif path == '/trailer':
            self.in_chunks(b'{"a": 1}', trailer=b'x-note: fine\r\n')
        elif path == '/telling-trailer':
            self.in_chunks(b'{"a": 1}', trailer=b'x-note: %s\r\n' % CARD.encode())
        elif path == '/telling-reason':
            self.wfile.write(b'HTTP/1.1 404 card %s\r\nContent-Length: 0\r\n\r\n' % CARD.encode())
        elif path == '/telling-hint':
            self.wfile.write(b'HTTP/1.1 103 Early Hints\r\nX-Note: card %s\r\n\r\n' % CARD.encode())
            self.say('{"a": 1}')
        elif path == '/telling-field':
            self.say('{"a": 1}', fields=[('X-Note', 'card ' + CARD)])
        elif path == '/echo':
            self.say(json.dumps({'you': self.headers.get('authorization', '')}),
                     fields=[('X-You', self.headers.get('authorization', '-'))])
        elif path == '/always-gzip':
            self.say(gzip.compress(('{"card": "%s"}' % CARD).encode()), fields=[('Content-Encoding', 'gzip')])
        elif path == '/gzip':
            body = ('{"card": "%s"}' % CARD).encode()
            if 'gzip' in self.headers.get('accept-encoding', ''):
                self.say(gzip.compress(body), fields=[('Content-Encoding', 'gzip')])
            else:
                self.say(body)
        elif path == '/text':
            self.say('card %s of Ada' % CARD, 'text/plain; charset=utf-8')
        elif path == '/lines':
            self.say(('{"card": "%s"}\n' % CARD) * 100, 'application/x-ndjson')
        elif path.startswith('/model/'):
            self.say(spread(path.split('/')[2]), 'text/event-stream')
        elif path == '/parts':
            self.say(parts(('name="who"', '', 'Ada'), ('name="card"', '', CARD), ('name="note"; filename="%s.txt"' % CARD, 'text/plain', 'card ' + CARD),
                           ('name="order"', 'application/json', '{"card": "%s", "id": 7}' % CARD), ('name="none"; filename=""', 'application/octet-stream', '')),
                     'multipart/form-data; boundary=cut-here')
        elif path == '/parts-of-bytes':
            self.say(parts(('name="a"; filename="a.png"', 'image/png', CARD)), 'multipart/form-data; boundary=cut-here')
        elif path == '/ranges':
            self.say('--cut-here\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-15/99\r\n\r\n%s\r\n--cut-here--\r\n' % CARD,
                     'multipart/byteranges; boundary=cut-here', status=206)
        elif path == '/plain.json':
            self.say(json.dumps({'numbers': list(range(1000)), 'text': 'as it is ' * 100}, indent=1))
        elif path == '/blob':
            self.say(bytes(range(256)) * 10, 'application/octet-stream')
        elif path == '/long':
            self.say('x' * 79 + '\n' + ('y' * 79 + '\n') * 249999, 'text/plain')
        else:
            self.say('{"error": "no such thing"}', status=404)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer


ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer.request_queue_size = 256
ThreadingHTTPServer(('127.0.0.1', port), Origin).serve_forever()
