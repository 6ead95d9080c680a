// messages-server.mjs PORT KEY: as much of the Messages API as its clients need: answers that
// are the same for the same question, in one piece and streamed, to who shows KEY alone.
// Who has the tool Bash is told to use it once.
import { createServer } from 'node:http'

const [port, key] = process.argv.slice(2)
const USAGE = { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 7 }
let refused = 0	// how often one who asks for patience was sent away

function answer(asked) {
	const last = asked.messages.findLast(message => message.role === 'user')
	const blocks = typeof last.content === 'string' ? [{ type: 'text', text: last.content }] : last.content
	const done = blocks.find(block => block.type === 'tool_result')
	if (done) return { text: `The tool said: ${JSON.stringify(done.content)}` }
	const text = blocks.filter(block => block.type === 'text').map(block => block.text).join('\n')
	if (/use the shell/.test(text) && asked.tools?.some(tool => tool.name === 'Bash'))
		return { use: { name: 'Bash', input: { command: 'echo from-the-$((40 + 2))-shell', description: 'say something' } } }
	if (/use the tool/.test(text))
		return { use: { name: asked.tools[0].name, input: { place: 'Zürich', card: '4111 1111 1111 1111' } } }
	if (/at length/.test(text)) return { text: 'A long answer, 长い answer. '.repeat(4000) }
	return { text: `You said ${text.length} characters.` }
}

const content = ({ text, use }) => use ? { type: 'tool_use', id: 'toolu_01', ...use } : { type: 'text', text }
const message = (asked, content, stop_reason) => ({ id: 'msg_01', type: 'message', role: 'assistant', model: asked.model, content, stop_reason, stop_sequence: null, usage: USAGE })

async function stream(out, asked, said) {
	const tell = event => out.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
	const whole = said.use ? JSON.stringify(said.use.input) : said.text
	out.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'request-id': 'req_01' })
	tell({ type: 'message_start', message: message(asked, [], null) })
	tell({ type: 'content_block_start', index: 0, content_block: said.use ? { ...content(said), input: {} } : { type: 'text', text: '' } })
	tell({ type: 'ping' })
	for (let i = 0; i < whole.length; i += 17) {
		const part = whole.slice(i, i + 17)
		tell({ type: 'content_block_delta', index: 0, delta: said.use ? { type: 'input_json_delta', partial_json: part } : { type: 'text_delta', text: part } })
		if (i % 1700 === 0) await new Promise(done => setTimeout(done, 5))
	}
	tell({ type: 'content_block_stop', index: 0 })
	tell({ type: 'message_delta', delta: { stop_reason: said.use ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: USAGE })
	tell({ type: 'message_stop' })
	out.end()
}

function say(out, status, what, fields = {}) {
	out.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_01', ...fields })
	out.end(JSON.stringify(what))
}
const fault = (out, status, type, fields) => say(out, status, { type: 'error', error: { type, message: `This is ${type}.` } }, fields)

createServer(async (request, out) => {
	const parts = []
	for await (const part of request) parts.push(part)
	const path = request.url.split('?')[0]
	if (request.method === 'HEAD') return out.writeHead(200).end()
	const shown = [request.headers['x-api-key'], request.headers.authorization?.replace(/^Bearer /, '')].filter(Boolean)
	if (!shown.length || shown.some(one => one !== key)) return fault(out, 401, 'authentication_error')
	if (path === '/v1/models') return say(out, 200, { data: [{ type: 'model', id: 'model-1', display_name: 'One', created_at: '2026-01-01T00:00:00Z' }], has_more: false, first_id: 'model-1', last_id: 'model-1' })
	if (request.method !== 'POST' || !path.startsWith('/v1/messages')) return fault(out, 404, 'not_found_error')
	const asked = JSON.parse(Buffer.concat(parts))
	if (path.endsWith('/count_tokens')) return say(out, 200, { input_tokens: JSON.stringify(asked.messages).length })
	if (asked.model === 'wrong') return fault(out, 400, 'invalid_request_error')
	if (asked.model === 'busy' && refused++ % 2 === 0) return fault(out, 529, 'overloaded_error', { 'retry-after-ms': '20' })
	const said = answer(asked)
	if (asked.stream) return stream(out, asked, said)
	say(out, 200, message(asked, [content(said)], said.use ? 'tool_use' : 'end_turn'))
}).listen(Number(port), '127.0.0.1')
