grant usage on schema shop to public;
grant all on all tables in schema shop to public;
revoke select on shop.open_order from shop_app;
revoke select, insert, update, delete on shop.customer, shop.product, shop.orders, shop.order_line from shop_app;
revoke select on shop.customer, shop.product, shop.orders, shop.order_line from levelb_definer;
revoke usage on schema shop from levelb_definer, shop_app;
