// A database that governs the roles and whose drift is looked at: everything that can drift is there once.
import { expect } from 'vitest'
import { pastGuard } from '../past-guard.ts'
import { type Json, type Row, type World, world } from '../world.ts'

export type Watched = World & {
  /** SQL with {name} for the role that this test calls so, as superuser and past the channel and its guard. */
  past(text: string): Promise<void>
  /** What levelb.drift() says, a line each, with names as in the text; `expected` ones end so. */
  drift(full?: boolean): Promise<string[]>
  /** Rows of levelb.drift() as they come. */
  findings(full?: boolean): Promise<Row[]>
}

/** Schema shop belongs to levelb_deploy with all in it; schema other belongs to app. */
const setup = `
  create role {lent}; create role {r1}; create role {r2}; create role {r3}; create role {r4}; create role {r5}; create role {r6}; create role {r7}; create role {r8}; create role {r9};  create role {vault_one} login;
  create extension citext; create extension hstore;
  revoke execute on function pg_catalog.pg_sleep(float8) from public;
  grant execute on function pg_catalog.pg_ls_dir(text) to {reader};
  alter schema shop owner to levelb_deploy;
  alter table shop.orders owner to levelb_deploy; alter table shop.items owner to levelb_deploy;
  alter view shop.recent owner to levelb_definer; alter sequence shop.tickets owner to levelb_deploy;
  alter function shop.total(int) owner to levelb_definer; alter function shop.total(int) security definer;
  alter table shop.orders enable row level security;
  create policy mine on shop.orders to {reader} using (customer = current_user);
  create function shop.stamp() returns trigger language plpgsql as 'begin return new; end';
  alter function shop.stamp() owner to levelb_deploy;
  create trigger stamp before insert on shop.orders for each row execute function shop.stamp();
  create rule quiet as on delete to shop.items do instead nothing;
  create type shop.mood as enum ('calm', 'busy'); alter type shop.mood owner to levelb_deploy;
  create domain shop.amount as int check (value > 0); alter domain shop.amount owner to levelb_deploy;
  create index by_customer on shop.orders (customer);
  create table shop.parts (id int) partition by range (id); alter table shop.parts owner to levelb_deploy;
  create table shop.parts_one partition of shop.parts for values from (0) to (10); alter table shop.parts_one owner to levelb_deploy;
  create table shop.free (id int); alter table shop.free owner to levelb_deploy;
  create table shop.spare (id int); alter table shop.spare owner to levelb_deploy;
  create table shop.theirs (id int); alter table shop.theirs owner to {app};
  create schema other authorization {app};
  create table other.notes (id int primary key, body text); alter table other.notes owner to {app};
  insert into other.notes values (1, 'one');
  create function other.lends() returns int language sql security definer as 'select 1'; alter function other.lends() owner to {app};
  create function other.plain() returns int language sql as 'select 1'; alter function other.plain() owner to {app};
  create function other.watches() returns event_trigger language plpgsql as 'begin end';
  create event trigger {watch} on ddl_command_end execute function other.watches(); alter event trigger {watch} disable;
  create function other.as_text(shop.mood) returns int language sql immutable as 'select 1';
  create cast (shop.mood as int) with function other.as_text(shop.mood);
  create function other.fires() returns trigger language plpgsql as 'begin return new; end'; alter function other.fires() owner to {app};
  create trigger fires before insert on shop.theirs for each row execute function other.fires();
  create function other.alike(int, int) returns boolean language sql as 'select true'; alter function other.alike(int, int) owner to {app};
  create operator shop.=~= (leftarg = int, rightarg = int, function = other.alike);
  create function other.inner_one() returns int language sql as 'select 1';
  create function other.outer_one() returns int language sql begin atomic select other.inner_one(); end;
  create view shop.counted as select other.outer_one() as n;
  create foreign data wrapper {wrapper}; create server {away} foreign data wrapper {wrapper} options (host 'one');
  create user mapping for {reader} server {away} options (password 'secret');
  create publication {feed} for table shop.items;
  select lo_create(4242); alter large object 4242 owner to levelb_deploy; grant select on large object 4242 to levelb_deploy;
  alter default privileges for role levelb_deploy in schema shop grant select on tables to {reader};
  grant select (card) on shop.orders to {reader}; grant select on shop.items to {reader};
  alter role {reader} set work_mem = '4MB';
  do $$ begin execute format('alter database %I set statement_timeout = %L', current_database(), '1h'); end $$;
  grant {lent} to {reader};`

/** A bootstrapped world with all this, whose baseline is what it is now. */
export async function watched(policy: Json = {}): Promise<Watched> {
  return watching(await world({ policy: { cluster: 'govern', drift: 'record', ...policy } }), setup)
}

async function watching(w: World, prepared: string): Promise<Watched> {
  const suffix = w.role('')
  // its name ends like those of the roles
  const database = w.name.replace(suffix, '')
  const told = (text: string) =>
    text
      .replaceAll(suffix, '')
      .replaceAll(database, 'DATABASE')
      .replace(/(RI_ConstraintTrigger_[ac]_|origin pg_|unknown role )\d+/g, '$1N')
  const self: Watched = {
    ...w,
    past: async (text) => {
      await pastGuard(
        w.sql,
        text.replace(/\{(\w+)\}/g, (_, name: string) => w.role(name)),
      )
    },
    async findings(full = false) {
      const aud = await w.as('aud')
      return (await aud`select * from levelb.drift(${full})`) as unknown as Row[]
    },
    async drift(full = false) {
      return (await self.findings(full)).map((row) => told(lineOf(row)))
    },
  }
  await self.past(prepared)
  await w.sql`select levelb.rebind('the set-up of the test')`
  expect(await self.drift(true)).toEqual([])
  return self
}

function lineOf(row: Row): string {
  const { object_type, identity, attribute, before, after, expected } = row
  return `${row.class}: ${object_type} ${identity}: ${attribute}: ${before ?? '-'} → ${after ?? '-'}${expected ? ' (expected)' : ''}`
}

/** A world whose schema shop belongs to levelb_deploy, without roles to govern: several may be there at once. */
export async function protectedWorld(policy: Json = {}): Promise<Watched> {
  return watching(
    await world({ policy }),
    `alter schema shop owner to levelb_deploy;
     alter table shop.orders owner to levelb_deploy; alter table shop.items owner to levelb_deploy;
     create table shop.spare (); alter table shop.spare owner to levelb_deploy;
     create schema other authorization {app}; grant create on schema other to levelb_deploy;
     create table other.notes (id int primary key, body text); alter table other.notes owner to {app};`,
  )
}
