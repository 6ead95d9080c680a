"""record.py LOG ENTRIES: what ran for a skill by the server's own log and by the ledger.

Both as bags of texts, since sessions run side by side. The log has a statement when it
parsed (query) or was executed; the ledger has what was asked. So: nothing is in the log
that is not in the ledger as often, and what the ledger has more is told with its number.
Own questions of the daemon have names of their own (_ilk_). Prints what differs, then
"same" or how many lines do not match.
"""
import collections
import json
import re
import sys

START = re.compile(r'^(\S*)@(\S*) (LOG|DETAIL|STATEMENT|ERROR|HINT|CONTEXT|WARNING|NOTICE|FATAL|QUERY|LOCATION):  ')
RAN = re.compile(r'(?:statement|execute (\S+)): (.*)', re.S)


def logged(path):
    """Texts in the log between the two marks of the suite, by their number."""
    ran, open_ = collections.Counter(), None
    inside = False

    def close():
        nonlocal inside
        if open_ is None:
            return
        found = RAN.match(open_)
        if not found:
            return
        if found.group(2).startswith('select \'suite: '):
            inside = 'inside' in found.group(2)
        elif inside and not (found.group(1) or '').startswith('_ilk_'):
            ran[found.group(2).strip()] += 1

    for line in open(path, encoding='utf-8', errors='surrogateescape'):
        begin = START.match(line)
        if begin:
            close()
            open_ = line[begin.end():] if begin.group(3) == 'LOG' else None
        elif open_ is not None:
            open_ += line[1:] if line.startswith('\t') else line
    close()
    return ran


def entered(path):
    asked = collections.Counter()
    for line in open(path):
        entry = json.loads(line)
        if entry['kind'] == 'ask' and entry.get('phase') in ('query', 'execute') and entry['verdict'] == 'allow':
            asked[entry.get('text', '').strip()] += 1
    return asked


def told_masked(missing, more):
    """What the ledger has with secrets left out stands for what the log has with them: one each."""
    for text in [t for t in more if '[redacted]' in t]:
        shape = re.compile('.+?'.join(map(re.escape, text.split('[redacted]'))), re.S)
        for whole in [t for t in missing if shape.fullmatch(t)]:
            n = min(missing[whole], more[text])
            missing[whole] -= n
            more[text] -= n
    return +missing, +more


log, ledger = logged(sys.argv[1]), entered(sys.argv[2])
missing, more = told_masked(log - ledger, ledger - log)
print(sum(log.values()), 'ran by the log,', sum(ledger.values()), 'by the ledger')
for name, bag in (('only in the log', missing), ('only in the ledger', more)):
    for text, n in bag.most_common(8):
        print(f'{name}: {n} x {text[:120]!r}')
print('same' if not missing and sum(log.values()) else f'{sum(missing.values())} are not in the ledger')
