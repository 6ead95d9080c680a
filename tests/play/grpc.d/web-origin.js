// web-origin.js HTTP1 HTTP2: the shop by gRPC-Web, over HTTP/1.1 and, without TLS, HTTP/2. Answers come three bytes at a time.
'use strict';
const http = require('http');
const http2 = require('http2');
const path = require('path');
const zlib = require('zlib');
const protobuf = require('protobufjs');

const [one, two] = process.argv.slice(2).map(Number);
const root = protobuf.loadSync(path.join(__dirname, 'shop.proto'));
const Question = root.lookupType('shop.Question');
const Customer = root.lookupType('shop.Customer');
const CARD = '4111111111111111';

function frame(flags, bytes) {
	const head = Buffer.alloc(5);
	head[0] = flags;
	head.writeUInt32BE(bytes.length, 1);
	return Buffer.concat([head, bytes]);
}

function answer(question) {
	const message = Buffer.from(Customer.encode({ id: question.id, name: 'Ann', card: CARD, email: 'ann@shop.example' }).finish());
	const clear = Buffer.from(Customer.encode({ id: question.id, name: 'nothing to hide, nothing to hide' }).finish());
	const trailers = (text) => frame(0x80, Buffer.from(text));
	const ok = trailers('grpc-status: 0\r\n');
	return {
		open: [frame(0, message), ok],
		two: [frame(0, message), frame(0, clear), ok],
		gzip: [frame(1, zlib.gzipSync(message)), frame(1, zlib.gzipSync(clear)), ok],
		bomb: [frame(1, zlib.gzipSync(Buffer.alloc(64 << 20))), ok],
		fail: [frame(0, clear), trailers(`grpc-status: 5\r\ngrpc-message: no%20card ${CARD}\r\ngrpc-status-details-bin: AAAA\r\n`)],
		cut: [frame(0, clear), frame(0, message).subarray(0, 20)],
		behind: [frame(0, clear), ok, frame(0, message)],
		flags: [frame(2, message), ok],
	}[question.way] || [];
}

// in base 64 each frame is a text of its own, with its padding
function text(frames) {
	return Buffer.from(frames.map((bytes) => bytes.toString('base64')).join(''));
}

function serve(request, response) {
	const runs = [];
	request.on('data', (run) => runs.push(run));
	request.on('end', async () => {
		const type = request.headers['content-type'];
		const isText = type.startsWith('application/grpc-web-text');
		let body = Buffer.concat(runs);
		if (isText)
			body = Buffer.from(body.toString(), 'base64');
		const question = Question.decode(body.subarray(5));
		const frames = answer(question);
		const bytes = isText ? text(frames) : Buffer.concat(frames);
		response.writeHead(200, { 'content-type': type, 'grpc-encoding': 'gzip' });
		for (let at = 0; at < bytes.length; at += bytes.length > 3000 ? 3000 : 3)
			response.write(bytes.subarray(at, at + (bytes.length > 3000 ? 3000 : 3)));
		response.end();
	});
}

http.createServer(serve).listen(one, '127.0.0.1');
http2.createServer(serve).listen(two, '127.0.0.1');
