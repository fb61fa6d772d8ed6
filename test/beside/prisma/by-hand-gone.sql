DROP VIEW "shop"."recent";
DROP FUNCTION "shop"."open_orders"();
