// undici.mjs METHOD URL HEAD BODY [CONTENT]: undici, which is node's fetch, with that patience in seconds for a head,
// and for the next byte of a body (300 each by themselves). Says status and body, or the fault.
import { Agent, fetch } from 'undici'

const [method, url, head, body, content] = process.argv.slice(2)
const dispatcher = new Agent({ headersTimeout: head * 1000, bodyTimeout: body * 1000 })
try {
	const said = await fetch(url, { method, dispatcher, body: content,
		headers: content ? { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' } : {} })
	console.log(said.status, await said.text())
} catch (error) {
	console.log('fault:', error.cause?.code ?? error.message)
}
process.exit(0)
