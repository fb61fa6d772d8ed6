// Foreign data, publications, casts, operators, text search, large objects and what the cluster shares.
import { beforeAll, describe, expect, test } from 'vitest'
import { type World, world } from '../world.ts'
import { failure, halfWay, lines, run } from './effects.ts'

let w: World

beforeAll(async () => {
  w = await world({ policy: { quorum: [{ approvals: 1 }], cluster: 'govern' } })
  await w.sql.unsafe(`
    grant create on database ${w.name} to levelb_deploy;
    create foreign data wrapper wrap; create foreign data wrapper other;
    grant usage on foreign data wrapper wrap to levelb_deploy;
    grant set on parameter work_mem, maintenance_work_mem to levelb_deploy with grant option;
    create schema s authorization levelb_deploy;
    create type s.status as enum ('new'); alter type s.status owner to levelb_deploy;
    create table s.orders (id int, customer text, card text); alter table s.orders owner to levelb_deploy;
    create table s.items (id int); alter table s.items owner to levelb_deploy;
    create server old foreign data wrapper wrap; alter server old owner to levelb_deploy;
    create language sample handler plpgsql_call_handler; alter language sample owner to levelb_deploy;
    create foreign data wrapper mine; create role super_${w.name} superuser;
    create operator class s.op for type int using btree as operator 1 <, function 1 btint4cmp(int, int);
    alter operator class s.op using btree owner to levelb_deploy;
    alter operator family s.op using btree owner to levelb_deploy`)
})

async function effects(text: string): Promise<unknown> {
  // A document does not hold secrets; these stand for what a DO block would put together.
  const accept = /hunter/.test(text) ? [{ rule: 'LB014', object: 'steps[0].apply', reason: 'is made up' }] : []
  const row = await run(w, text.replaceAll('reader!', w.role('reader')), { accept })
  return row.outcome === 'activated'
    ? lines(row).map((line) => line.replaceAll(w.role('reader'), 'reader!').replaceAll(w.name, 'db!'))
    : failure(row)
}

/** One after the other: each text finds what those before it left. */
const texts: Record<string, [string, string[]][]> = {
  'foreign data, of which no secret is said': [
    [
      `create server files type 'a' version '1' foreign data wrapper wrap options (host 'h', password 'hunter2', url 'x://u:hunter2@h')`,
      [
        'repoint: server files: exists: - → present',
        'repoint: server files: option host: - → h',
        'repoint: server files: option password: - → changed',
        'repoint: server files: option url: - → changed',
        'repoint: server files: type: - → a',
        'repoint: server files: version: - → 1',
        'repoint: server files: wrapper: - → wrap',
      ],
    ],
    [
      `alter server files version '2' options (set host 'i', drop password, set url 'y')`,
      [
        'repoint: server files: option host: h → i',
        'repoint: server files: option password: set → -',
        'repoint: server files: option url: set → changed',
        'repoint: server files: version: 1 → 2',
      ],
    ],
    [
      `alter server files options (drop url); alter server files rename to "Fi les"; grant usage on foreign server "Fi les" to reader!`,
      [
        'acl: server "Fi les": reader!: - → usage',
        'repoint: server "Fi les": name: files → "Fi les"',
        'repoint: server "Fi les": option url: set → -',
      ],
    ],
    [`comment on server "Fi les" is 'c'`, ['structure: server "Fi les": comment: - → c']],
    [
      `create user mapping for public server "Fi les" options (user 'u', password 'hunter2')`,
      [
        'repoint: user mapping public on server Fi les: exists: - → present',
        'repoint: user mapping public on server Fi les: options: - → changed',
      ],
    ],
    [
      `alter user mapping for public server "Fi les" options (set password 'hunter3')`,
      ['repoint: user mapping public on server Fi les: options: set → changed'],
    ],
    [
      `create foreign table s.far (a int options (column_name 'b')) server "Fi les" options (table_name 't', token 'hunter2')`,
      [
        'repoint: foreign table s.far: option table_name: - → t',
        'repoint: foreign table s.far: option token: - → changed',
        'repoint: foreign table s.far: server: - → "Fi les"',
        'structure: foreign table s.far: exists: - → present',
        'structure: foreign table column s.far.a: column: - → integer',
        'structure: foreign table column s.far.a: foreign options: - → column_name=b',
      ],
    ],
    [
      `alter foreign table s.far options (set table_name 'u')`,
      [
        'repoint: foreign table s.far: option table_name: t → u',
        'repoint: foreign table s.far: option token: set → changed',
      ],
    ],
    ['drop foreign table s.far', ['structure: foreign table s.far: exists: present → -']],
    [
      `drop user mapping for public server "Fi les"; drop server "Fi les"; create server "Fi les" foreign data wrapper wrap`,
      [
        'repoint: server "Fi les": exists: present → recreated',
        'repoint: server "Fi les": option host: i → -',
        'repoint: server "Fi les": type: a → -',
        'repoint: server "Fi les": version: 2 → -',
        'repoint: user mapping public on server Fi les: exists: present → -',
        'acl: server "Fi les": reader!: usage → -',
        'structure: server "Fi les": comment: c → -',
      ],
    ],
    ['drop server "Fi les"', ['repoint: server "Fi les": exists: present → -']],
  ],
  publications: [
    [
      'create publication app_pub for table s.orders (id, customer) where (id > 0), s.items',
      [
        'security: publication app_pub: exists: - → present',
        'security: publication app_pub: publish: - → insert, update, delete, truncate',
        'security: publication relation s.items in publication app_pub: exists: - → present',
        'security: publication relation s.orders in publication app_pub: columns: - → id, customer',
        'security: publication relation s.orders in publication app_pub: exists: - → present',
        'security: publication relation s.orders in publication app_pub: rows: - → (id > 0)',
      ],
    ],
    [
      `alter publication app_pub set (publish = 'insert', publish_via_partition_root = true)`,
      [
        'security: publication app_pub: publish via partition root: - → yes',
        'security: publication app_pub: publish: insert, update, delete, truncate → insert',
      ],
    ],
    [
      'alter publication app_pub set table s.orders (id, customer, card)',
      [
        'security: publication relation s.items in publication app_pub: exists: present → -',
        'security: publication relation s.orders in publication app_pub: columns: id, customer → id, customer, card',
        'security: publication relation s.orders in publication app_pub: exists: present → recreated',
        'security: publication relation s.orders in publication app_pub: rows: (id > 0) → -',
      ],
    ],
    ['alter publication app_pub rename to "P b"', ['security: publication "P b": name: app_pub → "P b"']],
    ['drop table s.items', ['structure: table s.items: exists: present → -']],
    ['drop publication "P b"', ['security: publication "P b": exists: present → -']],
  ],
  'casts, languages': [
    [
      'create cast (text as s.status) with inout as assignment',
      [
        'security: cast (pg_catalog.text AS s.status): context: - → assignment',
        'security: cast (pg_catalog.text AS s.status): exists: - → present',
        'security: cast (pg_catalog.text AS s.status): method: - → inout',
      ],
    ],
    ['drop cast (text as s.status)', ['security: cast (pg_catalog.text AS s.status): exists: present → -']],
    ['alter language sample rename to sample2', ['security: language sample2: name: sample → sample2']],
    ['drop language sample2', ['security: language sample2: exists: present → -']],
  ],
  operators: [
    [
      'create operator s.=== (function = int4eq, leftarg = int, rightarg = int, commutator = operator(s.====), hashes)',
      [
        'structure: operator s.====(integer,integer): commutator: - → s.===(integer,integer)',
        'structure: operator s.====(integer,integer): exists: - → present',
        'structure: operator s.===(integer,integer): commutator: - → s.====(integer,integer)',
        'structure: operator s.===(integer,integer): exists: - → present',
        'structure: operator s.===(integer,integer): function: - → pg_catalog.int4eq(integer,integer)',
        'structure: operator s.===(integer,integer): hashes: - → yes',
      ],
    ],
    [
      'alter operator s.=== (int, int) set (restrict = eqsel); drop operator s.==== (int, int)',
      [
        'structure: operator s.====(integer,integer): exists: present → -',
        'structure: operator s.===(integer,integer): commutator: s.====(integer,integer) → -',
        'structure: operator s.===(integer,integer): restrict: - → pg_catalog.eqsel(pg_catalog.internal,pg_catalog.oid,pg_catalog.internal,integer)',
      ],
    ],
    ['drop operator s.=== (int, int)', ['structure: operator s.===(integer,integer): exists: present → -']],
    [
      'alter operator class s.op using btree rename to op2',
      ['structure: operator class s.op2 USING btree: name: s.op USING btree → s.op2 USING btree'],
    ],
    [
      'drop operator family s.op using btree cascade',
      [
        'structure: operator class s.op2 USING btree: exists: present → -',
        'structure: operator family s.op USING btree: exists: present → -',
      ],
    ],
  ],
  'collations and conversions': [
    [
      `create collation s.c (locale = 'C', provider = libc); create conversion s.v for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1`,
      [
        'structure: collation s.c: encoding: - → UTF8',
        'structure: collation s.c: exists: - → present',
        'structure: collation s.c: locale: - → C',
        'structure: collation s.c: provider: - → libc',
        'structure: conversion s.v: conversion: - → UTF8 to LATIN1',
        'structure: conversion s.v: exists: - → present',
        'structure: conversion s.v: function: - → pg_catalog.utf8_to_iso8859_1(integer,integer,pg_catalog.cstring,pg_catalog.internal,integer,boolean)',
      ],
    ],
    [
      'alter collation s.c rename to d; alter conversion s.v rename to u',
      ['structure: collation s.d: name: s.c → s.d', 'structure: conversion s.u: name: s.v → s.u'],
    ],
    [
      'drop collation s.d; drop conversion s.u',
      ['structure: collation s.d: exists: present → -', 'structure: conversion s.u: exists: present → -'],
    ],
  ],
  'text search': [
    [
      `create text search dictionary s.d (template = simple, stopwords = english);
       create text search configuration s.c (parser = default); alter text search configuration s.c add mapping for word, email with s.d, simple`,
      [
        'structure: text search configuration s.c: exists: - → present',
        'structure: text search configuration s.c: parser: - → pg_catalog."default"',
        'structure: text search configuration s.c: token email, dictionary 1: - → s.d',
        'structure: text search configuration s.c: token email, dictionary 2: - → pg_catalog.simple',
        'structure: text search configuration s.c: token word, dictionary 1: - → s.d',
        'structure: text search configuration s.c: token word, dictionary 2: - → pg_catalog.simple',
        'structure: text search dictionary s.d: exists: - → present',
        "structure: text search dictionary s.d: options: - → stopwords = 'english'",
        'structure: text search dictionary s.d: template: - → pg_catalog.simple',
      ],
    ],
    [
      `alter text search dictionary s.d (stopwords = danish); alter text search configuration s.c alter mapping for word with simple;
       alter text search configuration s.c drop mapping for email`,
      [
        'structure: text search configuration s.c: token email, dictionary 1: s.d → -',
        'structure: text search configuration s.c: token email, dictionary 2: pg_catalog.simple → -',
        'structure: text search configuration s.c: token word, dictionary 1: s.d → pg_catalog.simple',
        'structure: text search configuration s.c: token word, dictionary 2: pg_catalog.simple → -',
        "structure: text search dictionary s.d: options: stopwords = 'english' → stopwords = 'danish'",
      ],
    ],
    [
      'alter text search configuration s.c rename to b; drop text search dictionary s.d',
      [
        'structure: text search configuration s.b: name: s.c → s.b',
        'structure: text search dictionary s.d: exists: present → -',
      ],
    ],
    ['drop text search configuration s.b', ['structure: text search configuration s.b: exists: present → -']],
  ],
  'large objects, whose bytes are data': [
    ['select lo_create(4242)', ['structure: large object 4242: exists: - → present']],
    [`select lo_put(4242, 0, 'x')`, ['data: table pg_catalog.pg_largeobject: insert: - → -']],
    ['grant select on large object 4242 to reader!', ['acl: large object 4242: reader!: - → select']],
    [
      'select lo_unlink(4242)',
      ['data: table pg_catalog.pg_largeobject: delete: - → -', 'structure: large object 4242: exists: present → -'],
    ],
  ],
  'parameters, databases': [
    [
      'grant set on parameter work_mem to reader!; grant alter system on parameter work_mem to reader!',
      ['acl: parameter ACL work_mem: reader! by levelb_deploy: - → set'],
    ],
    [
      'revoke set on parameter work_mem from reader!',
      ['acl: parameter ACL work_mem: reader! by levelb_deploy: set → -'],
    ],
  ],
}

for (const [title, all] of Object.entries(texts)) {
  describe(title, () => {
    test.each(all)('%s', async (text, expected) => {
      const found = await effects(text)
      expect(Array.isArray(found) ? found.toSorted() : found).toEqual(expected.toSorted())
    })
  })
}

test('no secret is in anything that is kept', async () => {
  const rows = await w.sql`
    select a.activation_id from levelb.activation a
     where a.effects::text ~ 'hunter' or a.rollback_snapshot ~ 'hunter' or a.error::text ~ 'hunter' or a.commands::text ~ 'hunter'`
  expect([...rows]).toEqual([])
})

test('levelb cannot read the options of user mappings, nor connection strings', async () => {
  const [may] = await w.sql`
    select has_column_privilege('levelb_owner', 'pg_user_mapping', 'umoptions', 'select') as options,
        has_column_privilege('levelb_owner', 'pg_subscription', 'subconninfo', 'select') as connection`
  expect(may).toEqual({ options: false, connection: false })
})

test('connections and their limit are settings of a database', async () => {
  await w.sql.unsafe(`create database ${w.name}_b owner levelb_deploy`)
  try {
    expect(await effects(`alter database ${w.name}_b connection limit 3 is_template true`)).toEqual([
      'setting: database db!_b: connection limit: - → 3',
      'setting: database db!_b: template: - → yes',
    ])
  } finally {
    await w.sql.unsafe(`alter database ${w.name}_b is_template false`)
    await w.sql.unsafe(`drop database ${w.name}_b`)
  }
})

test('what another session makes meanwhile is not shown', async () => {
  const row = await halfWay(w, `create collation s.ours (locale = 'C', provider = libc)`, 'select 1', () =>
    w.sql.unsafe(`
      create server theirs foreign data wrapper other; create user mapping for public server theirs;
      create publication theirs; create operator s.!!! (function = int4um, rightarg = int);
      create cast (s.status as int) with inout;
      create text search dictionary s.theirs (template = simple); select lo_create(4243)`),
  )
  expect(failure(row)).toMatchObject({ outcome: 'activated' })
  expect(lines(row).filter((line) => !line.includes('s.ours'))).toEqual([])
  expect(lines(row)).toHaveLength(4)
})
