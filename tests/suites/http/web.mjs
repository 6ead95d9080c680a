// web.mjs URL: node's clients against a web server: fetch, undici, axios and got, each by
// what is particular to it.
import { createRequire } from 'node:module'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import https from 'node:https'
import { Agent, FormData as Form, fetch as fetchOfUndici, Pool, request, stream } from 'undici'
import axios from 'axios'
import got from 'got'

const { check, collect, faultOf } = createRequire(import.meta.url)('./check.js')
const base = process.argv[2]
const digest = text => `${text.length} ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
const pieces = n => Readable.from((function* () { for (let i = 0; i < n; i++) yield `piece ${i} `.repeat(500) })())
const PAGES = ['plain', 'gzip', 'br', 'deflate', 'redirect/3', 'cookies', 'nothing', 'drip', 'events', 'trailers', 'closed', 'large/3000000']

async function pages(name, get) {
	for (const page of PAGES) await check(`${name}, ${page}`, async () => digest(await get(`${base}/${page}`)))
}

async function of_fetch(name, fetch, more = {}) {
	const json = async (path, options) => (await fetch(base + path, { ...more, ...options })).json()
	await pages(name, async url => (await fetch(url, more)).text())
	for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
		await check(`${name}, ${method}`, () => json('/echo/a%20b?x=1&y=%C3%A9', { method, body: method === 'GET' ? undefined : 'the body' }))
	await check(`${name}, JSON`, () => json('/echo', { method: 'POST', body: '{"a": [1, 2, "ü"]}', headers: { 'content-type': 'application/json', 'x-own': 'mine' } }))
	await check(`${name}, form`, () => json('/echo', { method: 'POST', body: new URLSearchParams({ a: '1 2', b: 'ü' }) }))
	await check(`${name}, many at once`, async () => (await Promise.all(Array.from({ length: 30 }, (_, i) => json(`/echo/${i}`)))).map(said => said.url))
	await check(`${name}, 404`, async () => [(await fetch(`${base}/status/404`, more)).status])
	await check(`${name}, 204`, async () => [(await fetch(`${base}/status/204`, more)).status])
	await check(`${name}, left halfway`, async () => {
		const said = await fetch(`${base}/large/9000000`, more)
		for await (const part of said.body) return part.length > 0
	})
}

await of_fetch('fetch', fetch)
await check('fetch, stream up', async () => (await fetch(`${base}/echo`, { method: 'POST', body: pieces(300), duplex: 'half' })).json())
await check('fetch, multipart', async () => {
	const form = new FormData()
	form.set('a', '1')
	form.set('file', new Blob(['x'.repeat(100000)]), 'x.txt')
	return (await (await fetch(`${base}/echo`, { method: 'POST', body: form })).json()).bytes > 100000
})
await of_fetch('undici over HTTP/2', fetchOfUndici, { dispatcher: new Agent({ allowH2: true }) })
await check('undici, pipelining', async () => {
	const pool = new Pool(base, { pipelining: 4, connections: 1 })
	const all = await Promise.all(Array.from({ length: 12 }, async (_, i) => (await pool.request({ path: `/echo/${i}`, method: 'GET' })).body.json()))
	await pool.close()
	return all.map(said => said.url)
})
await check('undici, request', async () => {
	const said = await request(`${base}/echo`, { method: 'POST', body: pieces(50) })
	return [said.statusCode, said.headers['x-two'], await said.body.json()]
})
await check('undici, a trailer', async () => {
	const said = await request(`${base}/trailers`)
	await said.body.text()
	return said.trailers
})

await pages('axios', async url => (await axios.get(url, { responseType: 'text', transformResponse: text => text })).data)
await check('axios, post', async () => (await axios.post(`${base}/echo`, { a: 1, b: 'ü' })).data)
await check('axios, multipart', async () => (await axios.postForm(`${base}/echo`, { a: '1', b: Buffer.alloc(5000) })).data.method)
await check('axios, stream up', async () => (await axios.put(`${base}/echo`, pieces(100))).data)
await check('axios, fault', () => faultOf(axios.get(`${base}/status/500`)))

for (const http2 of [false, true]) {
	const name = http2 ? 'got over HTTP/2' : 'got'
	const client = got.extend({ prefixUrl: base, http2, retry: { limit: 0 } })
	await pages(name, async url => (await client(url.slice(base.length + 1))).body)
	await check(`${name}, post`, () => client.post('echo', { json: { a: 1 } }).json())
	await check(`${name}, stream`, async () => digest(await collect(client.stream('large/500000'))))
	await check(`${name}, many at once`, async () => (await Promise.all(Array.from({ length: 20 }, (_, i) => client(`echo/${i}`).json()))).map(said => said.url))
	await check(`${name}, fault`, () => faultOf(client('status/503')))
}

await check('https, one connection for all', async () => {
	const agent = new https.Agent({ keepAlive: true, maxSockets: 1 })
	const one = i => new Promise((done, fail) => https.get(`${base}/echo/${i}`, { agent }, async said => done([said.statusCode, digest(await collect(said))])).on('error', fail))
	return Promise.all(Array.from({ length: 10 }, (_, i) => one(i)))
})
await check('https, go on before a body', () => new Promise((done, fail) => {
	const out = https.request(`${base}/echo`, { method: 'POST', headers: { expect: '100-continue' } }, async said => done([said.statusCode, JSON.parse(await collect(said)).bytes]))
	out.on('continue', () => out.end('x'.repeat(70000))).on('error', fail)
	out.flushHeaders()
}))
process.exit(0)
