// http2-client.js URL DIRECTORY: what one client of HTTP/2 does, mostly on one connection. A line for each result.
// It waits for files in DIRECTORY where a person has something to do first.
'use strict';
const fs = require('fs');
const http2 = require('http2');
const [url, directory] = process.argv.slice(2);
const say = (...words) => console.log(words.join(' '));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const there = async (name) => { while (!fs.existsSync(directory + '/' + name)) await sleep(50); };

function connect() {
	const session = http2.connect(url);
	session.on('error', () => {});
	return session;
}

// { status, text, trailers, error, headers }
function ask(session, headers, body, onStream) {
	return new Promise((done) => {
		const answer = { text: '', n: 0 };
		let stream;

		try {
			stream = session.request({ ':path': '/', ...headers }, { endStream: body === undefined });
		} catch (error) {
			return done({ error: error.code });
		}
		stream.setEncoding('latin1');
		stream.on('response', (h) => { answer.headers = h; answer.status = h[':status']; });
		stream.on('trailers', (h) => { answer.trailers = h; });
		stream.on('data', (text) => { answer.n += text.length; if (answer.n < 4096) answer.text += text; });
		stream.on('error', (error) => { answer.error = error.code; });
		stream.on('close', () => { answer.code = stream.rstCode; done(answer); });
		if (body !== undefined)
			stream.end(body);
		if (onStream)
			onStream(stream);
	});
}
const get = (session, path, more) => ask(session, { ':path': path, ...more });

(async () => {
	const session = connect();
	let a = await get(session, '/orders/7', { cookie: ['c=1', 'd=2'] });
	say('get', a.status, a.text);
	say('cookies', a.headers['set-cookie'].join());

	// one is held, and others go on beside it
	let pings = 0;
	session.on('ping', () => pings++);
	const held = ask(session, { ':path': '/orders/9', ':method': 'DELETE' });
	const many = await Promise.all([...Array(60).keys()].map((i) => get(session, '/orders/' + i)));
	say('beside', many.filter((x) => x.status === 200 && /\*1111/.test(x.text)).length);
	a = await held;
	say('held', a.status, a.text);
	say('pings', pings);
	let left;
	const given_up = ask(session, { ':path': '/orders/8', ':method': 'DELETE' }, undefined, (stream) => { left = stream; });
	say('waits');
	await there('leave');
	left.close(http2.constants.NGHTTP2_CANCEL);
	await given_up;
	say('left');

	a = await ask(session, { ':path': '/customers/3', ':method': 'DELETE' });
	say('refused', a.status, a.headers['content-type']);
	a = await ask(session, { ':path': '/customers/3', ':method': 'POST', 'content-type': 'text/plain' }, Buffer.alloc(3000000));
	say('refused_large', a.status || a.error);
	a = await get(session, '/orders/1');
	say('after', a.status);

	a = await ask(session, { ':path': '/early', ':method': 'PUT', 'content-type': 'text/plain' }, Buffer.alloc(6000000));
	let b = await get(session, '/orders/1');
	say('early', a.status, a.error || a.text + ', and after it', b.status);

	a = await get(session, '/trailers');
	say('trailers', a.text, JSON.stringify(a.trailers && a.trailers['x-sum']));
	a = await ask(session, { ':path': '/orders/1', ':method': 'HEAD' });
	say('head', a.status, a.n);
	a = await get(session, '/none');
	say('none', a.status, a.n);
	a = await get(session, '/same');
	say('same', a.status, a.n);

	let stream;
	const hung = ask(session, { ':path': '/hang' }, undefined, (s) => { stream = s; });
	await sleep(300);
	stream.close(http2.constants.NGHTTP2_CANCEL);
	await hung;
	say('cancelled');

	let began = Date.now();
	a = await ask(session, { ':path': '/upload/1', ':method': 'PUT', 'content-type': 'text/plain' }, Buffer.alloc(20000000));
	say('upload', a.status, a.text, Date.now() - began < 10000 ? 'fast' : 'slow');
	began = Date.now();
	a = await get(session, '/long');
	say('long', a.status, a.n, Date.now() - began < 10000 ? 'fast' : 'slow');

	const times = [];
	for (let i = 0; i < 100; i++) {
		began = process.hrtime.bigint();
		a = await get(session, '/orders/' + i);
		times.push(Number(process.hrtime.bigint() - began) / 1e6);
	}
	times.sort((x, y) => x - y);
	say('quick', times[50] < 30 ? 'yes' : 'no', times[50].toFixed(1), times[98].toFixed(1));
	// who stops reading one answer for longer than a closing flow may take
	const slow = ask(session, { ':path': '/long' }, undefined, (s) => {
		s.once('response', () => { s.pause(); setTimeout(() => s.resume(), 7000); });
	});
	a = await slow;
	say('slow', a.status, a.n, a.error || '');
	a = await get(session, '/reset');
	say('reset', a.code ? 'error' : 'ends', a.n < 200000);
	a = await get(session, '/orders/2');
	say('after_reset', a.status);
	a = await get(session, '/goaway');
	say('goaway', a.status, a.text);
	session.close();

	const other = connect();
	a = await get(other, '/die');
	say('die', a.error || a.code ? 'error' : 'ends', a.n < 200000);
	other.destroy();
	const last = connect();
	a = await get(last, '/orders/3');
	say('last', a.status);
	last.close();
	say('end');
})();
