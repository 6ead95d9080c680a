"""web.py URL: Python's clients against a web server: urllib, urllib3, requests and httpx."""
import hashlib
import http.client
import json
import ssl
import sys
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import httpx
import requests
import urllib3

base = sys.argv[1]
PAGES = ('plain', 'gzip', 'deflate', 'redirect/3', 'cookies', 'nothing', 'drip', 'events', 'trailers', 'closed', 'large/3000000', 'status/404')


def digest(said):
    said = said if isinstance(said, bytes) else said.encode()
    return '%d %s' % (len(said), hashlib.sha256(said).hexdigest()[:16])


def check(name, ask):
    try:
        said = ask()
    except Exception as error:
        said = {'fault': '%s %s' % (type(error).__name__, str(error)[:60])}
    print('%s: %s' % (name, json.dumps(said)), flush=True)


def pieces():
    for i in range(200):
        yield b'piece %d ' % i * 300


def of_requests():
    own = requests.Session()
    for page in PAGES:
        check('requests, ' + page, lambda: digest(own.get(base + '/' + page, timeout=20).content))
    check('requests, cookies kept', lambda: own.get(base + '/echo', timeout=20).json()['head'].get('cookie'))
    check('requests, JSON', lambda: own.post(base + '/echo', json={'a': 'ü'}, timeout=20).json())
    check('requests, form', lambda: own.post(base + '/echo', data={'a': '1 2'}, timeout=20).json())
    check('requests, files', lambda: own.post(base + '/echo', files={'f': b'x' * 200000}, timeout=20).json()['bytes'] > 200000)
    check('requests, in pieces', lambda: own.put(base + '/echo', data=pieces(), timeout=20).json())
    check('requests, 2 MB', lambda: own.put(base + '/echo', data=b'y' * 2000000, timeout=20).json())
    check('requests, basic', lambda: own.get(base + '/echo', auth=('ada', 'pw'), timeout=20).json())
    check('requests, 307', lambda: own.post(base + '/again', data='the body', timeout=20).json())
    check('requests, 303', lambda: own.post(base + '/see', data='the body', timeout=20).json()['method'])
    check('requests, by lines', lambda: [line.decode() for line in own.get(base + '/events', stream=True, timeout=20).iter_lines() if line])
    check('requests, HEAD', lambda: own.head(base + '/plain', timeout=20).headers['content-length'])
    with ThreadPoolExecutor(8) as many:
        check('requests, many at once', lambda: list(many.map(lambda i: requests.get('%s/echo/%d' % (base, i), timeout=20).json()['url'], range(24))))


def of_httpx(name, **how):
    with httpx.Client(timeout=20, follow_redirects=True, **how) as own:
        for page in PAGES:
            check('%s, %s' % (name, page), lambda: digest(own.get(base + '/' + page).content))
        check(name + ', JSON', lambda: own.post(base + '/echo', json={'a': 'ü'}).json())
        check(name + ', in pieces', lambda: own.put(base + '/echo', content=pieces()).json())
        check(name + ', PATCH', lambda: own.patch(base + '/echo', content=b'{}', headers={'content-type': 'application/merge-patch+json'}).json())
        check(name + ', version', lambda: own.get(base + '/plain').http_version)
        with own.stream('GET', base + '/drip') as said:
            check(name + ', as it comes', lambda: list(said.iter_lines()))
        with ThreadPoolExecutor(8) as many:
            check(name + ', many at once', lambda: list(many.map(lambda i: own.get('%s/echo/%d' % (base, i)).json()['url'], range(24))))


def of_urllib3():
    own = urllib3.PoolManager(ssl_context=ssl.create_default_context())
    for page in PAGES:
        check('urllib3, ' + page, lambda: digest(own.request('GET', base + '/' + page, timeout=20).data))
    check('urllib3, fields', lambda: json.loads(own.request('GET', base + '/echo', fields={'a': '1 2', 'b': 'ü'}).data))
    check('urllib3, DELETE', lambda: json.loads(own.request('DELETE', base + '/echo/5').data))


def of_urllib():
    for page in PAGES[:-1]:
        check('urllib, ' + page, lambda: digest(urllib.request.urlopen(base + '/' + page, timeout=20).read()))
    check('urllib, PUT', lambda: json.loads(urllib.request.urlopen(urllib.request.Request(base + '/echo', b'body', {'X-Own': 'mine'}, method='PUT'), timeout=20).read()))

    def kept():
        at = urllib.parse.urlsplit(base)
        own = http.client.HTTPSConnection(at.hostname, at.port, timeout=20, context=ssl.create_default_context())
        said = []
        for i in range(5):
            own.request('POST', '/echo/%d' % i, body=b'z' * i)
            said.append(json.loads(own.getresponse().read())['url'])
        return said
    check('http.client, one connection', kept)


of_requests()
of_httpx('httpx')
try:
    import h2  # noqa: F401
    of_httpx('httpx over HTTP/2', http2=True)
except ImportError:
    pass
of_urllib3()
of_urllib()
