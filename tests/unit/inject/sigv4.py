#!/usr/bin/env python3
"""sigv4.py: writes sigv4_rows.h: requests with the signatures that botocore makes of them, the reference for
canonical_test.c. Needs python3-botocore; the header is kept beside it, so that only who changes it does."""
import datetime
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TIME = datetime.datetime(2015, 8, 30, 12, 36)
HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
HOST = "example.amazonaws.com"

# name, service, method, path and query, fields, body, token
ROWS = [
    ("vanilla", "service", "GET", "/", [], "", ""),
    ("post", "service", "POST", "/", [], "", ""),
    ("query out of order", "service", "GET", "/?Param2=value2&Param1=value1", [], "", ""),
    ("query of the same name", "service", "GET", "/?Param1=value2&Param1=value1", [], "", ""),
    ("empty value", "service", "GET", "/?Param1=", [], "", ""),
    ("unreserved", "service", "GET", "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=x", [], "", ""),
    ("unreserved path", "service", "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", [], "", ""),
    ("form", "service", "POST", "/", [("Content-Type", "application/x-www-form-urlencoded")], "Param1=value1", ""),
    ("form with a charset", "service", "POST", "/",
     [("Content-Type", "application/x-www-form-urlencoded; charset=utf8")], "Param1=value1", ""),
    ("path encoded once", "service", "GET", "/a%20b/c%2Fd/%E1%88%B4", [], "", ""),
    ("function by its name", "lambda", "POST",
     "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af/invocations", [], "{}", ""),
    ("path with signs", "service", "GET", "/a:b/c@d/e=f", [], "", ""),
    ("table", "dynamodb", "POST", "/", [("Content-Type", "application/x-amz-json-1.0"),
     ("X-Amz-Target", "DynamoDB_20120810.GetItem")], '{"TableName":"t","Key":{"k":{"S":"1"}}}', ""),
    ("session", "service", "POST", "/", [], "", "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBu"),
    ("blanks", "service", "GET", "/", [("X-Amz-Meta-A", "a   b   c"), ("X-Amz-Meta-B", "  x  ")], "", ""),
    ("object", "s3", "GET", "/bucket/a%20key/with%2Bplus", [], "", ""),
    ("object with a slash in its key", "s3", "GET", "/bucket/a%2Fb", [], "", ""),
    ("object not ASCII", "s3", "PUT", "/bucket/%E1%88%B4", [("Content-Type", "text/plain"), ("X-Amz-Acl", "private")],
     "hello", ""),
    ("list", "s3", "GET", "/bucket?list-type=2&prefix=a%2Fb&delimiter=%2F", [], "", ""),
    ("subresource", "s3", "GET", "/bucket?acl=", [], "", ""),
    ("copy", "s3", "PUT", "/bucket/to", [("X-Amz-Copy-Source", "/other/from"), ("X-Amz-Meta-Note", "n")], "", "TOKEN+/="),
]


class Clock(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return TIME


def sign(service, method, target, fields, body, token):
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    request = AWSRequest(method, f"https://{HOST}{target}", dict(fields), body.encode())
    request.context.update(timestamp=TIME.strftime("%Y%m%dT%H%M%SZ"), payload_signing_enabled=True,
                           client_config=None)
    auth = kind(Credentials(KEY, SECRET, token or None), service, "us-east-1")
    if service == "s3":
        auth._should_sha256_sign_payload = lambda _: True
    auth.add_auth(request)
    said = request.headers["Authorization"]
    return said.split("SignedHeaders=")[1].split(",")[0], said.split("Signature=")[1]


def text(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    if hasattr(botocore.auth, "get_current_datetime"):
        botocore.auth.get_current_datetime = lambda *_, **__: TIME
    else:
        botocore.auth.datetime = type("module", (), {"datetime": Clock, "timedelta": datetime.timedelta})
    out = ["/* Made by sigv4.py: what botocore signs. */",
           "static const struct sigv4_row sigv4_rows[] = {"]
    for name, service, method, target, fields, body, token in ROWS:
        names, signature = sign(service, method, target, fields, body, token)
        pairs = "".join(f"{{ SPAN({text(n)}), SPAN({text(v)}) }}, " for n, v in fields) or "{ { 0 }, { 0 } }, "
        out.append(f"\t{{ {text(name)}, {text(service)}, {text(method)}, {text(target)},\n"
                   f"\t  {{ {pairs.rstrip(', ')} }}, {len(fields)}, {text(body)}, {text(token)},\n"
                   f"\t  {text(names)}, {text(signature)} }},")
    out.append("};")
    sys.stdout.write("\n".join(out) + "\n")


main()
