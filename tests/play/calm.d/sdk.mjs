// sdk.mjs URL TOOL ORDER SECONDS: calls a tool by the official SDK's client, which gives up when it has heard nothing
// for so many seconds (60 by itself), and counts from anew with each progress it is told. Says what came of it.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const [url, tool, order, seconds] = process.argv.slice(2)
const client = new Client({ name: 'play', version: '1' })
const steps = []
try {
	await client.connect(new StreamableHTTPClientTransport(new URL(url)))
	const said = await client.callTool({ name: tool, arguments: { order } }, undefined, { timeout: seconds * 1000,
		resetTimeoutOnProgress: true, onprogress: p => steps.push(p.progress) })
	console.log('said:', said.content[0].text)
} catch (error) {
	console.log('fault:', error.code, error.message, JSON.stringify(error.data ?? null))
}
console.log('progress:', steps.length > 3, 'rises:', steps.every((step, i) => !i || step > steps[i - 1]))
process.exit(0)
