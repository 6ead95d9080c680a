-- shop.sql: a small shop. Card numbers are valid under Luhn, nothing is anybody's.
set role shop_app;
create table customers (id int primary key, name text, email text, phone text, iban text);
create table orders (id int primary key, customer int references customers, total numeric, note text);
create table payments (id int primary key, "order" int references orders, card text, paid timestamptz);
insert into customers select i, 'Customer ' || i, 'c' || i || '@example.org',
	'+49 30 ' || (1000000 + i), 'DE89370400440532013000' from generate_series(1, 100) i;
insert into orders select i, i, i * 10, case when i % 10 = 0 then 'paid with 4111 1111 1111 1111' end
	from generate_series(1, 100) i;
insert into payments select i, i, '4111111111111111', now() from generate_series(1, 100) i;
create view revenue as select sum(total) from orders;
create view card_list as select id, card as c from payments;
