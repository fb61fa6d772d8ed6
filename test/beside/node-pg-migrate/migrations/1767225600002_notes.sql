-- Up Migration
alter table shop.orders add note text;
alter table shop.orders alter total type numeric(12, 2);
alter table shop.customers rename name to full_name;
create or replace view shop.recent as select id, customer_id, note from shop.orders order by id desc;

-- Down Migration
drop view shop.recent;
create view shop.recent as select id, customer_id from shop.orders order by id desc;
alter table shop.customers rename full_name to name;
alter table shop.orders alter total type numeric;
alter table shop.orders drop note;
