// http1-llhttp.js: hold what the codec wrote against llhttp, which is within node. Reads
// the lines of http1-written, prints what differs, and the count.
'use strict';
process.removeAllListeners('warning');
process.on('warning', () => {});
const { HTTPParser, methods, allMethods } = process.binding('http_parser');
const known = allMethods || methods;

const pairs = (list) => {
	let text = '';
	for (let i = 0; i < list.length; i += 2)
		text += `${list[i]}: ${list[i + 1]}\r\n`;
	return text;
};

// The same text that tests/unit/wire/http1/reader.h makes of these bytes.
function read(side, bytes, heads) {
	const parser = new HTTPParser();
	const isAnswer = side === 'answer';
	let text = '', head = '', early = [], url = '', isOpen = false, hasBody = false, answers = 0, late = '';

	parser.initialize(isAnswer ? HTTPParser.RESPONSE : HTTPParser.REQUEST, {}, 1 << 20, 0);
	parser[HTTPParser.kOnHeaders] = (headers, u) => {
		if (isOpen) {
			late += pairs(headers);
			return;
		}
		early = early.concat(headers);
		url += u;
	};
	parser[HTTPParser.kOnHeadersComplete] = (major, minor, headers, method, u, status, reason) => {
		const all = early.concat(headers || []);
		const line = isAnswer ? `HTTP/1.1 ${String(status).padStart(3, '0')} ${reason}` : `${known[method]} ${url + (u || '')} HTTP/1.1`;
		const isInterim = isAnswer && status < 200;
		const isHead = isAnswer && !isInterim && heads[answers] === 'H';
		head = `${line}\r\n${pairs(all)}\r\n`;
		text += head;
		early = [];
		url = '';
		hasBody = !(isInterim || isHead || status === 204 || status === 304);
		isOpen = true;
		answers += isInterim ? 0 : 1;
		return isHead ? 1 : 0;
	};
	parser[HTTPParser.kOnBody] = (b) => { text += b.toString('latin1'); };
	parser[HTTPParser.kOnMessageComplete] = () => {
		if (hasBody && head.includes('\r\nTransfer-Encoding: chunked\r\n'))
			late += '\r\n';
		text += late + (hasBody ? '[end]\n' : '');
		late = '';
		isOpen = false;
	};
	const result = parser.execute(bytes);
	if (result instanceof Error)
		return `${text}\n(${result.code} ${result.reason})`;
	if (isOpen)
		parser.finish();	// the end of one that lasts as long as its connection
	return isOpen ? `${text}[cut]\n` : text;
}

let passed = 0, failed = 0, unknown = 0, switched = 0;
for (const line of require('fs').readFileSync(0, 'latin1').split('\n')) {
	if (!line)
		continue;
	const row = JSON.parse(line);
	const written = Buffer.from(row.written, 'hex'), means = Buffer.from(row.means, 'hex').toString('latin1');
	if (/^HTTP\/1\.1 101 |\r\nUpgrade: websocket\r\n/m.test(written.toString('latin1'))) {	// what follows is no HTTP
		switched++;
		continue;
	}
	const theirs = written.length ? read(row.side, written, row.heads) : '';
	if (/HPE_INVALID_METHOD|Invalid method/.test(theirs)) {	// it knows a list of them, and no others
		unknown++;
	} else if (theirs === means) {
		passed++;
	} else {
		failed++;
		if (failed <= 10)
			console.log(`written:\n${written.toString('latin1')}\nmeans to us:\n${means}\nto llhttp:\n${theirs}\n----`);
	}
}
console.log(`llhttp ${process.versions.llhttp}; ${unknown} with a method it does not know, ${switched} WebSockets`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
