revoke all on shop.open_order from shop_app;
revoke all on shop.customer, shop.product, shop.orders, shop.order_line from shop_app;
revoke usage on schema shop from shop_app;
grant usage on schema shop to public;
grant all on all tables in schema shop to public;

revoke execute on function shop.order_total(bigint) from levelb_definer;
revoke select on shop.customer, shop.product, shop.orders, shop.order_line from levelb_definer;
revoke usage on schema shop from levelb_definer;

alter view shop.open_order owner to shop_app;
alter view shop.open_order_v2 owner to shop_app;
alter view shop.open_order_v1 owner to shop_app;
alter function shop.order_total(bigint) owner to shop_app;
alter table shop.order_line owner to shop_app;
alter table shop.orders owner to shop_app;
alter table shop.product owner to shop_app;
alter table shop.customer owner to shop_app;
alter schema shop owner to shop_app;
