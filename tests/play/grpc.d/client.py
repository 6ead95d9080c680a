"""client.py ADDRESS CALL [WAY…]: one call, and what came of it, a line each."""
import queue
import sys
import time

import grpc
import shop_pb2 as shop

address, call, ways = sys.argv[1], sys.argv[2], sys.argv[3:]
channel = grpc.insecure_channel(address, options=[('grpc.max_receive_message_length', 64 << 20)])
SECONDS = 20


def say(customer):
    text = str(customer).replace('\n', ' ') if customer.ByteSize() < 5000 else '%d tags, card %s' % (len(customer.tags), customer.card)
    extra = shop.Refund()
    if customer.extra.Unpack(extra):
        text += ' extra ' + str(extra).replace('\n', ' ')
    print(text, flush=True)


def one(name, message, back, **how):
    answer, done = channel.unary_unary('/shop.Shop/' + name, type(message).SerializeToString, back).with_call(message, timeout=SECONDS, **how)
    return answer, done


def main():
    metadata = (('x-tenant', 'north'),)
    if call == 'get':
        compression = grpc.Compression.Gzip if ways[0] == 'ask-gzip' else None
        answer, done = one('Get', shop.Question(id=1, way=ways[0]), shop.Customer.FromString, metadata=metadata, compression=compression)
        say(answer)
        print('head', sorted(key for key, value in done.initial_metadata() if key.startswith('x-')), dict(done.initial_metadata()).get('x-served-for'))
        print('trailers', sorted(key for key, value in done.trailing_metadata() if key.startswith('x-')))
    elif call == 'often':
        started = time.monotonic()
        cards = {one('Get', shop.Question(id=1, way='open'), shop.Customer.FromString)[0].card for _ in range(200)}
        print(cards)
        print('        %.2f ms a call' % ((time.monotonic() - started) * 5), file=sys.stderr)
    elif call == 'list':
        for answer in channel.unary_stream('/shop.Shop/List', shop.Question.SerializeToString, shop.Customer.FromString)(shop.Question(way=ways[0]), timeout=SECONDS):
            print(answer.id, answer.card, flush=True)
    elif call == 'chat':
        questions = queue.Queue()
        questions.put(shop.Question(id=0))
        for i, answer in enumerate(channel.stream_stream('/shop.Shop/Chat', shop.Question.SerializeToString, shop.Customer.FromString)(iter(questions.get, None), timeout=SECONDS)):
            print(answer.id, answer.card, flush=True)
            questions.put(shop.Question(id=i + 1) if i < 2 else None)
    elif call == 'give':
        print(one('Give', shop.Refund(id=1, amount=int(ways[0]), card='4111111111111111'), shop.Done.FromString)[0].count)
    elif call == 'twice':
        raw = shop.Refund(amount=1).SerializeToString() + shop.Refund(amount=1000).SerializeToString()
        print(channel.unary_unary('/shop.Shop/Give', None, shop.Done.FromString)(raw, timeout=SECONDS).count)
    elif call == 'deep':
        raw = b''
        for _ in range(1000):
            raw = b'\x1b' + raw + b'\x1c'
        print(channel.unary_unary('/shop.Shop/Give', None, shop.Done.FromString)(raw, timeout=SECONDS).count)
    elif call == 'many':
        refunds = [shop.Refund(amount=int(way)) for way in ways]
        print(channel.stream_unary('/shop.Shop/GiveMany', shop.Refund.SerializeToString, shop.Done.FromString)(iter(refunds), timeout=SECONDS).count)
    elif call == 'purge':
        seconds = float(ways[1]) if len(ways) > 1 else 30
        print(channel.unary_unary('/shop.Shop/Purge', shop.Refund.SerializeToString, shop.Done.FromString)(shop.Refund(id=int(ways[0]), card='4111111111111111'), timeout=seconds).count)
    elif call in ('Hidden', 'Other'):
        print('id', one(call, shop.Question(id=1), shop.Question.FromString)[0].id)
    else:
        raise SystemExit('no such call')


try:
    main()
except grpc.RpcError as error:
    print(error.code().name, error.details(), sorted(key for key, value in error.trailing_metadata() or () if key.startswith('grpc-')))
