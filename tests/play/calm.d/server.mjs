// server.mjs PORT LOG: the official SDK's server of MCP. Below /json it answers with JSON, else with events,
// of which progress is some. A line in LOG for each call.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'

const [port, log] = process.argv.slice(2)

async function work({ order }, extra) {
	const token = extra._meta?.progressToken
	appendFileSync(log, `${order}\n`)
	for (let i = 0; token !== undefined && i < 3; i++)
		await extra.sendNotification({ method: 'notifications/progress', params: { progressToken: token, progress: i, total: 3 } })
	return { content: [{ type: 'text', text: `refunded ${order} to card 4111111111111111` }] }
}

createServer(async (request, response) => {
	if (request.url === '/broken') {
		response.writeHead(500, { 'Content-Type': 'text/plain' }).end('no')
		return
	}
	const server = new McpServer({ name: 'shop', version: '1' })
	for (const name of ['refund', 'slow-refund'])
		server.registerTool(name, { inputSchema: { order: z.string() } }, work)
	const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: request.url === '/json' })
	response.on('close', () => { transport.close(); server.close() })
	await server.connect(transport)
	await transport.handleRequest(request, response)
}).listen(Number(port), '127.0.0.1')
