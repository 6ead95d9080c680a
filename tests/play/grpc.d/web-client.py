"""web-client.py URL TYPE WAY [h2]: one call by gRPC-Web; each frame of its answer is a line, and so is a status in the head."""
import base64
import gzip
import re
import subprocess
import sys

import shop_pb2 as shop

url, kind, way = sys.argv[1:4]
is_text = kind == 'text'
message = shop.Refund(id=1, amount=int(way)) if way.isdigit() else shop.Question(id=7, way=way)
raw = message.SerializeToString()
body = b'\0' + len(raw).to_bytes(4, 'big') + raw
if is_text:
    body = base64.b64encode(body)
said = subprocess.run(['curl', '-sS', '-i', '--max-time', '20', '--http2-prior-knowledge' if len(sys.argv) > 4 else '--http1.1',
                       '-H', 'Content-Type: application/grpc-web' + ('-text' if is_text else '') + '+proto', '-H', 'X-Grpc-Web: 1',
                       '--data-binary', '@-', url], input=body, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
head, _, answer = said.partition(b'\r\n\r\n')
status = re.search(rb'(?im)^grpc-status: (.*)\r$', head + b'\r\n')
if status:
    text = re.search(rb'(?im)^grpc-message: (.*)\r$', head + b'\r\n')
    print('head', status[1].decode(), text[1].decode() if text else '')
elif not head.split(b' ', 2)[1:2] == [b'200']:
    print(said[:300])
curl = re.search(rb'curl: .*', answer)
if curl:
    answer = answer[:curl.start()]
if is_text:
    answer = b''.join(base64.b64decode(text) for text in re.findall(rb'[A-Za-z0-9+/]+={1,2}|[A-Za-z0-9+/]+', answer))
while answer:
    flags, n = answer[0], int.from_bytes(answer[1:5], 'big')
    if len(answer) < 5 + n:
        print('cut', answer[:40])
        break
    one, answer = answer[5:5 + n], answer[5 + n:]
    if flags & 0x80:
        print('trailers', one.decode().strip().replace('\r\n', ' | '))
    else:
        print('folded' if flags else 'plain', str(shop.Customer.FromString(gzip.decompress(one) if flags else one)).replace('\n', ' '))
