create or replace view shop.open_order as select order_id, name, placed_at, total from shop.open_order_v1;
