-- Every shape the generator supports, as small as it can be.
create schema shop;

create domain shop.sku as text check (value ~ '^([a-z]{1,8}/)?[a-z0-9][a-z0-9_.-]*$');
comment on domain shop.sku is 'Name of a thing on sale.

Lower case, for instance tools/saw-2.';
create domain shop.digest as bytea check (octet_length(value) = 32);
comment on domain shop.digest is 'SHA-256, 32 bytes.';
create domain shop.state as text check (value in ('open', 'it''s sold'));
comment on domain shop.state is 'Where a sale stands.';
create domain shop.quantity as int4 check (value > 0 and value % 2 = 0);
comment on domain shop.quantity is 'Even pieces.';
create domain shop.short_sku as shop.sku check (length(value) < 9);
comment on domain shop.short_sku is 'A domain over a domain.';

create type shop.error_entry as (code text, name text, message text, hint text, retryable boolean);
comment on type shop.error_entry is 'One error.';
comment on column shop.error_entry.code is 'SQLSTATE.';
comment on column shop.error_entry.name is 'Name.';
comment on column shop.error_entry.message is 'Message.';
comment on column shop.error_entry.hint is 'Next step.';
comment on column shop.error_entry.retryable is 'Whether to try again.';
create function shop.errors() returns setof shop.error_entry language sql immutable
begin atomic
  select * from (values
    ('LB001', 'sold_out', 'sold out', 'Ask for another.', false),
    ('LB101', 'till_busy', 'till is busy', 'Try again.', true),
    ('LB204', 'not_paid', 'not paid', 'Pay */ first.', false)) e;
end;
comment on function shop.errors() is 'List the errors.';

create type shop.parcel as (
  words text, flag boolean, small int4, large int8, tx xid8, place pg_lsn, raw bytea, at timestamptz,
  label shop.sku, digest shop.digest, state shop.state, pieces shop.quantity, nick shop.short_sku,
  note jsonb, tags text[], skus shop.sku[], absent text
);
comment on type shop.parcel is 'One value of every type.';
comment on column shop.parcel.words is 'text';
comment on column shop.parcel.flag is 'boolean';
comment on column shop.parcel.small is 'int4';
comment on column shop.parcel.large is 'int8';
comment on column shop.parcel.tx is 'xid8';
comment on column shop.parcel.place is 'pg_lsn';
comment on column shop.parcel.raw is 'bytea';
comment on column shop.parcel.at is 'timestamptz

With all its microseconds.';
comment on column shop.parcel.label is 'text domain';
comment on column shop.parcel.digest is 'bytea domain';
comment on column shop.parcel.state is 'domain of labels';
comment on column shop.parcel.pieces is 'int4 domain';
comment on column shop.parcel.nick is 'domain over a domain';
comment on column shop.parcel.note is '@json ShopNote

jsonb';
comment on column shop.parcel.tags is 'text[]';
comment on column shop.parcel.skus is 'array of a domain';
comment on column shop.parcel.absent is '@null

May be null.';

create function shop.echo(
  words text, flag boolean, small int4, large int8, tx xid8, place pg_lsn, raw bytea, at timestamptz,
  label shop.sku, digest shop.digest, state shop.state, pieces shop.quantity, nick shop.short_sku,
  note jsonb, tags text[], skus shop.sku[], absent text
) returns shop.parcel language sql stable
return row(words, flag, small, large, tx, place, raw, at, label, digest, state, pieces, nick, note, tags, skus, absent)::shop.parcel;
comment on function shop.echo is '@json note ShopNote
@null absent

Give back what was given.';

-- Scalars
create function shop.shout(words text) returns text language sql strict return upper(words);
comment on function shop.shout is '@null
@since 0.1.0

Say it louder; strict, so its argument is never null.';
create function shop.moment(at timestamptz) returns timestamptz language sql return at;
comment on function shop.moment is 'Give back a moment.';
create function shop.note(note jsonb) returns jsonb language sql return note;
comment on function shop.note is '@json note ShopNote
@json ShopNote

Give back a note.';
create function shop.digests(n int4) returns setof shop.digest language sql
begin atomic select sha256(i::text::bytea)::shop.digest from generate_series(1, n) i; end;
comment on function shop.digests is 'List digests.';
create function shop.tags(literal text) returns text[] language sql return literal::text[];
comment on function shop.tags is 'Read an array.';
create function shop.try(n int4) returns int4 language sql return n;
comment on function shop.try is '@name tryOut
@deprecated Use moment.

Its name is a word of TypeScript.';

-- Arguments
create function shop.greet(name text, greeting text default 'hi', suffix text default null, "full" boolean default false)
  returns text language sql return greeting || ' ' || name || coalesce(suffix, '') || case when "full" then '!' else '' end;
comment on function shop.greet is 'Greet; three optional arguments.';
create function shop.listing("full" boolean default false) returns setof shop.error_entry language sql
begin atomic select * from shop.errors() where "full" or code = 'LB001'; end;
comment on function shop.listing is 'List errors; only an optional argument.';

-- Cardinality
create function shop.find(code text) returns setof shop.error_entry rows 1 language sql
begin atomic select * from shop.errors() e where e.code = find.code or find.code = 'all'; end;
comment on function shop.find is '@maybe

Find one error or none.';
create function shop.get(code text) returns setof shop.error_entry rows 1 language sql
begin atomic select * from shop.errors() e where e.code = get.code; end;
comment on function shop.get is '@one

Get exactly one error.';
create function shop.look(code text) returns shop.error_entry language sql
begin atomic select * from shop.errors() e where e.code = look.code; end;
comment on function shop.look is '@maybe

Look an error up; a composite that may be null.';
create function shop.wait(seconds int4) returns void language sql
begin atomic select pg_sleep(seconds); end;
comment on function shop.wait is 'Wait.';

-- Errors
create function shop.fail(code text, detail text) returns void language plpgsql as $$
begin
  raise exception using errcode = code, message = 'failed', detail = detail, hint = 'Next step.';
end $$;
comment on function shop.fail is '@raises LB101 LB204
@raises LB001

Fail with a code.';

-- A connection of its own
create table shop.sale (
  sale_id bigint generated always as identity primary key, sku shop.sku not null,
  outcome text not null check (outcome in ('sold', 'refused')), code text, reason text,
  error jsonb, query text not null, timeout text not null, backend int4 not null, at timestamptz not null default now()
);
comment on table shop.sale is 'A sale.';
comment on column shop.sale.sale_id is 'Number.';
comment on column shop.sale.sku is 'What.';
comment on column shop.sale.outcome is 'sold or refused.';
comment on column shop.sale.code is '@null

SQLSTATE of a refusal.';
comment on column shop.sale.reason is '@null

Why not.';
comment on column shop.sale.error is '@null @json SaleError

What was raised.';
comment on column shop.sale.query is 'Text of the statement.';
comment on column shop.sale.timeout is 'statement_timeout of the session.';
comment on column shop.sale.backend is 'Backend.';
comment on column shop.sale.at is 'When.';
create function shop.sell(sku text, mode text default 'sold') returns shop.sale language plpgsql as $$
declare v_sale shop.sale;
begin
  if mode = 'raise' then
    raise exception 'busy' using errcode = 'LB101', detail = '{"till":1}';
  elsif mode = 'die' then
    perform pg_terminate_backend(pg_backend_pid());
    perform pg_sleep(5);
  end if;
  insert into shop.sale (sku, outcome, code, reason, error, query, timeout, backend)
    values (sell.sku, case when mode in ('sold', 'lie') then 'sold' else 'refused' end, nullif(nullif(mode, 'sold'), 'lie'), nullif(mode, 'sold'),
      case when mode = 'LB204' then '{"detail": "{\"missing\": 2}", "hint": "Pay."}'::jsonb end, current_query(), current_setting('statement_timeout'), pg_backend_pid())
    returning * into v_sale;
  raise warning 'noise';
  if mode = 'lie' then
    v_sale.reason := 'another';
  end if;
  return v_sale;
end $$;
comment on function shop.sell is '@connection
@arms statement_timeout
@outcome sold
@readback sale_id
@direct
@raises LB101 LB204

Sell one thing.';

-- Not for callers
create function shop._private() returns record language sql return null;
create function shop.secret() returns record language sql return null;
comment on function shop.secret is '@internal

Nobody calls it from outside.';
create function shop.guard() returns trigger language plpgsql as 'begin return new; end';
