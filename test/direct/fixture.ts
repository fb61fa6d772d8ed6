// A verb that says whether it was called directly, an approver to rob, and a robber with a schema and code of his own.
import { freshDatabase, type TestDatabase } from '../database.ts'
import { type Wire, wire } from './wire.ts'

export interface Scene {
  readonly database: TestDatabase
  /** The approver: may call levelb.probe, and by habit uses what is in schema evil. */
  readonly alice: Wire
}

/**
 * A notice and no row: it also arrives from where nothing can be written, and from what is rolled back.
 * `document` may hold SQL to run, as a migration does.
 */
const verb = `
  set role levelb_owner;
  create type levelb.probed as (note text, hash bytea, probed_at timestamptz, size bigint);
  create function levelb.probe(
    note      text default 'probe',
    hash      bytea default null,
    at        timestamptz default null,
    document  jsonb default null,
    size      bigint default 0,
    "full"    boolean default false
  ) returns levelb.probed
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
  as $probe$
  begin
    raise notice '%: %', note, levelb._is_direct('probe');
    if document ? 'run' then
      execute document ->> 'run';
    end if;
    return (note, hash, coalesce(at, clock_timestamp()), size);
  end
  $probe$;
  create function levelb.probe_scalar(note text)
    returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
  as $probe_scalar$
  begin
    raise notice '%: %', note, levelb._is_direct('probe_scalar');
    return note;
  end
  $probe_scalar$;
  reset role;`

const robber = `
  create function evil.steal() returns text language plpgsql as
    'begin perform levelb.probe(''stolen''); return ''x''; end';
  create function evil.steal_always(x anyelement) returns anyelement immutable language plpgsql as
    'begin perform levelb.probe(''stolen''); return x; end';
  create function evil.steal_row() returns trigger language plpgsql as
    'begin perform levelb.probe(''stolen''); return new; end';`

/** Made in beforeAll, gone with the file. */
export async function scene(): Promise<Scene> {
  const database = await freshDatabase()
  const { sql } = database
  const [aliceUrl] = [await database.urlOf('alice'), await database.urlOf('mallory')]
  const [alice, mallory] = [database.role('alice'), database.role('mallory')]
  await sql.unsafe(verb)
  await sql.unsafe(`
    grant usage on schema levelb to ${alice}, ${mallory};
    grant execute on function levelb.probe, levelb.probe_scalar, levelb._is_call_of to ${alice};
    create schema evil authorization ${mallory};
    grant usage on schema evil to ${alice};
    alter default privileges for role ${mallory} in schema evil grant all on tables to ${alice}`)
  await asMallory(database, robber)
  return { database, alice: await wire(aliceUrl) }
}

export async function asMallory(database: TestDatabase, setup: string): Promise<void> {
  const mallory = await database.as('mallory')
  await mallory.unsafe(setup)
}
