-- The views read with the rights of levelb_definer, the application with its own: both had them through PUBLIC too.
grant usage on schema shop to levelb_definer, shop_app;
grant select on shop.customer, shop.product, shop.orders, shop.order_line to levelb_definer;
grant select, insert, update, delete on shop.customer, shop.product, shop.orders, shop.order_line to shop_app;
grant select on shop.open_order to shop_app;
revoke all on all tables in schema shop from public;
revoke all on schema shop from public;
