"""websocket-client.py ADDRESS [MESSAGE…]: says them one by one, each after the answer to the one before; then what it heard.
Without messages it listens."""
import asyncio
import sys

import websockets


async def main():
    heard = []
    try:
        async with websockets.connect(sys.argv[1], subprotocols=['other', 'shop.v1'], max_size=1 << 24) as peer:
            heard.append(str(peer.subprotocol))
            for message in sys.argv[2:]:
                await peer.send(bytes.fromhex(message[4:]) if message.startswith('hex:') else message)
                heard.append(await asyncio.wait_for(peer.recv(), 15))
            while not sys.argv[2:]:
                heard.append(await asyncio.wait_for(peer.recv(), 15))
    except websockets.exceptions.InvalidStatusCode as error:
        heard.append('status %d' % error.status_code)
    except websockets.exceptions.ConnectionClosed as error:
        heard.append('closed %d %s' % (error.rcvd.code, error.rcvd.reason) if error.rcvd else 'cut')
    for message in heard:
        text = message if isinstance(message, str) else message.hex()
        print(text if len(text) < 200 else '%d of %s' % (len(text), text[:1]))

asyncio.run(main())
