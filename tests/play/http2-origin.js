// http2-origin.js LOG CERT KEY SECURE PLAIN: a server of HTTP/2, over TLS and without, that writes a line for
// each request it saw. Some of its paths misbehave.
'use strict';
const fs = require('fs');
const http2 = require('http2');
const [log, cert, key, secure, plain] = process.argv.slice(2);
const CARD = '4111111111111111';
const note = (text) => fs.appendFileSync(log, text + '\n');
const half = Buffer.alloc(100000, 'half of it\n');

const paths = {
	'/trailers': (stream) => {
		stream.respond({ ':status': 200, 'content-type': 'text/plain' }, { waitForTrailers: true });
		stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'twelve' }));
		stream.end('with trailers');
	},
	'/none': (stream) => stream.respond({ ':status': 204 }, { endStream: true }),
	'/same': (stream) => stream.respond({ ':status': 304, etag: '"1"' }, { endStream: true }),
	'/long': (stream) => {
		stream.respond({ ':status': 200, 'content-type': 'text/plain' });
		stream.end(Buffer.alloc(20000000, 'y'.repeat(79) + '\n'));
	},
	'/early': (stream) => {
		stream.respond({ ':status': 413, 'content-type': 'text/plain' });
		stream.end('too much');
	},
	'/early-401': (stream) => {
		stream.respond({ ':status': 401, 'content-type': 'text/plain', 'content-length': 8 });
		stream.end('too much');
	},
	'/hang': (stream) => stream.on('aborted', () => note('cancelled')),
	'/reset': (stream) => {
		stream.respond({ ':status': 200, 'content-type': 'text/plain' });
		stream.write(half, () => setTimeout(() => stream.destroy(new Error('no more')), 50));
	},
	'/die': (stream) => {
		stream.respond({ ':status': 200, 'content-type': 'text/plain', 'content-length': 200000 });
		stream.write(half, () => setTimeout(() => stream.session.socket ? stream.session.destroy() : 0, 50));
	},
	'/goaway': (stream) => {
		stream.session.goaway();
		stream.respond({ ':status': 200, 'content-type': 'text/plain' });
		setTimeout(() => stream.end('the last one'), 50);
	},
};

function answer(stream, headers) {
	const path = headers[':path'], method = headers[':method'];
	let n = 0;

	note(method + ' ' + path);
	stream.on('error', () => {});
	if (paths[path])
		return paths[path](stream);
	stream.on('data', (bytes) => { n += bytes.length; });
	stream.on('end', () => {
		stream.respond({ ':status': 200, 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] });
		stream.end(method === 'GET' ? JSON.stringify({ card: CARD, cookie: headers.cookie }) :
			JSON.stringify({ bytes: n, method }));
	});
}

const settings = { maxConcurrentStreams: 20 };
for (const [server, port] of [
	[http2.createSecureServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key), settings }), secure],
	[http2.createServer({ settings }), plain]]) {
	server.on('stream', answer);
	server.on('sessionError', () => {});
	server.on('session', (session) => session.on('error', () => {}));
	server.listen(Number(port), '127.0.0.1');
}
