// s3-chunks.mjs: bodies in AWS's own chunks, which the S3 server behind does not know: signing them for a client
// that is none of ours, and checking them in front of the server, each signature and each checksum. Written from AWS's
// documentation, and from nothing that the daemon has.
import { createHash, createHmac } from 'node:crypto'
import http from 'node:http'
import { crc32 } from 'node:zlib'

const sha = bytes => createHash('sha256').update(bytes).digest('hex')
const hmac = (key, text) => createHmac('sha256', key).update(text).digest()
export const keyOf = (secret, scope) => scope.split('/').reduce(hmac, `AWS4${secret}`)
const NOTHING = sha('')

export class Chain {	// signatures of one body, each after the one before
	constructor(secret, time, scope, seed) {
		Object.assign(this, { key: keyOf(secret, scope), time, scope, last: seed })
	}
	sign(kind, ...hashes) {
		const text = [`AWS4-HMAC-SHA256-${kind}`, this.time, this.scope, this.last, ...hashes].join('\n')
		return (this.last = hmac(this.key, text).toString('hex'))
	}
	chunk(bytes) { return this.sign('PAYLOAD', NOTHING, sha(bytes)) }
	trailer(text) { return this.sign('TRAILER', sha(text)) }
}

const encode = text => encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
export function seedOf(secret, { method, url, headers, names, time, scope, payload }) {
	const { pathname, searchParams } = new URL(url, 'http://x')
	const query = [...searchParams].map(pair => pair.map(encode).join('=')).sort().join('&')
	const path = pathname.split('/').map(part => encode(decodeURIComponent(part))).join('/')
	const fields = names.map(name => `${name}:${headers[name].trim().replace(/ +/g, ' ')}\n`).join('')
	const request = [method, path, query, fields, names.join(';'), payload].join('\n')
	return hmac(keyOf(secret, scope), ['AWS4-HMAC-SHA256', time, scope, sha(request)].join('\n')).toString('hex')
}

const table = Array.from({ length: 256 }, (_, i) => {
	let c = BigInt(i)
	for (let k = 0; k < 8; k++) c = c & 1n ? (c >> 1n) ^ 0x9a6c9329ac4bc9b5n : c >> 1n
	return c
})
function crc64nvme(bytes) {
	let c = 0xffffffffffffffffn
	for (const b of bytes) c = table[Number((c ^ BigInt(b)) & 0xffn)] ^ (c >> 8n)
	const out = Buffer.alloc(8)
	out.writeBigUInt64BE(c ^ 0xffffffffffffffffn)
	return out.toString('base64')
}
function crc(bytes) {
	const out = Buffer.alloc(4)
	out.writeUInt32BE(crc32(bytes))
	return out.toString('base64')
}
export const checksums = {
	'x-amz-checksum-crc32': crc, 'x-amz-checksum-crc64nvme': crc64nvme,
	'x-amz-checksum-sha256': bytes => createHash('sha256').update(bytes).digest('base64'),
}

// ---- checking --------------------------------------------------------------------------------

const fail = (code, what) => { throw Object.assign(new Error(what), { code }) }

function decode(raw, chain, hasTrailers) {
	const parts = [], sizes = []
	let at = 0
	const line = () => {
		const end = raw.indexOf('\r\n', at)
		if (end < 0) fail('IncompleteBody', 'a line without an end')
		const text = raw.toString('latin1', at, end)
		at = end + 2
		return text
	}
	for (;;) {
		const match = /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line())
		if (!match || !match[2] !== !chain) fail('InvalidRequest', 'a chunk that is none')
		const bytes = raw.subarray(at, at + parseInt(match[1], 16))
		at += bytes.length
		if (chain && chain.chunk(bytes) !== match[2]) fail('SignatureDoesNotMatch', 'a chunk')
		if (!bytes.length) break
		if (line() !== '') fail('InvalidRequest', 'a chunk that does not end')
		parts.push(bytes)
		sizes.push(bytes.length)
	}
	const trailers = []
	let text = '', signature
	for (let said = line(); said; said = line()) {
		const [name, value] = said.split(/:(.*)/s)
		if (name === 'x-amz-trailer-signature') signature = value
		else { trailers.push([name, value]); text += `${name}:${value}\n` }
	}
	if (at !== raw.length) fail('InvalidRequest', 'bytes behind the end')
	if (chain && hasTrailers && chain.trailer(text) !== signature) fail('SignatureDoesNotMatch', 'the trailers')
	if (chain && sizes.slice(0, -1).some(n => n < 8192)) fail('InvalidChunkSizeError', 'a chunk too small')
	return { body: Buffer.concat(parts), trailers }
}

function check(request, raw, keys) {
	const { headers } = request, form = headers['x-amz-content-sha256']
	const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(headers.authorization)
	if (!match || !keys[match[1]]) fail('InvalidAccessKeyId', 'no key that is known')
	const [, user, scope, names, signature] = match, time = headers['x-amz-date']
	const seed = { method: request.method, url: request.url, headers, names: names.split(';'), time, scope, payload: form }
	if (seedOf(keys[user], seed) !== signature) fail('SignatureDoesNotMatch', 'the request')
	const unsigned = Object.keys(headers).filter(name => name.startsWith('x-amz-') && !seed.names.includes(name))
	if (unsigned.length) fail('AccessDenied', `not signed: ${unsigned}`)
	const chain = form.includes('HMAC') && new Chain(keys[user], time, scope, signature)
	const { body, trailers } = decode(raw, chain, form.endsWith('-TRAILER'))
	if (body.length !== Number(headers['x-amz-decoded-content-length'])) fail('IncompleteBody', 'of another length')
	const told = (headers['x-amz-trailer'] ?? '').split(',').filter(Boolean)
	if (`${trailers.map(([name]) => name)}` !== `${told}`) fail('MalformedTrailerError', 'others than were told')
	for (const [name, value] of trailers)
		if (checksums[name]?.(body) !== value) fail('BadDigest', name)
	return body
}

// front PORT SERVER KEYS: takes such bodies apart before they go to that server's port, all else as it is. A key
// with "again" is put off once: who tries again may.
export function front(port, server, keys) {
	const putOff = new Set()
	const pass = (request, response, headers, body) => {
		const onward = http.request({ port: server, host: '127.0.0.1', method: request.method, path: request.url, headers }, said => {
			response.writeHead(said.statusCode, said.rawHeaders)
			said.pipe(response)
		})
		onward.on('error', () => response.destroy())
		if (body) onward.end(body)
		else request.pipe(onward)
	}
	const say = (response, status, code) => {
		response.writeHead(status, { 'Content-Type': 'application/xml' })
		response.end(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`)
	}
	http.createServer(async (request, response) => {
		const form = request.headers['x-amz-content-sha256'] ?? ''
		if (!form.startsWith('STREAMING-')) return pass(request, response, request.headers)
		try {
			const parts = []
			for await (const part of request) parts.push(part)
			const raw = Buffer.concat(parts)
			const body = check(request, raw, keys)
			console.log(`${request.headers.host} ${request.url} ${form} ${request.headers['content-length']} ${raw.length} ${body.length}`)
			if (request.url.includes('again') && !putOff.has(request.url)) {
				putOff.add(request.url)
				return say(response, 503, 'SlowDown')
			}
			const headers = { ...request.headers, 'content-length': body.length }
			for (const name of ['authorization', 'x-amz-content-sha256', 'transfer-encoding', 'content-encoding']) delete headers[name]
			pass(request, response, headers, body)
		} catch (error) {
			console.log(`${request.headers.host} ${request.url} ${form} refused: ${error.message}`)
			say(response, error.code === 'SignatureDoesNotMatch' ? 403 : 400, error.code ?? 'InternalError')
		}
	}).listen(port, '127.0.0.1')
}

// ---- signing -----------------------------------------------------------------------------------

// put URL BODY {size, trailer, breaks…}: a PUT in signed chunks, as older SDKs send it; `breaks`: the second
// chunk's signature is wrong. Says the status.
export async function put(url, body, { size = 8192, trailer, breaks, lies = 0, region = 'eu-central-1' } = {}) {
	const time = new Date().toISOString().replace(/[-:]|\.\d+/g, ''), scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`
	const { AWS_ACCESS_KEY_ID: user, AWS_SECRET_ACCESS_KEY: secret } = process.env
	const form = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer ? '-TRAILER' : ''}`
	const headers = {
		'content-encoding': 'aws-chunked', 'content-type': 'text/plain', host: new URL(url).host, 'x-amz-content-sha256': form,
		'x-amz-date': time, 'x-amz-decoded-content-length': `${body.length + lies}`, ...trailer && { 'x-amz-trailer': trailer },
	}
	const names = Object.keys(headers).sort()
	const seed = seedOf(secret, { method: 'PUT', url, headers, names, time, scope, payload: form })
	const chain = new Chain(secret, time, scope, seed), parts = []
	for (let at = 0, n; ; at += n) {
		const bytes = body.subarray(at, at + size)
		let signature = chain.chunk(bytes)
		n = bytes.length
		if (breaks && at === size) signature = signature.replace(/./g, '0')
		parts.push(`${n.toString(16)};chunk-signature=${signature}\r\n`, bytes, n ? '\r\n' : '')
		if (!n) break
	}
	if (trailer) {
		const value = checksums[trailer](body)
		parts.push(`${trailer}:${value}\r\nx-amz-trailer-signature:${chain.trailer(`${trailer}:${value}\n`)}\r\n`)
	}
	parts.push('\r\n')
	headers.authorization = `AWS4-HMAC-SHA256 Credential=${user}/${scope}, SignedHeaders=${names.join(';')}, Signature=${seed}`
	delete headers.host
	const said = await fetch(url, { method: 'PUT', headers, body: Buffer.concat(parts.map(part => Buffer.from(part))) })
	return [said.status, /<Code>(\w+)/.exec(await said.text())?.[1]]
}
