#!/usr/bin/env python3
"""made.py SEED COUNT: a labelled corpus for the detectors of user/mask, COUNT texts that have a
value of each kind and as many that have none but look like it. One JSON object a line: kind (the
policy's word), label (1: it is in the text), text. The same seed gives the same corpus.

Check digits are computed here, by the definitions, not by the code that is tested. Values stand
alone, in prose of several languages, in JSON, in logs and tables; some digits and blanks are not
ASCII. What has none: the same shape with a wrong check digit, order numbers, times, versions,
UUIDs, hashes, addresses in memory, code and prose."""
import base64
import hashlib
import json
import random
import string
import sys

D = string.digits
UP = string.ascii_uppercase
WORD = string.ascii_letters + D
NAME = WORD + "_-"
HEX = "0123456789abcdef"
B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
r = random.Random(int(sys.argv[1]))
count = int(sys.argv[2])


def some(alphabet, n):
    return "".join(r.choice(alphabet) for _ in range(n))


def luhn(body):
    total = sum(sum(divmod(int(c) * 2, 10)) if i % 2 == 0 else int(c) for i, c in enumerate(reversed(body)))
    return str(-total % 10)


def groups(text, sizes, sep):
    out, at = [], 0
    for n in sizes:
        out.append(text[at:at + n])
        at += n
    if at < len(text):
        out.append(text[at:])
    return sep.join(g for g in out if g)


def date(form):
    y, m, d = r.randint(40, 99), r.randint(1, 12), r.randint(1, 28)
    return form.format(y=y, m=m, d=d)


def weigh(body, weights):
    return sum(int(c) * w for c, w in zip(body, weights))


# ---- cards, accounts -------------------------------------------------------------

NETWORKS = [("4", 16), ("4", 13), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15), ("6011", 16),
            ("65", 16), ("36", 14), ("305", 14), ("3528", 16), ("62", 16), ("62", 19), ("6759", 16), ("2200", 16), ("508", 16), ("9792", 16)]


def card(wrong=False):
    prefix, n = r.choice(NETWORKS)
    body = prefix + some(D, n - len(prefix) - 1)
    last = luhn(body)
    if wrong:
        last = str((int(last) + r.randint(1, 9)) % 10)
    number = body + last
    sizes = (4, 6, 5) if n == 15 else (4, 6, 4) if n == 14 else (4, 4, 4, 4)
    return groups(number, sizes, r.choice(["", "", " ", "-"])) if n != 13 else number


IBANS = {"DE": "n18", "FR": "n10c11n2", "GB": "a4n14", "NL": "a4n10", "ES": "n20", "IT": "a1n10c12", "BE": "n12", "AT": "n16", "CH": "n5c12",
         "PL": "n24", "SE": "n20", "NO": "n11", "PT": "n21", "FI": "n14", "DK": "n14", "IE": "a4n14", "TR": "n5c17"}


def iban(wrong=False):
    country = r.choice(list(IBANS))
    shape, bban = IBANS[country], ""
    while shape:
        kind = shape[0]
        n = "".join(c for c in shape[1:3] if c.isdigit())
        bban += some({"n": D, "a": UP, "c": UP + D}[kind], int(n))
        shape = shape[1 + len(n):]
    number = int("".join(str(int(c, 36)) for c in bban + country + "00"))
    check = 98 - number % 97
    if wrong:
        check = 2 + (check - 2 + r.randint(1, 95)) % 96
    whole = f"{country}{check:02}{bban}"
    return groups(whole, [4] * 9, " ") if r.random() < .5 else whole


BANKS = ["DEUT", "BNPA", "COBA", "BARC", "CHAS", "INGB", "NDEA", "UBSW", "RZBA", "KRED"]


def bic(_=False):
    code = r.choice(BANKS) + r.choice(["DE", "FR", "GB", "NL", "CH", "AT", "SE", "US"])
    if r.random() < .5:
        return code + r.choice("2379FMP") + r.choice(D[2:]) + r.choice(["", "XXX", "600", "HAM"])
    return r.choice(["BIC ", "SWIFT: ", "bic="]) + code + r.choice(["FF", "PP", "UT", "MM"]) + r.choice(["", "XXX"])


# ---- people ------------------------------------------------------------------------

def verhoeff(body):
    d = [[int(c) for c in row] for row in ("0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321",
                                             "6598710432", "7659821043", "8765932104", "9876543210")]
    p = [[int(c) for c in row] for row in ("0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901",
                                             "2793806415", "7046913258")]
    c = 0
    for i, x in enumerate(reversed(body)):
        c = d[c][p[(i + 1) % 8][int(x)]]
    return str(d[c].index(0))


def mod_11_10(body):
    rest = 10
    for c in body:
        rest = (rest + int(c)) % 10 or 10
        rest = rest * 2 % 11
    return str((11 - rest) % 10)


def es():
    n = some(D, 8)
    return n + "TRWAGMYFPDXBNJZSQVHLCKE"[int(n) % 23]


def es_nie():
    x = r.randint(0, 2)
    n = some(D, 7)
    return "XYZ"[x] + n + "TRWAGMYFPDXBNJZSQVHLCKE"[int(str(x) + n) % 23]


def it():
    odd = dict(zip(D + UP, [1, 0, 5, 7, 9, 13, 15, 17, 19, 21] + [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
                                                                          10, 22, 25, 24, 23]))
    body = some(UP, 6) + some(D, 2) + r.choice("ABCDEHLMPRST") + f"{r.randint(1, 28):02}" + r.choice(UP) + some(D, 3)
    total = sum(odd[c] if i % 2 == 0 else int(c) if c.isdigit() else UP.index(c) for i, c in enumerate(body))
    return body + UP[total % 26]


def fr():
    body = r.choice("12") + some(D, 2) + f"{r.randint(1, 12):02}" + f"{r.randint(1, 95):02}" + some(D, 6)
    whole = body + f"{97 - int(body) % 97:02}"
    return groups(whole, (1, 2, 2, 2, 3, 3, 2), " ") if r.random() < .5 else whole


def pl():
    body = date("{y}{m:02}{d:02}") + some(D, 4)
    return body + str(-weigh(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)


def de():
    twice, others = r.choice(D), r.sample(D, 10)
    body = [c for c in others if c != twice][:8] + [twice, twice]
    r.shuffle(body)
    body = "".join(body)
    return de() if body[0] == "0" else body + mod_11_10(body)


def be():
    body = date("{y}{m:02}{d:02}") + f"{r.randint(1, 997):03}"
    return groups(body + f"{97 - int(body) % 97:02}", (2, 2, 2, 3, 2), "") if r.random() < .5 else \
        f"{body[:2]}.{body[2:4]}.{body[4:6]}-{body[6:]}.{97 - int(body) % 97:02}"


def se():
    body = date("{y}{m:02}{d:02}") + some(D, 3)
    whole = body + luhn(body)
    return r.choice([f"{whole[:6]}-{whole[6:]}", f"19{whole[:6]}-{whole[6:]}", "19" + whole])


def fi():
    body, n = date("{d:02}{m:02}{y}"), f"{r.randint(2, 899):03}"
    return body + r.choice("-Y") + n + "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(body + n) % 31]


def nl():
    while True:
        body = some("123456789", 8)
        check = weigh(body, range(9, 1, -1)) % 11
        if check < 10:
            return "BSN " + body + str(check)


def br():
    body = some(D, 9)
    for first in (10, 11):
        body += str(weigh(body, range(first, 1, -1)) * 10 % 11 % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}" if r.random() < .7 else body


def india():
    body = r.choice("23456789") + some(D, 10)
    return groups(body + verhoeff(body), (4, 4, 4), " ") if r.random() < .7 else "Aadhaar " + body + verhoeff(body)


def cn():
    body = some("123456", 1) + some(D, 5) + "19" + date("{y}{m:02}{d:02}") + some(D, 3)
    total = weigh(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    return body + "10X98765432"[total % 11]


def uk_nhs():
    while True:
        body = some(D, 9)
        check = -weigh(body, range(10, 1, -1)) % 11
        if check < 10 and int(body):
            return groups(body + str(check), (3, 3, 4), r.choice([" ", "-"]))


def kr():
    body = date("{y}{m:02}{d:02}") + r.choice("1234") + some(D, 5)
    whole = body + str((11 - weigh(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10)
    return f"{whole[:6]}-{whole[6:]}"


def za():
    body = date("{y}{m:02}{d:02}") + some(D, 4) + r.choice("01") + "8"
    return body + luhn(body)


def ch():
    body = "756" + some(D, 9)
    return groups(body + str(-weigh(body, (1, 3) * 6) % 10), (3, 4, 4, 2), ".")


def ro():
    body = r.choice("1256") + date("{y}{m:02}{d:02}") + f"{r.randint(1, 46):02}" + some(D, 3)
    check = weigh(body, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return body + ("1" if check == 10 else str(check))


def tr():
    body = some("123456789", 1) + some(D, 8)
    tenth = (sum(map(int, body[0::2])) * 7 - sum(map(int, body[1::2]))) % 10
    return body + str(tenth) + str((sum(map(int, body)) + tenth) % 10)


def ca():
    body = r.choice("1234567") + some(D, 7)
    return groups(body + luhn(body), (3, 3, 3), r.choice(" -"))


NATIONAL = [es, es_nie, it, fr, pl, de, be, se, fi, nl, br, india, cn, uk_nhs, kr, za, ch, ro, tr, ca]
# South Korea gives out numbers without a check since 2020, Denmark since 2007, and what is wrong in
# Sweden or Finland may be right in Denmark: nobody can tell that those are none.
NO_CHECK = [kr, se, fi]


def is_right_elsewhere(value):
    """A number that is wrong for one state may be right for another, and then it is one."""
    n = "".join(c for c in value if c.isdigit())
    if len(n) == 11:
        return (weigh(n, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0 or mod_11_10(n[:10]) == n[10] or
                97 - int(n[:9]) % 97 == int(n[9:]) or 97 - (2 * 10**9 + int(n[:9])) % 97 == int(n[9:]) or
                (sum(map(int, n[0:9:2])) * 7 - sum(map(int, n[1:8:2]))) % 10 == int(n[9]) or
                weigh(n, range(10, 1, -1)) * 10 % 11 % 10 == int(n[9]) or
                weigh(n, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11 % 10 == int(n[10]))
    if len(n) == 13:
        return (luhn(n[:12]) == n[12] or (11 - weigh(n, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(n[12]) or
                weigh(n, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11 % 10 == int(n[12]))
    return False


def national(wrong=False):
    value = r.choice([make for make in NATIONAL if not wrong or make not in NO_CHECK])()
    if not wrong:
        return value
    at = r.choice([i for i, c in enumerate(value) if c.isdigit()])
    value = value[:at] + str((int(value[at]) + r.randint(1, 9)) % 10) + value[at + 1:]
    return national(True) if is_right_elsewhere(value) else value


def ssn(wrong=False):
    area = r.choice(["000", "666"]) if wrong else f"{r.choice([a for a in range(1, 900) if a != 666]):03}"
    group, serial = f"{r.randint(1, 99):02}", f"{r.randint(1, 9999):04}"
    sep = r.choice(["-", "-", " "])
    if not wrong and r.random() < .2:
        return "SSN " + area + group + serial
    return sep.join((area, group, serial))


def email(wrong=False):
    name = r.choice(["ann.miller", "j_doe", "info+shop", "x", "m.rossi99", "søren"])
    host = r.choice(["example.com", "mail.example.co.uk", "sub.dom-ain.org", "例え.jp"])
    return r.choice([name + "@", "@" + host.split(".")[0], f"{name}@localhost", f"{name} at {host}"]) if wrong else f"{name}@{host}"


def phone(wrong=False):
    if wrong:
        return r.choice([some(D, 5), f"1.{r.randint(0, 99)}.{r.randint(0, 999)}", date("19{y}-{m:02}-{d:02}"), some(D[1:], 8),
                         f"{r.randint(1, 12)}:{r.randint(10, 59)}:{r.randint(10, 59)}"])
    return r.choice([
        lambda: f"+49 {r.randint(30, 89)} {some(D[1:], 1)}{some(D, 6)}", lambda: f"+1 ({r.randint(201, 989)}) {r.randint(200, 999)}-{some(D, 4)}",
        lambda: f"({r.randint(201, 989)}) {r.randint(200, 999)}-{some(D, 4)}", lambda: f"{r.randint(201, 989)}-{r.randint(200, 999)}-{some(D, 4)}",
        lambda: f"+44 20 {some(D[1:], 1)}{some(D, 3)} {some(D, 4)}", lambda: f"0{r.randint(20, 89)} {some(D[1:], 1)}{some(D, 6)}",
        lambda: f"+33 6 {some(D, 2)} {some(D, 2)} {some(D, 2)} {some(D, 2)}", lambda: f"+86{r.choice(['138', '159', '186'])}{some(D, 8)}",
        lambda: f"tel {some(D[1:], 1)}{some(D, 6)}", lambda: f"0049 {r.randint(30, 89)} {some(D[1:], 1)}{some(D, 6)}"])()


def ip(wrong=False):
    if wrong:
        return r.choice([f"{r.randint(1, 9)}.{r.randint(0, 99)}.{r.randint(0, 99)}", f"{r.randint(256, 999)}.1.1.1",
                         f"{r.randint(10, 23)}:{r.randint(10, 59)}:{r.randint(10, 59)}", "std::vector", "a::b::c"])
    if r.random() < .6:
        return ".".join(str(r.randint(1, 254)) for _ in range(4))
    return r.choice([":".join(some(HEX, 4) for _ in range(8)), "2001:db8::" + some(HEX, 4), "fe80::1ff:fe23:4567:890a"])


# ---- states' tax numbers, coins ----------------------------------------------------------

def vat(wrong=False):
    def at():
        body = some(D, 7)
        total = sum(int(c) if i % 2 == 0 else sum(divmod(int(c) * 2, 10)) for i, c in enumerate(body))
        return "ATU" + body + str((96 - total) % 10)

    def german():
        body = some("123456789", 1) + some(D, 7)
        return "DE" + body + mod_11_10(body)

    def belgian():
        body = "0" + some(D, 7)
        return "BE" + body + f"{97 - int(body) % 97:02}"

    def french():
        body = some(D, 8)
        siren = body + luhn(body)
        return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02}" + siren

    def italian():
        body = some(D, 10)
        return "IT" + body + luhn(body)

    def polish():
        while True:
            body = some(D[1:], 9)
            check = weigh(body, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11
            if check < 10:
                return "PL" + body + str(check)

    def danish():
        while True:
            n = some("123456789", 1) + some(D, 7)
            if weigh(n, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0:
                return "DK" + n

    def dutch():
        while True:
            body = some(D[1:], 8)
            check = weigh(body, range(9, 1, -1)) % 11
            if check < 10:
                return f"NL{body}{check}B{r.randint(1, 99):02}"

    def swedish():
        body = some(D[1:], 9)
        return "SE" + body + luhn(body) + "01"

    def portuguese():
        body = "5" + some(D, 7)
        check = 11 - weigh(body, range(9, 1, -1)) % 11
        return "PT" + body + str(0 if check > 9 else check)

    def finnish():
        while True:
            body = some(D, 7)
            rest = weigh(body, (7, 9, 10, 5, 8, 4, 2)) % 11
            if rest != 1:
                return "FI" + body + str((11 - rest) % 11)

    def hungarian():
        body = some(D[1:], 7)
        return "HU" + body + str(-weigh(body, (9, 7, 3, 1, 9, 7, 3)) % 10)

    def luxembourg():
        body = some(D[1:], 6)
        return "LU" + body + f"{int(body) % 89:02}"

    value = r.choice([at, german, belgian, french, italian, polish, danish, dutch, swedish, portuguese, finnish, hungarian, luxembourg])()
    if wrong:
        at_ = len(value) - 4
        value = value[:at_] + str((int(value[at_]) + r.randint(1, 9)) % 10) + value[at_ + 1:] if value[at_].isdigit() else "DE" + some(D, 5)
    return value


def base58check(payload):
    raw = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    n, out = int.from_bytes(raw, "big"), ""
    while n:
        n, rest = divmod(n, 58)
        out = B58[rest] + out
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + out


def bech32(prefix, data, constant):
    def polymod(values):
        c = 1
        for v in values:
            top = c >> 25
            c = (c & 0x1ffffff) << 5 ^ v
            for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)):
                c ^= g if top >> i & 1 else 0
        return c
    head = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = polymod(head + data + [0] * 6) ^ constant
    return prefix + "1" + "".join(BECH[d] for d in data + [check >> 5 * (5 - i) & 31 for i in range(6)])


def crypto(wrong=False):
    kind = r.randint(0, 3)
    if kind == 0:
        value = base58check(bytes([r.choice([0, 5, 48])]) + r.randbytes(20))
    elif kind == 1:
        value = bech32(r.choice(["bc", "ltc"]), [0] + [r.randint(0, 31) for _ in range(32)], 1)
    elif kind == 2:
        value = bech32("bc", [1] + [r.randint(0, 31) for _ in range(52)], 0x2bc830a3)
    else:
        value = "0x" + some(HEX, 40)
        if wrong:
            return r.choice([value[:-1], value + "f", "0x" + some(HEX, 64), value[:20] + value[20:].upper()])
        return value
    if wrong:
        at = r.randint(6, len(value) - 1)
        value = value[:at] + r.choice([c for c in BECH if c != value[at]]) + value[at + 1:]
    return value


# ---- secrets --------------------------------------------------------------------------

def b64(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def jwt(wrong=False):
    head, body = b64(b'{"alg":"HS256","typ":"JWT"}'), b64(json.dumps({"sub": some(D, 9), "iat": r.randint(10**9, 2 * 10**9)}).encode())
    return r.choice([head, f"{head}.{body[3:]}", f"{body}"]) if wrong else f"{head}.{body}.{some(NAME, 43)}"


def private_key(wrong=False):
    kind = r.choice(["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"])
    if wrong:
        kind = r.choice(["CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY"])
    return f"-----BEGIN {kind}-----\n{some(WORD, 64)}\n-----END {kind}-----"


def aws(wrong=False):
    if wrong:
        return r.choice(["AKIA" + some(UP + D, 15), "akia" + some(HEX, 16), some(HEX, 40), some(WORD, 40)])
    return r.choice(["AKIA", "ASIA"]) + some(UP + D[2:8], 16) if r.random() < .7 else "aws_secret_access_key = " + "aA1" + some(WORD + "/+", 37)


def github(wrong=False):
    if wrong:
        return r.choice(["ghp_" + some(WORD, 12), "ghx_" + some(WORD, 36), "ghp_" + "x" * 36, "https://github.example/" + some(WORD, 36)])
    return r.choice(["ghp_", "gho_", "ghs_"]) + some(WORD, 36) if r.random() < .7 else "github_pat_" + some(WORD, 22) + "_" + some(WORD, 59)


def slack(wrong=False):
    if wrong:
        return r.choice(["xox-" + some(D, 12), "xoxb-short", "slack.example/services", "xoxb-" + "x" * 30])
    return f"xoxb-{some(D, 12)}-{some(D, 12)}-{some(WORD, 24)}" if r.random() < .7 else \
        f"https://hooks.slack.com/services/T{some(UP, 8)}/B{some(UP, 8)}/{some(WORD, 24)}"


TOKENS = [("glpat-", NAME, 20), ("sk_live_", WORD, 24), ("SG.", NAME, 66), ("npm_", WORD, 36), ("pypi-AgEIcHlwaS5vcmc", NAME, 60), ("AIza", NAME, 35),
          ("dop_v1_", HEX, 64), ("hf_", WORD, 34), ("dp.pt.", WORD, 43), ("lin_api_", WORD, 40), ("shpat_", HEX, 32), ("sk-ant-api03-", NAME, 93),
          ("sk-proj-", NAME, 48), ("PMAK-", HEX, 59), ("hvs.", NAME, 90), ("dapi", HEX, 32), ("rubygems_", HEX, 48), ("xkeysib-", HEX, 81),
          ("GOCSPX-", NAME, 28), ("ya29.", NAME, 60), ("figd_", NAME, 40), ("glsa_", WORD, 41), ("pul-", HEX, 40), ("dckr_pat_", NAME, 27),
          ("tskey-auth-", WORD, 30), ("NRAK-", WORD, 27), ("EZAK", WORD, 54), ("pscale_tkn_", NAME, 43), ("sbp_", HEX, 40), ("r8_", WORD, 37),
          ("gsk_", WORD, 52), ("nfp_", WORD, 36), ("CCIPAT_", NAME, 60), ("ATATT3", NAME, 180), ("rnd_", WORD, 28), ("whsec_", WORD, 32),
          ("sntryu_", HEX, 64), ("LTAI", WORD, 20), ("fo1_", NAME, 43), ("ico-", WORD, 32), ("CLOJARS_", WORD, 60), ("phc_", WORD, 43)]


def token(wrong=False):
    prefix, alphabet, n = r.choice(TOKENS)
    if wrong:
        return r.choice([prefix + some(WORD, 4), prefix + "x" * n, "token = get_token(session)", "password: ********", "secret=${SECRET}",
                         "api_key: your-api-key-here", "sha256:" + some(HEX, 64)])
    while True:
        body = some(alphabet, n)
        if body[-1] not in "-." and any(c.isdigit() for c in body):
            break
    if r.random() < .3:
        return r.choice(["api_key=", "client_secret: ", '"token": "', "password = "]) + "k3" + some(WORD, 10) + "7x" + some(WORD, 10) + "9z4b"
    return prefix + body


# ---- texts ---------------------------------------------------------------------------------

TEMPLATES = ["{}", "{}", "id {} done", "Bitte prüfen Sie {} noch heute.", "Veuillez noter {} pour la suite.", "Por favor, anote {} y confirme.",
             '{{"v": "{}", "n": 1}}', "2024-05-17T10:12:33Z info worker took {} in 12 ms", "a,b,{},d", "name\t{}\t42", "({})", "see: {}, then go on",
             "Ваш номер {} принят", "ご確認ください {} です", "value={};", "<td>{}</td>"]


def nothing():
    return r.choice([
        lambda: f"order {r.randint(10**5, 10**8)}", lambda: str(r.randint(1_500_000_000, 1_900_000_000)), lambda: f"v{r.randint(0, 9)}.{r.randint(0, 30)}.{r.randint(0, 99)}",
        lambda: "-".join(some(HEX, n) for n in (8, 4, 4, 4, 12)), lambda: some(HEX, 40), lambda: some(HEX, 64), lambda: "0x" + some(HEX, 12),
        lambda: date("20{d:02}-{m:02}-{d:02} {m:02}:{d:02}:{d:02}"), lambda: f"{r.randint(1, 9999)}.{r.randint(10, 99)} EUR",
        lambda: "for (int i = 0; i < n; i++) sum += a[i];", lambda: "The quick brown fox jumps over the lazy dog.",
        lambda: "Der Kunde hat die Ware am Montag erhalten.", lambda: "CUSTOMER ACCOUNT OVERVIEW", lambda: "SELECT id, name FROM orders WHERE id = 7",
        lambda: "https://example.com/a/b?c=1&d=2", lambda: f"{r.randint(1, 200)} x {r.randint(1, 200)} cm", lambda: "ERROR_CODE_4711: not found",
        lambda: f"room {r.randint(100, 999)}, floor {r.randint(1, 9)}"])()


def disguise(text):
    """Digits and blanks of other scripts, which people read as the same."""
    zero = r.choice([0xff10, 0x660, 0x6f0, 0x966, 0x1d7ce])
    text = "".join(chr(zero + int(c)) if c in D else c for c in text)
    return text.replace(" ", r.choice(["\u00a0", "\u2009", "\u202f"])).replace("-", r.choice(["-", "\u2010", "\u2212"]))


KINDS = {"card": (card, 1), "ssn": (ssn, 1), "email": (email, 0), "phone": (phone, 1), "iban": (iban, 0), "ip": (ip, 0), "jwt": (jwt, 0),
         "private-key": (private_key, 0), "aws": (aws, 0), "github": (github, 0), "slack": (slack, 0), "token": (token, 0),
         "national-id": (national, 1), "vat": (vat, 0), "bic": (bic, 0), "crypto": (crypto, 0)}
for kind, (make, has_digits) in KINDS.items():
    for _ in range(count):
        value = make()
        if has_digits and r.random() < .1:
            value = disguise(value)
        print(json.dumps({"kind": kind, "label": 1, "text": r.choice(TEMPLATES).format(value)}))
        value = make(True) if kind != "bic" and r.random() < .3 else nothing()
        print(json.dumps({"kind": kind, "label": 0, "text": r.choice(TEMPLATES).format(value)}))
