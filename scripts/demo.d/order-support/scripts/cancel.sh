#!/bin/sh
# cancel.sh ORDER: take one order out of the shop.
set -eu
exec psql -X -h db.shop.example -d shop -v ON_ERROR_STOP=1 -v order="$1" <<'SQL'
DELETE FROM orders WHERE id = :'order';
SQL
