alter default privileges in schema shop revoke select on tables from shop_reporting;
revoke select (customer_id, name) on shop.customer from shop_reporting;
revoke select on shop.orders, shop.order_line, shop.product from shop_reporting;
revoke usage on schema shop from shop_reporting;
