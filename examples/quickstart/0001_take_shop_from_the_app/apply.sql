alter schema shop owner to levelb_deploy;
alter table shop.customer owner to levelb_deploy;
alter table shop.product owner to levelb_deploy;
alter table shop.orders owner to levelb_deploy;
alter table shop.order_line owner to levelb_deploy;
alter function shop.order_total(bigint) owner to levelb_deploy;

-- A view reads with its owner's rights: it gets an owner that can read these tables and do nothing else.
grant usage, create on schema shop to levelb_definer;
alter view shop.open_order_v1 owner to levelb_definer;
alter view shop.open_order_v2 owner to levelb_definer;
alter view shop.open_order owner to levelb_definer;
revoke create on schema shop from levelb_definer;
grant select on shop.customer, shop.product, shop.orders, shop.order_line to levelb_definer;
grant execute on function shop.order_total(bigint) to levelb_definer;

-- What the application does is read and write rows.
revoke all on all tables in schema shop from public;
revoke all on schema shop from public;
grant usage on schema shop to shop_app;
grant select, insert, update, delete on shop.customer, shop.product, shop.orders, shop.order_line to shop_app;
grant select on shop.open_order to shop_app;
