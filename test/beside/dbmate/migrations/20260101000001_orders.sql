-- migrate:up
create type shop.order_state as enum ('open', 'paid');
create table shop.customers (id bigserial primary key, name text not null);
create table shop.orders (
  id bigserial primary key,
  customer_id bigint not null references shop.customers,
  state shop.order_state not null default 'open',
  total numeric not null check (total >= 0)
);
create index orders_customer on shop.orders (customer_id);
create function shop.open_orders() returns bigint language sql stable
  return (select count(*) from shop.orders where state = 'open');
create view shop.recent as select id, customer_id from shop.orders order by id desc limit 10;

-- migrate:down
drop view shop.recent;
drop function shop.open_orders();
drop table shop.orders, shop.customers;
drop type shop.order_state;
