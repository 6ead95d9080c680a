// messages.mjs URL: the Anthropic SDK against the Messages API, in one piece and streamed.
import { createRequire } from 'node:module'
import Anthropic from '@anthropic-ai/sdk'

const { check, faultOf } = createRequire(import.meta.url)('./check.js')
const client = new Anthropic({ baseURL: process.argv[2], maxRetries: 2 })
const ask = (content, more) => ({ model: 'model-1', max_tokens: 100, messages: [{ role: 'user', content }], ...more })
const tools = [{ name: 'weather', description: 'of a place', input_schema: { type: 'object', properties: { place: { type: 'string' } } } }]

await check('a message', () => client.messages.create(ask('hello')))
await check('a message streamed', async () => {
	const events = []
	for await (const event of await client.messages.create(ask('hello', { stream: true }))) events.push(event)
	return events
})
await check('a stream put together', async () => (await client.messages.stream(ask('talk at length')).finalMessage()).content)
await check('its text as it comes', async () => {
	let n = 0, pieces = 0
	await client.messages.stream(ask('talk at length')).on('text', text => { n += text.length; pieces++ }).done()
	return [n, pieces]
})
await check('a stream that is left', async () => {
	const stream = client.messages.stream(ask('talk at length'))
	stream.once('text', () => stream.abort())
	return faultOf(stream.done())
})
await check('a tool', () => client.messages.create(ask('use the tool', { tools })))
await check('a tool, streamed', async () => (await client.messages.stream(ask('use the tool', { tools })).finalMessage()).content)
await check('what the tool said', () => client.messages.create({ ...ask('x', { tools }), messages: [
	{ role: 'user', content: 'use the tool' },
	{ role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_01', name: 'weather', input: { place: 'Bern' } }] },
	{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_01', content: [{ type: 'text', text: 'sunny' }] }] },
] }))
await check('a picture', () => client.messages.create(ask([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: Buffer.alloc(600000, 7).toString('base64') } }, { type: 'text', text: 'what is it' }])))
await check('a long question', () => client.messages.create(ask('word '.repeat(500000))))
await check('tokens are counted', () => client.messages.countTokens({ model: 'model-1', messages: [{ role: 'user', content: 'hello' }] }))
await check('models', async () => (await client.models.list()).data)
await check('what is wrong', () => faultOf(client.messages.create(ask('hello', { model: 'wrong' }))))
await check('tried again when busy', async () => (await client.messages.create(ask('hello', { model: 'busy' }))).content)
await check('what is not there', () => faultOf(client.post('/v1/nothing', { body: {} })))
await check('many at once', async () => {
	const all = await Promise.all(Array.from({ length: 12 }, (_, i) => client.messages.stream(ask('hello'.repeat(i))).finalMessage()))
	return all.map(said => said.content[0].text)
})
process.exit(0)
