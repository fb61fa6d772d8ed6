-- A small web shop, as many are found: the application's login owns everything, so whoever has its password can drop,
-- grant and replace anything.
create schema shop authorization shop_app;
set role shop_app;
create table shop.customer (
  customer_id  bigint generated always as identity primary key,
  name         text not null,
  email        text not null unique,
  card_token   text not null
);
create table shop.product (
  product_id   bigint generated always as identity primary key,
  title        text not null,
  price        numeric(12, 2) not null check (price >= 0)
);
create table shop.orders (
  order_id     bigint generated always as identity primary key,
  customer_id  bigint not null references shop.customer,
  placed_at    timestamptz not null default now(),
  status       text not null default 'new' check (status in ('new', 'paid', 'sent'))
);
create table shop.order_line (
  order_id     bigint not null references shop.orders,
  product_id   bigint not null references shop.product,
  quantity     integer not null check (quantity > 0),
  primary key (order_id, product_id)
);
create function shop.order_total(order_id bigint) returns numeric
  language sql stable
  return (select sum(l.quantity * p.price) from shop.order_line l join shop.product p using (product_id)
           where l.order_id = order_total.order_id);
-- Everybody reads shop.open_order; what is behind it has versions.
create view shop.open_order_v1 as
  select o.order_id, c.name, o.placed_at, shop.order_total(o.order_id) as total
    from shop.orders o join shop.customer c using (customer_id) where o.status <> 'sent';
create view shop.open_order_v2 as
  select o.order_id, c.name, o.placed_at, shop.order_total(o.order_id) as total
    from shop.orders o join shop.customer c using (customer_id) where o.status = 'paid';
create view shop.open_order as select order_id, name, placed_at, total from shop.open_order_v1;
-- somebody was in a hurry once
grant all on all tables in schema shop to public;
grant usage on schema shop to public;

insert into shop.customer (name, email, card_token) values
  ('Ada Lovelace', 'ada@example.org', 'tok_4111'), ('Charles Babbage', 'charles@example.org', 'tok_4222'),
  ('Mary Somerville', 'mary@example.org', 'tok_4333');
insert into shop.product (title, price) values ('Punched cards, 1000', 12.50), ('Brass gear', 3.20), ('Tabulator', 950);
insert into shop.orders (customer_id, status) values (1, 'paid'), (2, 'new'), (1, 'sent');
insert into shop.order_line values (1, 1, 2), (1, 2, 10), (2, 3, 1), (3, 1, 1);
reset role;
