# call.py QUERY… -- SERVER…: starts an MCP server, calls its tool "query" with each QUERY in one
# session (JSON-RPC over standard input and output), and prints what it answers, a line for each.
import json, subprocess, sys

at = sys.argv.index('--')
server = subprocess.Popen(sys.argv[at + 1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def say(**message):
    server.stdin.write(json.dumps({'jsonrpc': '2.0', **message}) + '\n')
    server.stdin.flush()


def ask(number, method, params):
    say(id=number, method=method, params=params)
    for line in server.stdout:
        answer = json.loads(line)
        if answer.get('id') == number:
            return answer
    return {'error': {'message': 'the server has ended'}}


ask(0, 'initialize', {'protocolVersion': '2024-11-05', 'capabilities': {}, 'clientInfo': {'name': 'call', 'version': '1'}})
say(method='notifications/initialized')
for number, query in enumerate(sys.argv[1:at], 1):
    answer = ask(number, 'tools/call', {'name': 'query', 'arguments': {'sql': query}})
    said = answer['error']['message'] if 'error' in answer else answer['result']['content'][0].get('text', 'nothing')
    print(' '.join(said.split()), flush=True)
server.stdin.close()
server.terminate()
