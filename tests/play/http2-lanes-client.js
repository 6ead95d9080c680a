// http2-lanes-client.js URL: what a client does that speaks HTTP/2 and nothing else. A line for each result.
'use strict';
const http2 = require('http2');
const url = process.argv[2];
const say = (...words) => console.log(words.join(' '));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function ask(session, headers, body, onStream) {
	return new Promise((done) => {
		const answer = { text: '', n: 0, hints: [] };
		const stream = session.request({ ':path': '/', ...headers },
			{ endStream: body === undefined, waitForTrailers: headers[':method'] === 'POST' });

		stream.setEncoding('latin1');
		stream.on('headers', (h) => answer.hints.push(h[':status'] + (h.link || '')));
		stream.on('response', (h) => { answer.headers = h; answer.status = h[':status']; });
		stream.on('trailers', (h) => { answer.trailers = h; });
		stream.on('data', (text) => { answer.n += text.length; if (answer.n < 9000) answer.text += text; });
		stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'of it' }));
		stream.on('error', (error) => { answer.error = error.code; });
		stream.on('close', () => { answer.code = stream.rstCode; done(answer); });
		if (body !== undefined)
			stream.end(body);
		if (onStream)
			onStream(stream);
	});
}
const get = (session, path, more) => ask(session, { ':path': path, ...more });
const put = (session, path, n) => ask(session, { ':path': path, ':method': 'PUT', 'content-type': 'text/plain' }, Buffer.alloc(n));
const on = (answer) => JSON.parse(answer.text).on;

(async () => {
	const session = http2.connect(url);
	session.on('error', () => {});
	let a = await get(session, '/orders/7', { cookie: ['c=1', 'd=2'], te: 'trailers', 'x-a': 'b' });
	const first = on(a);
	say('get', a.status, JSON.parse(a.text).head.filter((x) => !/^Host/i.test(x)).join(' | '));
	a = await get(session, '/orders/8');
	say('again', on(a) === first ? 'on the same connection' : 'on another');
	a = await ask(session, { ':path': '/orders/1', ':method': 'HEAD' });
	say('head', a.status, a.n, a.headers['content-length'] > 0);
	for (const path of ['/none', '/same']) {
		a = await get(session, path);
		say(path.slice(1), a.status, a.n);
	}
	a = await get(session, '/hint');
	say('hint', a.hints.join(), a.status, a.text);
	a = await get(session, '/trailer');
	say('trailer', a.text, a.trailers && a.trailers['x-sum']);
	a = await ask(session, { ':path': '/orders', ':method': 'POST', te: 'trailers' }, 'twelve bytes');
	say('trailers_of_a_request', a.status, JSON.parse(a.text).bytes, JSON.parse(a.text).trailers.join());
	a = await put(session, '/upload/1', 6000000);
	say('upload', a.status, JSON.parse(a.text).bytes);
	a = await get(session, '/until-closed');
	say('until_closed', a.status, a.text);
	a = await get(session, '/long');
	say('long', a.status, a.n);
	a = await get(session, '/cut');
	say('cut', a.status, a.error ? 'error' : 'ends', a.n < 99);
	a = await get(session, '/nothing');
	say('nothing', a.status, a.headers && a.headers['content-type']);
	a = await get(session, '/hundred', { expect: '100-continue' });
	say('after', a.status);

	for (const path of ['/early', '/early-read']) {
		a = await put(session, path, 6000000);
		say(path.slice(1), a.status, a.error || a.text);
	}
	a = await ask(session, { ':path': '/customers/3', ':method': 'DELETE' });
	say('refused', a.status, a.headers['content-type']);

	// what was said when nobody had asked is nobody's answer
	for (const path of ['/poison', '/poison-at-once']) {
		a = await get(session, path);
		await sleep(500);
		const b = await Promise.all([...Array(10).keys()].map((i) => get(session, '/orders/' + i)));
		say(path.slice(1), a.status, b.filter((x, i) => x.status === 200 && JSON.parse(x.text).path === '/orders/' + i).length);
	}

	// many at once, of which none waits for one that does
	let left;
	const hung = get(session, '/hang', undefined, (s) => { left = s; });
	const many = await Promise.all([...Array(90).keys()].map(() => get(session, '/wait')));
	const used = new Set(many.filter((x) => x.status === 200).map(on));
	say('many', many.filter((x) => x.status === 200).length, used.size > 8 && used.size <= 32 ? 'side by side' : used.size);
	a = await get(session, '/most');
	say('most', JSON.parse(a.text).most <= 36);
	await hung;
	let stream;
	const given_up = ask(session, { ':path': '/wait' }, undefined, (s) => { stream = s; });
	await sleep(100);
	stream.close(http2.constants.NGHTTP2_CANCEL);
	await given_up;
	a = await get(session, '/orders/9');
	say('after_a_cancel', a.status, JSON.parse(a.text).path);
	await sleep(5000);
	a = await get(session, '/orders/9');
	say('after_a_rest', a.status, used.has(on(a)) ? 'on an old connection' : 'on another');
	session.close();
	say('end');
})();
