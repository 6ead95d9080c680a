"""websocket-origin.py DIRECTORY PORT TLS_PORT LOG: a WebSocket server that writes down what it was told.
/echo says it back, /talk says things that must be hidden, /long sends what is long and in pieces."""
import asyncio
import json
import ssl
import sys

import websockets

directory, port, tls_port, log = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), open(sys.argv[4], 'a', buffering=1)
CARD = '4111111111111111'


async def talk(peer):
    await peer.send('{"id": 7, "customer": {"card": "%s"}}' % CARD)
    await peer.send('my card is %s' % CARD)
    await peer.send(['{"card": "4111', '111111111111"}'])
    await peer.send('[not JSON] %s' % CARD)
    await peer.ping('4111111111111111')
    await peer.close(4000, 'of %s' % CARD)


async def long(peer):
    await peer.send(json.dumps(['x' * 1000] * 900))
    await peer.send(['y' * 1000] * 500)
    await (await peer.ping('still there?'))
    await peer.send('pong came')


async def echo(peer):
    async for message in peer:
        log.write('%s %s\n' % (peer.path, message if isinstance(message, str) else 'bytes ' + message.hex()))
        await peer.send(message)


async def serve(peer):
    log.write('opened %s %s %s\n' % (peer.path, peer.subprotocol, peer.extensions))
    await {'/talk': talk, '/long': long}.get(peer.path, echo)(peer)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory + '/socket.shop.example.crt', directory + '/socket.shop.example.key')
    how = {'subprotocols': ['shop.v1'], 'max_size': 1 << 24}
    async with websockets.serve(serve, '127.0.0.1', port, **how), \
            websockets.serve(serve, '127.0.0.1', tls_port, ssl=context, **how):
        await asyncio.Future()

asyncio.run(main())
