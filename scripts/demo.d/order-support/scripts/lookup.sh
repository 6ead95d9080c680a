#!/bin/sh
# lookup.sh ORDER: the order, whose it is, and how it was paid.
set -eu
exec psql -X -q -x -h db.shop.example -d shop -v ON_ERROR_STOP=1 -v order="$1" <<'SQL'
SELECT o.id, o.state, o.total, c.name, c.email, c.phone, c.iban, p.card
  FROM orders o
  JOIN customers c ON c.id = o.customer
  JOIN payments p ON p.order_id = o.id
 WHERE o.id = :'order';
SQL
