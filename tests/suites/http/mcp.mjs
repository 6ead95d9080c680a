// mcp.mjs URL: what the official client of MCP can do with the official server of everything,
// over streamable HTTP: calls, notifications and questions that come back by a stream.
import { createRequire } from 'node:module'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import * as types from '@modelcontextprotocol/sdk/types.js'

const { check, faultOf } = createRequire(import.meta.url)('./check.js')
const told = []		// what came unasked
const until = async (seen, what = 300) => {
	for (let i = 0; i < what && !seen(); i++) await new Promise(done => setTimeout(done, 25))
	return seen()
}

const client = new Client({ name: 'suite', version: '1' },
	{ capabilities: { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } } })
client.setRequestHandler(types.CreateMessageRequestSchema, request => ({
	model: 'none', role: 'assistant', content: { type: 'text', text: `sampled ${request.params.messages[0].content.text.length}` },
}))
client.setRequestHandler(types.ElicitRequestSchema, request => ({
	action: 'accept', content: { name: 'Ada', check: true, asked: Object.keys(request.params.requestedSchema.properties).length },
}))
client.setRequestHandler(types.ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///srv/data', name: 'data' }] }))
client.setNotificationHandler(types.LoggingMessageNotificationSchema, n => { told.push(`log ${n.params.level}`) })
client.setNotificationHandler(types.ResourceUpdatedNotificationSchema, n => { told.push(`updated ${n.params.uri}`) })
client.setNotificationHandler(types.ToolListChangedNotificationSchema, () => { told.push('tools') })
client.onerror = error => { if (process.env.TIMES) console.error('onerror', error.message) }

const transport = new StreamableHTTPClientTransport(new URL(process.argv[2]))
const call = (name, args = {}, options) => client.callTool({ name, arguments: args }, undefined, options)

async function tools() {
	await check('tools are listed', async () => (await client.listTools()).tools.map(tool => [tool.name, tool.title]).filter(([name]) => name !== 'get-env').sort())
	await check('echo', () => call('echo', { message: 'Grüße, "\\u0041" 世界' }))
	await check('a long argument', async () => (await call('echo', { message: 'x'.repeat(300000) })).content[0].text.length)
	await check('get-sum', () => call('get-sum', { a: 2, b: 40 }))
	await check('arguments that are wrong', () => call('get-sum', { a: 'two' }))
	await check('a tool that is not there', () => faultOf(call('no-such-tool')))
	await check('get-tiny-image', () => call('get-tiny-image'))
	await check('get-annotated-message', () => call('get-annotated-message', { messageType: 'error', includeImage: true }))
	await check('get-structured-content', () => call('get-structured-content', { location: 'Chicago' }))
	await check('get-resource-links', () => call('get-resource-links', { count: 4 }))
	await check('get-resource-reference', async () => (await call('get-resource-reference', { resourceType: 'Blob', resourceId: 3 })).content.map(part => part.type))
	await check('get-roots-list', async () => { await until(() => false, 20); return call('get-roots-list') })
	await check('progress comes while it runs', async () => {
		const steps = []
		const said = await call('trigger-long-running-operation', { duration: 1, steps: 4 },
			{ onprogress: p => steps.push([p.progress, p.total]) })
		return [said, steps]
	})
	await check('a call is taken back', async () => {
		const stop = new AbortController()
		setTimeout(() => stop.abort('enough'), 200)
		return faultOf(call('trigger-long-running-operation', { duration: 3, steps: 3 }, { signal: stop.signal }))
	})
	await check('many calls at once', async () => {
		const all = await Promise.all(Array.from({ length: 24 }, (_, i) => call('echo', { message: `number ${i}` })))
		return all.map(said => said.content[0].text)
	})
}

async function questions_back() {
	await check('the server asks for a sample', async () => (await call('trigger-sampling-request', { prompt: 'say', maxTokens: 9 })).content.map(part => part.text.replace(/\s+/g, ' ')))
	await check('the server asks the person', async () => (await call('trigger-elicitation-request')).content.map(part => part.text.replace(/\s+/g, ' ')))
}

async function resources() {
	await check('resources are listed', async () => (await client.listResources()).resources.map(r => r.uri).sort())
	await check('templates are listed', async () => (await client.listResourceTemplates()).resourceTemplates.map(r => r.uriTemplate).sort())
	await check('a document is read', () => client.readResource({ uri: 'demo://resource/static/document/features.md' }))
	await check('a blob is read', async () => (await client.readResource({ uri: 'demo://resource/dynamic/blob/1' })).contents.map(c => [c.uri, c.mimeType]))
	await check('no such resource', () => faultOf(client.readResource({ uri: 'demo://nothing' })))
	await check('an update is told', async () => {
		await client.subscribeResource({ uri: 'demo://resource/dynamic/text/1' })
		await call('toggle-subscriber-updates')
		const seen = await until(() => told.includes('updated demo://resource/dynamic/text/1'))
		await call('toggle-subscriber-updates')
		await client.unsubscribeResource({ uri: 'demo://resource/dynamic/text/1' })
		return seen
	})
}

async function prompts() {
	await check('prompts are listed', async () => (await client.listPrompts()).prompts.map(p => p.name).sort())
	await check('a prompt', () => client.getPrompt({ name: 'args-prompt', arguments: { city: 'Bern', state: 'BE' } }))
	await check('a completion', () => client.complete({ ref: { type: 'ref/prompt', name: 'completable-prompt' }, argument: { name: 'department', value: 'S' } }))
}

await check('connect', async () => {
	await client.connect(transport)
	return [client.getServerVersion(), Object.keys(client.getServerCapabilities()).sort(), transport.sessionId.length, transport.protocolVersion]
})
await check('ping', () => client.ping())
await check('a level of logging', () => client.setLoggingLevel('debug'))
await check('logs come by the stream', async () => {
	await call('toggle-simulated-logging')
	const seen = await until(() => told.some(line => line.startsWith('log ')))
	await call('toggle-simulated-logging')
	return seen
})
await tools()
await questions_back()
await resources()
await prompts()
// what policy says of one tool, and of another
const said = async promise => { try { return await promise } catch (error) { return { fault: error.message, code: error.code, status: error.status } } }
await check('alone: offered', async () => (await client.listTools()).tools.some(tool => tool.name === 'get-env'))
await check('alone: denied', () => said(call('get-env')))
await check('alone: held', () => said(call('gzip-file-as-resource', { name: 'a.gz', data: 'data:text/plain,hello', outputType: 'resourceLink' })))
await check('after it, echo', () => call('echo', { message: 'still here' }))
await check('the session is ended', async () => [await transport.terminateSession(), transport.sessionId])
await check('close', () => client.close())
process.exit(0)
