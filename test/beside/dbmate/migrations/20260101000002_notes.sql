-- migrate:up
alter type shop.order_state add value 'shipped';
alter table shop.orders add note text, alter total type numeric(12, 2);
alter table shop.customers rename name to full_name;
create or replace view shop.recent as select id, customer_id, note from shop.orders order by id desc limit 10;

-- migrate:down
-- PostgreSQL takes no value out of an enum.
drop view shop.recent;
create view shop.recent as select id, customer_id from shop.orders order by id desc limit 10;
alter table shop.customers rename full_name to name;
alter table shop.orders drop note, alter total type numeric;
