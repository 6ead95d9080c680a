"""origin.py PORT LOG: the shop's gRPC server. What `way` of a question says is how it is answered."""
import sys
import time
from concurrent import futures

import grpc
import shop_pb2 as shop

port, log = int(sys.argv[1]), open(sys.argv[2], 'a', buffering=1)
CARD = '4111111111111111'


def customer(question):
    one = shop.Customer(id=question.id, name='Ann Example', email='ann@shop.example', card=CARD, photo=b'\xff\xfe\x00 raw',
                        account=4111111111111111, home='call 4111 1111 1111 1111 now', tags=['new', 'ann@shop.example'])
    one.notes['ssn'] = 'none'
    one.notes['note'] = 'wrote to bob@shop.example'
    one.referrer.card = '5555555555554444'
    one.referrer.name = 'Bob'
    one.extra.Pack(shop.Refund(id=7, card='4012888888881881'))
    if question.way == 'plain':
        return shop.Customer(id=question.id, name='nothing to hide')
    if question.way.startswith('big'):
        one.tags.extend(['x' * 1000] * int(question.way[3:]))
    if question.way == 'deep':
        for _ in range(1000):
            one = shop.Customer(name='x', referrer=one)
    return one


def get(question, context):
    log.write('Get %s %s\n' % (question.way, dict(context.invocation_metadata()).get('x-tenant')))
    context.send_initial_metadata((('x-served-for', 'ann@shop.example'), ('x-blob-bin', b'ann@shop.example')))
    context.set_trailing_metadata((('x-took', '1'), ('x-other-bin', CARD.encode())))
    if question.way == 'fail':
        context.set_trailing_metadata((('grpc-status-details-bin', CARD.encode()),))
        context.abort(grpc.StatusCode.NOT_FOUND, 'no such card: %s, 100%% süre' % CARD)
    if question.way == 'gzip':
        context.set_compression(grpc.Compression.Gzip)
    if question.way == 'deflate':
        context.set_compression(grpc.Compression.Deflate)
    if question.way == 'garbage':
        return b'\xff\xff\xff'
    if question.way == 'unknown':
        return customer(shop.Question(way='plain')).SerializeToString() + b'\xa2\x06\x10' + CARD.encode() + b'\xaa\x06\x02hi'
    return customer(question).SerializeToString()


def list_(question, context):
    for i in range(3):
        yield customer(shop.Question(id=i, way=question.way)).SerializeToString()
    if question.way == 'fail':
        yield b'\xff\xff\xff'
    if question.way == 'late':
        context.abort(grpc.StatusCode.ABORTED, 'late')


def chat(questions, context):
    for question in questions:
        yield customer(question).SerializeToString()


def give(refund, context):
    log.write('Give %d\n' % refund.amount)
    return shop.Done(count=1).SerializeToString()


def give_many(refunds, context):
    count = 0
    for refund in refunds:
        log.write('GiveMany %d\n' % refund.amount)
        count += 1
    return shop.Done(count=count).SerializeToString()


def purge(refund, context):
    log.write('Purge %d\n' % refund.id)
    return shop.Done(count=refund.id).SerializeToString()


class Calls(grpc.GenericRpcHandler):
    def service(self, details):
        question, refund = shop.Question.FromString, shop.Refund.FromString
        return {
            '/shop.Shop/Get': grpc.unary_unary_rpc_method_handler(get, question),
            '/shop.Shop/List': grpc.unary_stream_rpc_method_handler(list_, question),
            '/shop.Shop/Chat': grpc.stream_stream_rpc_method_handler(chat, question),
            '/shop.Shop/Give': grpc.unary_unary_rpc_method_handler(give, refund),
            '/shop.Shop/GiveMany': grpc.stream_unary_rpc_method_handler(give_many, refund),
            '/shop.Shop/Purge': grpc.unary_unary_rpc_method_handler(purge, refund),
            '/shop.Shop/Other': grpc.unary_unary_rpc_method_handler(lambda message, context: message),
            '/shop.Shop/Hidden': grpc.unary_unary_rpc_method_handler(lambda message, context: message),
        }.get(details.method)


server = grpc.server(futures.ThreadPoolExecutor(16), options=[('grpc.max_send_message_length', 64 << 20)])
server.add_generic_rpc_handlers((Calls(),))
server.add_insecure_port('127.0.0.1:%d' % port)
server.start()
while True:
    time.sleep(1000)
