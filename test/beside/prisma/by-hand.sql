-- What Prisma's schema language does not know is written by hand into the file that Prisma made.
CREATE FUNCTION "shop"."open_orders"() RETURNS bigint LANGUAGE sql STABLE
  RETURN (SELECT count(*) FROM "shop"."orders" WHERE "state" = 'open');
CREATE VIEW "shop"."recent" AS SELECT "id", "customer_id" FROM "shop"."orders" ORDER BY "id" DESC;
CREATE OR REPLACE VIEW "shop"."recent" AS SELECT "id", "customer_id", "note" FROM "shop"."orders" ORDER BY "id" DESC;
