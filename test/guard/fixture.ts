// Two protected schemas and one that is not: vault at level full, app at level privileged with migrator tool, free.
import { asChannelFunction } from '../as-channel.ts'
import type { Client } from '../client.ts'
import { pastGuard } from '../past-guard.ts'
import { type Json, type World, world } from '../world.ts'

export type Guarded = World & {
  /** SQL with {name} for the role that this test calls so. */
  text(sql: string): string
  /** Runs SQL as the verbs of levelb do. */
  channel(sql: string): Promise<void>
  /** What a statement of `by` comes to, undone in any case: `passes`, or the SQLSTATE. `before` runs in its transaction. */
  attempt(by: Client, sql: string, before?: string): Promise<string>
  /** DETAIL and HINT with which it is refused. */
  refusal(by: Client, sql: string): Promise<{ code: string; detail: Json; hint: string }>
}

const setup = `
  create role {second}; create role {other};
  create schema vault authorization levelb_deploy;
  set role levelb_deploy;
  create table vault.t (id int primary key, secret text);
  create table vault.parts (id int) partition by range (id);
  create view vault.v as select id from vault.t;
  create materialized view vault.m as select id from vault.t;
  create function vault.f() returns int language sql as 'select 1';
  create function vault.fires() returns trigger language plpgsql as 'begin return new; end';
  create procedure vault.p() language sql as 'select 1';
  create type vault.mood as enum ('calm');
  create sequence vault.s;
  create trigger fires before insert on vault.t for each row execute function vault.fires();
  create policy mine on vault.t using (true);
  grant usage on schema vault to {other}; grant select on vault.t to {other};
  reset role;
  create schema app authorization {tool};
  set role {tool};
  create table app.t (id int primary key, name text);
  create view app.v as select id from app.t;
  create function app.f() returns int language sql as 'select 1';
  create function app.fires() returns trigger language plpgsql as 'begin return new; end';
  create function app.lends() returns int language sql security definer as 'select 1';
  create trigger fires before insert on app.t for each row execute function app.fires();
  create table app.rows (id int); alter table app.rows enable row level security;
  create policy mine on app.rows using (true);
  create type app.mood as enum ('calm');
  create aggregate app.most(int) (sfunc = int4larger, stype = int);
  create sequence app.s;
  grant select on app.t to {other};
  reset role;
  create schema free authorization {tool};
  create table free.t (id int primary key); alter table free.t owner to {tool};
  create table free.old (id int references app.t); alter table free.old owner to {tool};
  create table free.keeps (id int references vault.t); alter table free.keeps owner to {tool};
  create type free.pair as (a int); alter type free.pair owner to {tool};
  create function free.f() returns int language sql as 'select 1'; alter function free.f() owner to {tool};
  create function free.definer(text text) returns void language plpgsql security definer as 'begin execute text; end';
  alter function free.definer(text) owner to {tool};
  grant usage on schema free to public; grant execute on function free.definer(text) to public;
  create table free.log (id int); grant insert on free.log to public;
  create function free.seen() returns int language plpgsql volatile as 'begin insert into free.log values (1); return 1; end';
  grant create on schema app to {second}; grant {second} to {tool}; grant {tool} to {dbo}; grant create on database DATABASE to {tool}; alter database DATABASE owner to {dbo};`

export async function guarded(policy: Json = {}): Promise<Guarded> {
  const w = await world({ policy })
  await Promise.all(['dbo', 'tool'].map((name) => w.urlOf(name)))
  const text = (sql: string) =>
    sql.replaceAll('DATABASE', w.name).replace(/\{(\w+)\}/g, (_, name: string) => w.role(name))
  await pastGuard(w.sql, `${asChannelFunction}; ${text(setup)}`)
  const self: Guarded = {
    ...w,
    text,
    async channel(sql) {
      await w.sql`select public.as_channel(${text(sql)})`
    },
    async attempt(by, sql, before = '') {
      await by.unsafe(`begin; ${text(before)}`)
      const found = await by.unsafe(text(sql)).then(
        () => 'passes',
        (error: { code: string }) => error.code,
      )
      await by.unsafe('rollback')
      return found
    },
    async refusal(by, sql) {
      const error = await by.unsafe(text(sql)).then(
        () => undefined,
        (reason: { code: string; detail?: string; hint?: string }) => reason,
      )
      if (error === undefined) throw new Error(`it was not refused: ${sql}`)
      if (error.code !== 'LB211') throw error
      return { code: error.code, detail: JSON.parse(error.detail ?? '{}') as Json, hint: error.hint ?? '' }
    },
  }
  await protect(self)
  return self
}

/** What carrying out a migration of kind protect writes; the watch follows the schemas from then on. */
async function protect(g: Guarded): Promise<void> {
  await g.channel(`
    insert into levelb.protection (schema_name, version, level, migrators, repoint, activation_id, at)
      values ('vault', 1, 'full', '{}', false, 0, now()), ('app', 1, 'privileged', array['{tool}'], false, 0, now());
    select levelb._bind_protection();
    insert into levelb._baseline
      select b.* from unnest(levelb._named_parts(array(
          select s from levelb._states(array(select m from levelb._marks(null, false) m)) s))) n,
        levelb._baseline_row(row(n.*)::levelb._state_row) b
       where n.schema in ('app', 'vault') on conflict do nothing`)
}
