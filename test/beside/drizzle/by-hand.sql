CREATE FUNCTION "shop"."open_orders"() RETURNS bigint LANGUAGE sql STABLE
  RETURN (SELECT count(*) FROM "shop"."orders" WHERE "state" = 'open');
