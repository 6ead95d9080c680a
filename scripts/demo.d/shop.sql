-- shop.sql: the shop of the demo: 100,000 customers, orders and payments.
-- Nothing in it is anybody's. Card numbers and IBANs are made up, all different,
-- and right by their own check digits, so that detectors have something to find.
set role shop_app;

-- The digit that makes fifteen digits a card number (Luhn, ISO/IEC 7812-1 annex B):
-- counted from the right, every second digit is doubled, beginning with the last.
create function pg_temp.card(digits text) returns text language sql immutable as $$
	select digits || (10 - sum(case when at % 2 = 0 then d
		else d * 2 / 10 + d * 2 % 10 end) % 10) % 10
	from (select at, substr(digits, at, 1)::int as d from generate_series(1, 15) at) t
$$;

-- The two digits behind DE that make the whole 1 modulo 97 (ISO 13616, ISO 7064).
create function pg_temp.iban(account text) returns text language sql immutable as $$
	select 'DE' || lpad((98 - (account || '131400')::numeric % 97)::text, 2, '0') || account
$$;

create table customers (id int primary key, name text not null, email text not null,
	phone text not null, iban text not null);
create table orders (id int primary key, customer int not null references customers,
	total numeric(10, 2) not null, state text not null);
-- a payment outlives its order: the books keep it
create table payments (id int primary key, order_id int not null, card text not null,
	paid timestamptz not null);

insert into customers
select i, first || ' ' || last, lower(first || '.' || last) || i || '@example.org',
	'+49 30 ' || (2000000 + i * 71 % 7000000),
	pg_temp.iban('50010517' || (5400000000 + i::bigint * 7919)::text)
from generate_series(1, 100000) i,
	lateral (select (array['Ada', 'Ben', 'Cleo', 'Dan', 'Eva', 'Finn', 'Gina', 'Hugo'])[1 + i % 8] as first,
		(array['Adler', 'Brandt', 'Conrad', 'Dietz', 'Engel', 'Frank', 'Graf'])[1 + i % 7] as last) n;
insert into orders
select i, i, 5 + i * 37 % 50000 / 100.0, (array['open', 'paid', 'sent', 'returned'])[1 + i % 4]
from generate_series(1, 100000) i;
insert into payments
select i, i, pg_temp.card('4' || lpad((i::bigint * 99991 % 100000000000000)::text, 14, '0')),
	timestamptz '2026-01-01' + i * interval '3 minutes'
from generate_series(1, 100000) i;
create index on payments (order_id);
analyze customers, orders, payments;
