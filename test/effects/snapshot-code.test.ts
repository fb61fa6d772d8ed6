// rollback_snapshot gives functions, views, types, schemas and their names back, with psql alone: levelb is gone by then.
import { beforeAll, expect, test } from 'vitest'
import { type Studio, studio } from './snapshot.ts'

let s: Studio
beforeAll(async () => {
  s = await studio(objects)
})

const objects = `
  create schema S;
  grant usage on schema S to levelb_deploy, levelb_definer; grant create on schema S to levelb_definer;
  create type S.status as enum ('new', 'paid');
  create type S.pair as (a int, "B b" text collate "C");
  create domain S.mail as text not null default 'x' check (value <> '');
  create domain S.bare as text; create function S.word() returns text language sql as $f$ select 'w' $f$;
  create domain S.called as text default S.word();
  create table S.orders (id int primary key, customer text, state S.status);
  create table S.orders_v2 (id int, customer text, total numeric);
  create view S.inv with (security_invoker = true, security_barrier = true) as select id from S.orders;
  grant select on S.inv to reader! with grant option; grant update (id) on S.inv to reader!;
  comment on view S.inv is 'mine'; comment on column S.inv.id is 'number';
  create view S.plain as select id, customer from S.orders;
  create view S.over as select p.id from S.plain p join S.inv using (id);
  create materialized view S.m with (fillfactor = 70) as select count(*) as n from S.orders; grant select on S.m to reader!;
  create function S.f(a int) returns int language sql security definer set search_path = S set work_mem = '1MB' as 'select 1';
  grant execute on function S.f(int) to reader!; revoke execute on function S.f(int) from public; comment on function S.f(int) is 'eff';
  create function S.atomic(a int) returns bigint language sql begin atomic select case when a > 1 then count(*) else 0 end from S.plain; end;
  create function S.named(a int, b text default 'x') returns S.status language sql immutable cost 7 as $x$ select 'new'::text::S.status $x$;
  create procedure S.p(inout a int) language sql as 'select a'`

const whole: [string, string][] = [
  ['a view replaced', 'create or replace view S.inv as select id from S.orders where id > 2'],
  [
    'a view made again with other columns',
    'drop view S.over; drop view S.inv; create view S.inv as select id, customer from S.orders',
  ],
  [
    'a view that got a column',
    'create or replace view S.over as select p.id, 1 as more from S.plain p join S.inv using (id)',
  ],
  [
    'a view that got a column, with its grants and comments',
    'drop view S.over; create or replace view S.inv as select id, customer from S.orders',
  ],
  ['views dropped', 'drop view S.over, S.inv'],
  [
    'views made, one over another',
    'create view S.a as select 1 as x; create view S.b as select x from S.a; grant select on S.a to reader!',
  ],
  [
    'a view over a view that is made later',
    'create view S.z as select 1 as x; create or replace view S.over as select x as id from S.z',
  ],
  ['options of a view', 'alter view S.inv reset (security_invoker); alter view S.inv set (check_option = local)'],
  ['a column of a view renamed', 'alter view S.inv rename column id to nr'],
  ['a default of a view', 'alter view S.inv alter column id set default 3'],
  ['a materialized view made', 'create materialized view S.mm as select 1 as a with no data'],
  ['a function replaced', "create or replace function S.f(a int) returns int language sql as 'select 2'"],
  [
    'a function made again with another result',
    "drop function S.f(int); create function S.f(a int) returns text language sql as 'select 2::text'",
  ],
  [
    'functions dropped',
    'drop function S.f(int); drop function S.atomic(int); drop function S.named(int, text); drop procedure S.p(int)',
  ],
  [
    'a function altered',
    'alter function S.atomic(int) immutable parallel safe strict cost 8 set search_path = pg_catalog; alter function S.f(int) reset all',
  ],
  [
    'a function that got a default and names',
    "create or replace function S.f(a int default 4) returns int language sql as 'select a'",
  ],
  [
    'functions made',
    "create function S.f(a S.status[]) returns int language sql as 'select 1'; create procedure S.q() language sql as 'select 1'",
  ],
  [
    'a parsed body over a view that is made again',
    'drop function S.atomic(int); drop view S.over; drop view S.plain; create view S.plain as select 1 as id; create view S.over as select id from S.plain',
  ],
  [
    'two tables swapped',
    'alter table S.orders rename to aside; alter table S.orders_v2 rename to orders; alter table S.aside rename to orders_v2',
  ],
  [
    'swapped tables under a view that is replaced',
    'alter table S.orders rename to old; alter table S.orders_v2 rename to orders; create or replace view S.inv as select id from S.orders',
  ],
  [
    'two columns swapped',
    'alter table S.orders_v2 rename column id to x; alter table S.orders_v2 rename column customer to id; alter table S.orders_v2 rename column x to customer',
  ],
  [
    'two functions swapped',
    'alter function S.f(int) rename to x; alter function S.atomic(int) rename to f; alter function S.x(int) rename to atomic',
  ],
  [
    'a function renamed with a successor under its name',
    "alter function S.f(int) rename to old; create function S.f(a int) returns int language sql as 'select 3'",
  ],
  ['a type renamed that functions use', 'alter type S.status rename to kind; alter function S.named(int, text) cost 9'],
  [
    'a type renamed with a successor under its name',
    "alter type S.status rename to old; create type S.status as enum ('x')",
  ],
  ['a type attribute renamed', 'alter type S.pair rename attribute a to z'],
  [
    'objects moved into a new schema',
    'create schema S_more; alter table S.orders_v2 set schema S_more; alter view S.inv set schema S_more; alter function S.f(int) set schema S_more; alter type S.mail set schema S_more; alter function S_more.f(int) rename to g',
  ],
  [
    'a schema renamed with a successor under its name',
    "alter schema S rename to S_old; create schema S; create view S.inv as select 1 as a; create function S.f() returns int language sql as 'select 1'; create or replace view S_old.over as select 1 as id",
  ],
  [
    'types made',
    "create type S.e as enum ('a'); create type S.c as (a S.e); create domain S.d as S.e; create function S.g(S.c) returns S.d language sql as 'select null::S.d'",
  ],
  ['types dropped', 'drop function S.named(int, text); drop type S.pair; drop domain S.mail'],
  [
    'labels swapped',
    "alter type S.status rename value 'new' to 'x'; alter type S.status rename value 'paid' to 'new'; alter type S.status rename value 'x' to 'paid'",
  ],
  ['a default given to a domain that had none', "alter domain S.bare set default 'y'"],
  ['a default of a domain that calls a function', 'alter domain S.called drop default'],
  ['domains with such defaults dropped', 'drop domain S.bare, S.called'],
  [
    'a domain altered',
    "alter domain S.mail drop not null; alter domain S.mail set default 'y'; alter domain S.mail drop constraint mail_check; alter domain S.mail add constraint other check (value <> 'z')",
  ],
  [
    'comments',
    "comment on view S.inv is null; comment on column S.orders.id is 'x'; comment on function S.f(int) is 'other'; comment on type S.pair is 'p'; comment on constraint mail_check on domain S.mail is 'c'; comment on constraint orders_pkey on S.orders is 'k'",
  ],
  [
    'a comment on what is renamed',
    "alter view S.inv rename to vni; comment on view S.vni is 'x'; grant select on S.vni to public",
  ],
]

test.each(whole)('%s: all of it comes back', async (_, text) => {
  expect(await s.thereAndBack(text)).not.toContain('not restored')
})
