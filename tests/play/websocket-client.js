// websocket-client.js URL [MESSAGE…]: what websocket-client.py does, over HTTP/2 (RFC 8441), and prints the same.
'use strict';
const http2 = require('http2');
const [address, ...messages] = process.argv.slice(2);
const url = new URL(address.replace(/^ws/, 'http'));
const heard = [];

function frame(opcode, body) {
	const key = Buffer.from([1, 2, 3, 4]), n = body.length;
	const head = n < 126 ? Buffer.from([0x80 | opcode, 0x80 | n]) : Buffer.from([0x80 | opcode, 0xfe, n >> 8, n & 255]);

	return Buffer.concat([head, key, body.map((byte, i) => byte ^ key[i % 4])]);
}

// the next frame of the server's, taken off; null: it is not here whole
let left = Buffer.alloc(0);
function take() {
	let at = 2, n;

	if (left.length < 2)
		return null;
	n = left[1] & 127;
	if (n === 126 && left.length >= 4) { n = left.readUInt16BE(2); at = 4; }
	else if (n === 127 && left.length >= 10) { n = Number(left.readBigUInt64BE(2)); at = 10; }
	else if (n >= 126)
		return null;
	if (left.length < at + n)
		return null;
	const one = { opcode: left[0] & 15, body: left.subarray(at, at + n) };
	left = left.subarray(at + n);
	return one;
}

function end(session) {
	for (const text of heard.splice(0))
		console.log(text.length < 200 ? text : text.length + ' of ' + text[0]);
	session.destroy();
}

const session = http2.connect(url.origin);
session.on('error', (error) => { heard.push('error ' + error.code); });
session.once('remoteSettings', function offered(settings) {
	if (!settings.enableConnectProtocol)	// it may be said a little later
		return session.once('remoteSettings', offered);
	const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': url.protocol.slice(0, -1),
		':path': url.pathname, ':authority': url.host, 'sec-websocket-version': '13', 'sec-websocket-protocol': 'other, shop.v1',
		origin: url.origin }, { endStream: false });
	const next = () => {
		const message = messages.shift();

		if (message === undefined)
			return false;
		stream.write(message.startsWith('hex:') ? frame(2, Buffer.from(message.slice(4), 'hex')) : frame(1, Buffer.from(message)));
		return true;
	};
	const listens = messages.length === 0;

	stream.on('response', (h) => {
		if (h[':status'] !== 200) {
			heard.push('status ' + h[':status']);
			return end(session);
		}
		heard.push(String(h['sec-websocket-protocol']));
		if (h['sec-websocket-accept'])
			heard.push('an answer to a key that was not given');
		next();
	});
	stream.on('data', (bytes) => {
		left = Buffer.concat([left, bytes]);
		for (let one = take(); one; one = take()) {
			if (one.opcode === 9) {
				stream.write(frame(10, one.body));
			} else if (one.opcode === 8) {
				if (!messages.done)
					heard.push('closed ' + one.body.readUInt16BE(0) + ' ' + one.body.subarray(2));
				stream.end(frame(8, one.body.subarray(0, 2)));
			} else {
				heard.push(one.opcode === 1 ? String(one.body) : one.body.toString('hex'));
				if (!next() && !listens) {
					messages.done = true;
					stream.write(frame(8, Buffer.from([3, 232])));
				}
			}
		}
	});
	stream.on('error', (error) => heard.push('error ' + error.code));
	stream.on('close', () => end(session));
});
