// Two schemas of two applications, with all kinds of objects that a protection takes over.
import { documentOfKind } from '../kinds/documents.ts'
import { type Json, type World, world } from '../world.ts'

export const protect = (schemas: Json[], more: Json = {}) => documentOfKind('protect', { schemas }, more)
export const full = (...names: string[]) => protect(names.map((name) => ({ name, level: 'full' })))

/** Two schemas of two owners that use each other, with all that runs with its owner's rights, and those who call it. */
export async function shop(): Promise<World> {
  const w = await world()
  const r = w.role
  await Promise.all(['boss', 'writer', 'tenant', 'viewer', 'member', 'nobody'].map((name) => w.urlOf(name)))
  await w.sql.unsafe(`
    grant create on database ${w.name} to levelb_deploy;
    drop schema shop cascade;
    grant ${r('boss')}, ${r('viewer')} to levelb_deploy;
    grant ${r('app')} to ${r('member')};
    create schema shop authorization ${r('app')};
    create schema lib authorization ${r('boss')};
    grant usage on schema shop to ${r('reader')}, ${r('writer')}, ${r('tenant')};
    grant usage, create on schema shop to ${r('viewer')};
    grant usage on schema lib to public;
    grant usage, create on schema lib to ${r('app')} with grant option;
    set role ${r('boss')};
    create domain lib.cents as bigint check (value >= 0);
    revoke usage on type lib.cents from public;
    grant usage on type lib.cents to ${r('app')};
    create table lib.rate (name text primary key, percent int);
    grant select on lib.rate to ${r('app')} with grant option;
    create function lib.percent(text) returns int language sql security definer set search_path = pg_catalog, pg_temp
      begin atomic select rate.percent from lib.rate where rate.name = $1; end;
    create table lib.closed (x int);
    set role ${r('app')};
    create sequence shop.invoice;
    create type shop.span as range (subtype = int);
    create type shop.state as enum ('new', 'paid', 'sent');
    create table shop.customer (id bigint generated always as identity primary key, name text, card text);
    create table shop.orders (id bigserial primary key, customer bigint references shop.customer,
      invoice bigint default nextval('shop.invoice'), state shop.state default 'new', price lib.cents, changed timestamptz);
    create table shop.log (what text);
    create table shop.ledger (tenant text, amount int);
    alter table shop.ledger enable row level security, force row level security;
    create policy own on shop.ledger using (tenant = current_setting('app.tenant', true));
    create table shop.event (at int, what text) partition by range (at);
    create table shop.event_1 partition of shop.event for values from (0) to (10);
    create statistics shop.known on customer, invoice from shop.orders;
    create function shop.stamp() returns trigger language plpgsql as
      $$ begin new.changed := now(); insert into shop.log values (tg_op); return new; end $$;
    create trigger stamp before insert or update on shop.orders for each row execute function shop.stamp();
    create function shop.noted() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as
      $$ begin insert into shop.log values ('customer'); return new; end $$;
    create trigger noted before insert on shop.customer for each row execute function shop.noted();
    create view shop.open_order as select id, customer, state from shop.orders where state <> 'sent';
    create view shop.balance as select tenant, sum(amount) as total from shop.ledger group by tenant;
    create view shop.rates with (security_invoker) as select * from lib.rate;
    create view shop.through as select * from shop.rates;
    create materialized view shop.totals as select customer, count(*) from shop.orders group by customer;
    create function shop.price(bigint) returns lib.cents language plpgsql as $$ begin return $1 * 100; end $$;
    revoke execute on function shop.price from public;
    create function shop.place(who bigint, price bigint) returns bigint language plpgsql security definer
      set search_path = pg_catalog, pg_temp as
      $$ declare v bigint; begin insert into shop.orders (customer, price) values (who, shop.price(price)) returning id into v;
         return v + (select percent from lib.rate limit 1); end $$;
    create function shop.pay(id bigint) returns void language sql security definer set search_path = pg_catalog, pg_temp
      begin atomic update shop.orders o set state = 'paid' where o.id = pay.id; end;
    create procedure shop.tidy() language sql security definer begin atomic delete from shop.log; end;
    revoke execute on procedure shop.tidy from public;
    create aggregate shop.most(int) (sfunc = int4larger, stype = int);
    grant select on shop.open_order, shop.balance, shop.through, shop.totals to ${r('reader')};
    grant select (id, state), update (state) on shop.orders to ${r('writer')};
    grant update on shop.open_order to ${r('writer')};
    grant select, insert on shop.ledger to ${r('tenant')};
    grant select (id, name) on shop.customer to ${r('viewer')};
    revoke truncate, delete on shop.customer from ${r('app')};
    set role ${r('viewer')};
    create view shop.names as select id, name from shop.customer;
    grant select on shop.names to ${r('reader')};
    reset role;
    insert into lib.rate values ('vat', 20);
    set role ${r('app')};
    insert into shop.customer (name, card) values ('Ada', '4111'), ('Ben', '4222');
    insert into shop.orders (customer, price) values (1, 5), (2, 6);
    set app.tenant = 'a';
    insert into shop.ledger values ('a', 1), ('a', 2);
    set app.tenant = 'b';
    insert into shop.ledger values ('b', 4);
    refresh materialized view shop.totals;
    reset app.tenant;
    reset role`)
  // bootstrap knew none of it
  await w.sql`select levelb.rebind('the schemas are there')`
  return w
}
