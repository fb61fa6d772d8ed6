// Of every rule one text in which it finds something, and one that is much the same in which it does not.

export interface Example {
  /** Texts of a step; `apply` alone where it is a string. */
  finds: string | { apply: string; rollback?: string; verify?: string }
  object: string
  not: string | { apply: string; rollback?: string; verify?: string }
  /** The channel refuses the text at once, so that only an attended migration can hold it. */
  attended?: true
}

const body = `language sql as 'select 1'`
const definer = `security definer set search_path = shop, pg_temp ${body}`

export const examples: Record<string, Example> = {
  'P1-grant-to-public': {
    finds: 'grant select on shop.orders to public',
    object: 'shop.orders',
    not: {
      apply: 'grant select on shop.orders to reader; revoke select on shop.orders from public',
      rollback: 'grant select on shop.orders to public; revoke select on shop.orders from reader',
    },
  },
  'P2-right-to-grant-on': {
    finds: 'grant select on shop.orders to reader with grant option',
    object: 'shop.orders',
    not: 'grant select on shop.orders to reader; revoke grant option for select on shop.orders from reader',
  },
  'P3-predefined-role': {
    finds: 'grant pg_monitor to x',
    object: 'pg_monitor',
    not: 'grant monitor to x',
    attended: true,
  },
  'P4-strong-role': {
    finds: 'alter role bob bypassrls',
    object: 'bob',
    not: 'alter role bob nobypassrls; create role app nologin',
    attended: true,
  },
  'P5-password-in-text': {
    finds: `create role app password '%s'`,
    object: 'app',
    not: 'create role app; alter role app password null',
    attended: true,
  },
  'P6-owner-elsewhere': {
    finds: 'alter function shop.total(int) owner to bob',
    object: 'shop.total',
    not: {
      apply: 'alter table shop.orders owner to levelb_deploy; alter function shop.total(int) owner to levelb_definer',
      rollback: 'alter table shop.orders owner to app',
    },
  },
  'P7-everything-of-a-role': {
    finds: 'reassign owned by app to levelb_deploy',
    object: 'app',
    not: 'alter table shop.orders owner to levelb_deploy',
  },
  'P8-definer-search-path': {
    finds: `create function shop.f() returns int security definer set search_path = '' ${body}`,
    object: 'shop.f',
    not: `create function shop.f() returns int ${definer}; create function shop.g() returns int ${body}`,
  },
  'P9-definer-for-public': {
    finds: `create function shop.f() returns int ${definer}`,
    object: 'shop.f',
    not: `create function shop.f() returns int ${definer}; revoke execute on function shop.f() from public`,
  },
  'P10-default-privileges-to-public': {
    finds: 'alter default privileges in schema shop grant select on tables to public',
    object: 'shop',
    not: 'alter default privileges in schema shop grant select on tables to reader',
  },
  'P10-default-revoke-without-effect': {
    finds: 'alter default privileges in schema shop revoke execute on functions from public',
    object: 'shop',
    not: 'alter default privileges revoke execute on functions from public',
  },
  'P10-revoke-without-effect': {
    finds: 'revoke create on schema public from public',
    object: 'public',
    not: 'revoke all on schema public from public; revoke create on schema shop from public',
  },
  'P11-extension-not-trusted': {
    finds: `create extension dblink schema shop version '1.2'`,
    object: 'dblink',
    not: `create extension citext schema shop version '1.6'`,
  },
  'P11-extension-version': {
    finds: 'create extension citext schema shop',
    object: 'citext',
    not: `create extension citext schema shop version '1.6'; alter extension hstore update to '1.8'`,
  },
  'P12-event-trigger': {
    finds: 'alter event trigger watch disable',
    object: 'watch',
    not: 'drop trigger watch on shop.orders',
  },
  'P12-trigger-disabled': {
    finds: 'alter table shop.orders disable trigger audit',
    object: 'shop.orders.audit',
    not: 'alter table shop.orders enable trigger audit',
  },
  'P12-replication-role': {
    finds: 'set local session_replication_role = replica',
    object: 'session_replication_role',
    not: `set local lock_timeout = '1s'`,
  },
  'P13-lasting-setting': {
    finds: 'alter database app set search_path = shop',
    object: 'app',
    not: 'set local search_path = shop',
  },
  'P14-row-security-off': {
    finds: 'alter table shop.orders no force row level security',
    object: 'shop.orders',
    not: 'alter table shop.orders force row level security, enable row level security',
  },
  'P15-files-and-programs': {
    finds: `copy shop.orders to program 'cat'`,
    object: 'shop.orders',
    not: 'copy shop.orders to stdout',
    attended: true,
  },
  'P16-view-options-lost': {
    finds: 'create or replace view shop.recent as select 1 as one',
    object: 'shop.recent',
    not: 'create or replace view shop.recent with (security_invoker) as select 1 as one; create view shop.v as select 1 as one',
  },
  'P17-dynamic-sql': {
    finds: `create function shop.run(t text) returns void language plpgsql as $$ begin execute t; end $$`,
    object: 'shop.run',
    not: `do $$ begin perform shop.total(1); end $$`,
  },
  'P18-levelb-itself': {
    finds: 'update levelb.setting set value = 1 where false',
    object: 'levelb.setting',
    not: {
      apply: 'grant select on shop.orders to levelb_definer',
      verify: `select exists (select from levelb.status where state = 'activated')`,
    },
  },
  'P19-another-role': {
    finds: `select set_config('role', 'app', true)`,
    object: 'role',
    not: `select set_config('app.tenant', '1', true)`,
  },
  'P20-labels-and-replication': {
    finds: 'create publication feed for table shop.orders',
    object: 'feed',
    not: `comment on table shop.orders is 'x'`,
  },

  'index-not-concurrent': {
    finds: 'create index on shop.orders (id)',
    object: 'shop.orders',
    not: 'create table shop.n (id int); create index on shop.n (id)',
  },
  'drop-index-not-concurrent': {
    finds: 'drop index shop.by_day',
    object: 'shop.by_day',
    not: { apply: 'create index by_day on shop.orders (day)', rollback: 'drop index shop.by_day' },
  },
  'reindex-not-concurrent': {
    finds: 'reindex table shop.orders',
    object: 'shop.orders',
    not: 'analyze shop.orders',
  },
  'detach-partition-not-concurrent': {
    finds: 'alter table shop.events detach partition shop.events_2025',
    object: 'shop.events',
    not: 'alter table shop.events attach partition shop.events_2027 for values in (2027)',
  },
  'constraint-missing-not-valid': {
    finds: 'alter table shop.orders add constraint c check (total > 0)',
    object: 'shop.orders',
    not: 'alter table shop.orders add constraint c check (total > 0) not valid',
  },
  'validate-in-same-transaction': {
    finds:
      'alter table shop.orders add constraint c check (total > 0) not valid; alter table shop.orders validate constraint c',
    object: 'shop.orders',
    not: 'alter table shop.orders validate constraint c',
  },
  'add-foreign-key': {
    finds: 'create table shop.items (orders_id bigint references shop.orders)',
    object: 'shop.orders',
    not: 'create table shop.a (id int primary key); create table shop.b (id int references shop.a)',
  },
  'set-not-null': {
    finds: 'alter table shop.orders alter total set not null',
    object: 'shop.orders.total',
    not: 'alter table shop.orders add constraint t check (total is not null) not valid',
  },
  'add-required-column': {
    finds: 'alter table shop.orders add note text not null',
    object: 'shop.orders.note',
    not: `alter table shop.orders add note text not null default ''`,
  },
  'volatile-default': {
    finds: 'alter table shop.orders add ref uuid default gen_random_uuid()',
    object: 'shop.orders.ref',
    not: 'alter table shop.orders add at timestamptz default now()',
  },
  'stored-generated-or-serial': {
    finds: 'alter table shop.orders add n bigserial',
    object: 'shop.orders.n',
    not: 'alter table shop.orders add n bigint, add v int generated always as (1) virtual',
  },
  'column-type-change': {
    finds: 'alter table shop.orders alter id type bigint',
    object: 'shop.orders.id',
    not: 'create table shop.n (id int); alter table shop.n alter id type bigint',
  },
  'table-rewrite': {
    finds: 'alter table shop.orders set unlogged',
    object: 'shop.orders',
    not: 'alter table shop.orders set (fillfactor = 70)',
  },
  'statements-after-access-exclusive': {
    finds: 'alter table shop.orders add note text; update shop.items set n = 1 where n is null',
    object: 'shop.orders',
    not: 'update shop.items set n = 1 where n is null; alter table shop.orders add note text; grant select on shop.orders to x',
  },
  'multiple-alter-table': {
    finds: 'alter table shop.orders alter id type bigint; alter table shop.orders alter total set not null',
    object: 'shop.orders',
    not: 'alter table shop.orders alter id type bigint, alter total set not null; alter table shop.items add note text',
  },
  'add-primary-key': {
    finds: 'alter table shop.orders add primary key (id)',
    object: 'shop.orders',
    not: 'alter table shop.orders add primary key using index orders_key',
  },
  'primary-key-using-index': {
    finds: 'alter table shop.orders add primary key using index orders_key',
    object: 'shop.orders',
    not: 'alter table shop.orders add unique using index orders_key',
  },
  'add-unique-constraint': {
    finds: 'alter table shop.orders add unique (customer)',
    object: 'shop.orders',
    not: 'alter table shop.orders add unique using index orders_customer_key',
  },
  'add-exclusion-constraint': {
    finds: 'alter table shop.stays add exclude using gist (span with &&)',
    object: 'shop.stays',
    not: 'create table shop.n (span int4range, exclude using gist (span with &&))',
  },
  'domain-with-constraint': {
    finds: `alter domain shop.email add check (value like '%@%')`,
    object: 'shop.email',
    not: `alter domain shop.email add check (value like '%@%') not valid; create domain shop.d as int check (value > 0)`,
  },
  'vacuum-full-or-cluster': {
    finds: 'cluster shop.orders using orders_pkey',
    object: 'shop.orders',
    not: 'analyze shop.orders',
  },

  'rename-column': {
    finds: 'alter table shop.orders rename customer to client',
    object: 'shop.orders.customer',
    not: {
      apply: 'alter table shop.orders rename customer to client; alter table shop.orders add customer text',
      rollback: 'alter table shop.orders drop customer; alter table shop.orders rename client to customer',
    },
  },
  'rename-table': {
    finds: 'alter table shop.orders rename to sales',
    object: 'shop.orders',
    not: 'alter table shop.orders rename to sales; create view shop.orders as select * from shop.sales',
  },
  'rename-schema': {
    finds: 'alter schema shop rename to store',
    object: 'shop',
    not: 'alter schema shop rename to old; create schema shop',
  },
  'rename-enum-value': {
    finds: `alter type shop.status rename value 'new' to 'fresh'`,
    object: 'shop.status',
    not: `alter type shop.status add value 'fresh' before 'new'`,
  },
  'drop-column': {
    finds: 'alter table shop.orders drop note',
    object: 'shop.orders.note',
    not: { apply: 'alter table shop.orders add note text', rollback: 'alter table shop.orders drop note' },
  },
  'drop-table': {
    finds: 'drop table shop.orders',
    object: 'shop.orders',
    not: { apply: 'create table shop.n (id int)', rollback: 'drop table shop.n' },
  },
  'drop-schema': {
    finds: 'drop schema shop',
    object: 'shop',
    not: { apply: 'create schema n', rollback: 'drop schema n' },
  },
  'drop-object': {
    finds: 'drop view shop.recent',
    object: 'shop.recent',
    not: 'drop view shop.recent; create view shop.recent as select 1 as one',
  },
  'drop-cascade': {
    finds: 'drop view shop.recent cascade',
    object: 'shop.recent',
    not: 'drop view shop.recent',
  },
  truncate: {
    finds: 'truncate shop.orders',
    object: 'shop.orders',
    not: 'create table shop.n (id int); truncate shop.n',
  },
  'truncate-cascade': {
    finds: 'truncate shop.orders cascade',
    object: 'shop.orders',
    not: 'truncate shop.orders, shop.items',
  },
  'write-without-where': {
    finds: 'with gone as (delete from shop.orders returning id) select count(*) from gone',
    object: 'shop.orders',
    not: 'update shop.orders set total = 0 where total is null',
  },
  'drop-not-null': {
    finds: 'alter table shop.orders alter total drop not null',
    object: 'shop.orders.total',
    not: 'alter table shop.orders alter total drop default',
  },
  'enum-created': {
    finds: `create type shop.colour as enum ('red')`,
    object: 'shop.colour',
    not: 'create type shop.pair as (a int, b int)',
  },
  'enum-value-without-order': {
    finds: `alter type shop.status add value 'void'`,
    object: 'shop.status',
    not: `alter type shop.status add value 'void' after 'paid'`,
  },
  'enum-value-used-at-once': {
    finds: `alter type shop.status add value 'void' after 'paid'; update shop.orders set status = 'void' where id = 1`,
    object: 'void',
    not: `create type shop.s as enum ('a'); alter type shop.s add value 'void' after 'a'; select 'void'::shop.s`,
  },
  'name-without-schema': {
    finds: 'select 1 from orders',
    object: 'orders',
    not: 'create temp table t (id int); with c as (select 1) select * from c, t, pg_class, shop.orders',
  },
  'not-analysed': {
    finds: 'do language plpython3u $$ x $$',
    object: 'apply of own',
    not: 'do $$ begin null; end $$',
  },
}
