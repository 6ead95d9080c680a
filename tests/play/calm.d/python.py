"""python.py LIBRARY METHOD URL [CONTENT]: requests, urllib3 or httpx with their own timeouts. Says status and body, or the fault."""
import sys

library, method, url = sys.argv[1:4]
content = sys.argv[4].encode() if len(sys.argv) > 4 else None
head = {'Content-Type': 'application/json', 'Accept': 'application/json, text/event-stream'} if content else {}
try:
    if library == 'requests':
        import requests
        said = requests.request(method, url, data=content, headers=head)
        print(said.status_code, said.text)
    elif library == 'urllib3':
        import urllib3
        said = urllib3.PoolManager().request(method, url, body=content, headers=head)
        print(said.status, said.data.decode())
    else:
        import httpx
        said = httpx.request(method, url, content=content, headers=head)
        print(said.status_code, said.text)
except Exception as error:
    print('fault:', type(error).__name__)
