grant usage on schema shop to shop_reporting;
grant select on shop.orders, shop.order_line, shop.product to shop_reporting;
grant select (customer_id, name) on shop.customer to shop_reporting;
-- what the channel makes from now on
alter default privileges in schema shop grant select on tables to shop_reporting;
