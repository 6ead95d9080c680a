// web-server.mjs PORT FOLDER: what a web server has: echoes, redirects, codings, cookies,
// streams, and the Git repositories below FOLDER by git's own http-backend.
import { createServer } from 'node:http'
import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import zlib from 'node:zlib'

const [port, folder] = process.argv.slice(2)
const TEXT = 'All that is said here is said twice, and more than twice. '.repeat(400)
const wait = ms => new Promise(done => setTimeout(done, ms))
const digest = bytes => createHash('sha256').update(bytes).digest('hex').slice(0, 16)
async function all(stream) {
	const parts = []
	for await (const part of stream) parts.push(part)
	return Buffer.concat(parts)
}

// what of a head must arrive as it was sent; the rest is the client's and the way's own
const KEPT = ['content-type', 'x-own', 'cookie', 'range', 'authorization', 'if-none-match', 'accept']
async function echo(request, out) {
	const body = await all(request)
	const head = Object.fromEntries(KEPT.filter(name => request.headers[name] && !/boundary/.test(request.headers[name])).map(name => [name, request.headers[name]]))
	out.writeHead(200, { 'content-type': 'application/json', 'x-two': ['a', 'b'] })
	out.end(JSON.stringify({ method: request.method, url: request.url, head, bytes: body.length,
		digest: /boundary/.test(request.headers['content-type']) ? '' : digest(body) }))
}

function git(request, out, url) {
	const cgi = spawn('git', ['http-backend'], { env: { ...process.env, GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: '1',
		REMOTE_USER: 'suite', REQUEST_METHOD: request.method, PATH_INFO: url.pathname.slice(4), QUERY_STRING: url.search.slice(1),
		CONTENT_TYPE: request.headers['content-type'] ?? '', HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
		GIT_PROTOCOL: request.headers['git-protocol'] ?? '' } })
	request.pipe(cgi.stdin)
	cgi.stdin.on('error', () => {})
	let head = Buffer.alloc(0)
	cgi.stdout.on('data', function first(part) {
		head = Buffer.concat([head, part])
		const end = head.indexOf('\r\n\r\n')
		if (end < 0) return
		const fields = head.subarray(0, end).toString().split('\r\n').map(line => line.split(/: */))
		const status = fields.find(([name]) => name === 'Status')?.[1] ?? '200'
		out.writeHead(parseInt(status), fields.filter(([name]) => name !== 'Status').flat())
		out.write(head.subarray(end + 4))
		cgi.stdout.off('data', first)
		cgi.stdout.pipe(out)
	})
}

const say = (out, status, body, fields) => { out.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body), ...fields }); out.end(body) }
// in a coding only for who asks for it, as servers do
const coded = (out, coding, encode) => out.req.headers['accept-encoding']?.includes(coding)
	? say(out, 200, encode(TEXT), { 'content-encoding': coding }) : say(out, 200, TEXT)
const pages = {
	plain: out => say(out, 200, TEXT),
	gzip: out => coded(out, 'gzip', zlib.gzipSync),
	br: out => coded(out, 'br', zlib.brotliCompressSync),
	deflate: out => coded(out, 'deflate', zlib.deflateSync),
	redirect: (out, n) => say(out, 302, 'on', { location: +n ? `/redirect/${n - 1}` : '/plain' }),
	see: out => say(out, 303, 'on', { location: '/echo/seen' }),
	again: out => say(out, 307, 'on', { location: '/echo/again' }),
	status: (out, n) => [204, 304].includes(+n) ? out.writeHead(+n).end() : say(out, +n, `status ${n}`),
	cookies: out => say(out, 200, 'set', { 'set-cookie': ['one=1; Path=/', 'two=2; Path=/; HttpOnly'] }),
	nothing: out => say(out, 200, ''),
	async drip(out) { out.writeHead(200, { 'content-type': 'text/plain' }); for (let i = 0; i < 5; i++) { out.write(`drop ${i}\n`); await wait(20) } out.end() },
	async events(out) { out.writeHead(200, { 'content-type': 'text/event-stream' }); for (let i = 0; i < 5; i++) { out.write(`id: ${i}\ndata: {"n": ${i}}\n\n`); await wait(20) } out.end() },
	async trailers(out) { out.writeHead(200, { 'content-type': 'text/plain', trailer: 'x-sum' }); out.write(TEXT); out.addTrailers({ 'x-sum': 'abc' }); out.end() },
	closed: out => { out.writeHead(200, { 'content-type': 'text/plain', connection: 'close' }); out.end(TEXT) },
	large: (out, n) => { out.writeHead(200, { 'content-type': 'text/plain' }); out.end(Buffer.alloc(+n, 'so much to say ')) },
}

createServer((request, out) => {
	const url = new URL(request.url, 'http://server')
	const [, page, more] = url.pathname.split('/')
	if (page === 'git') return git(request, out, url)
	if (!pages[page]) return echo(request, out)
	request.resume()
	pages[page](out, more)
}).listen(Number(port), '127.0.0.1')
