// Files as sqitch, pgpm and people write them: which BEGIN and COMMIT are taken out, and which are left to be refused.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findStatement } from '../../src/json/statements.ts'
import { readDraft, readMigration } from '../../src/migration.ts'
import { withoutOuterTransaction } from '../../src/outer-transaction.ts'
import { parsed } from '../parsed.ts'
import { refusal, world } from '../world.ts'

/** Taken out: the file, and what is left. `·` stands for a blank that was a character. */
const taken: Record<string, [string, string]> = {
  'as sqitch writes it': [
    '-- Deploy p:a to pg\n\nBEGIN;\n\ncreate table a ();\n\nCOMMIT;\n',
    '-- Deploy p:a to pg\n\n······\n\ncreate table a ();\n\n·······\n',
  ],
  'on one line': ['begin; select 1; commit', '······ select 1; ······'],
  'in every word': [
    'START\r\n TRANSACTION ;\r\nselect 1;\r\nEND TRANSACTION;',
    '·····\r\n ··········· ·\r\nselect 1;\r\n··· ············',
  ],
  'comments around and inside stay': [
    '/* why; begin; */ begin /* é😀 */ work; select 1; -- commit;\ncommit work; -- done;\n',
    '/* why; begin; */ ····· /* é😀 */ ····· select 1; -- commit;\n······ ····· -- done;\n',
  ],
  'a function body begins and ends': [
    'begin;\ncreate function f() returns int begin atomic select 1; select 2; end;\ncommit;',
    '······\ncreate function f() returns int begin atomic select 1; select 2; end;\n·······',
  ],
  'plpgsql begins too': [
    `begin;\ndo $x$ begin perform 1; end $x$;\ncreate function f() returns void language plpgsql as 'begin; end';\nend;`,
    `······\ndo $x$ begin perform 1; end $x$;\ncreate function f() returns void language plpgsql as 'begin; end';\n····`,
  ],
  'nothing inside': ['begin;\n-- nothing to do\ncommit;\n', '······\n-- nothing to do\n·······\n'],
  'nothing to be judged inside': [
    'begin;;\nprepare p as select 1;\ncommit;;',
    '······;\nprepare p as select 1;\n·······;',
  ],
}

/** Left as it is: the file, and where the database refuses it; undefined where it does not. */
const left: Record<string, [string, number | undefined]> = {
  'no transaction at all': ['select 1', undefined],
  'a function body alone': ['create function f() returns int begin atomic select 1; end;', undefined],
  'no statement': ['-- begin; commit;', undefined],
  'begin without commit': ['begin; select 1;', 1],
  'commit without begin': ['select 1; commit;', 11],
  'begin alone': ['begin', 1],
  'what ends is a function body': ['begin; create function f() returns int begin atomic select 1; end;', 1],
  'several pairs': ['-- Deploy\nbegin;\nselect 1;\ncommit;\n\nbegin;\nselect 2;\ncommit;\n', 11],
  'a pair inside': ['begin; begin; select 1; commit; commit;', 1],
  'something before': ['set lock_timeout = 0; begin; select 1; commit;', 23],
  'something after': ['begin; select 1; commit; select 2', 1],
  'a savepoint inside': ['begin; savepoint a; select 1; release a; commit;', 1],
  'rolled back at the end': ['begin; select verify_table(1); rollback;', 1],
  'and chain': ['begin; select 1; commit and chain;', 1],
  'and no chain': ['begin; select 1; commit and no chain;', 1],
  prepared: [`begin; select 1; prepare transaction 'x';`, 1],
  'committed as prepared': [`begin; select 1; commit prepared 'x';`, 1],
  serializable: ['begin isolation level serializable; select 1; commit;', 1],
  'read only': ['start transaction read only; select 1; commit;', 1],
  'of psql': ['\\set ON_ERROR_STOP on\nbegin; select 1; commit;', 1],
  'an extension script': ['\\echo Use "CREATE EXTENSION a" to load this file. \\quit\nbegin; select 1; commit;', 1],
  'of psql, inside': ['begin;\n\\i other.sql\ncommit;', 1],
  'a string without end': [`begin; select 'x; commit;`, 1],
}

const shown = (source: string, text: string) =>
  [...text].map((character, at) => (character === ' ' && [...source][at] !== ' ' ? '·' : character)).join('')

describe('one outer pair is taken out', () => {
  test.each(Object.entries(taken))('%s', async (_, [source, expected]) => {
    const text = withoutOuterTransaction(source)?.text ?? ''
    expect(shown(source, text)).toBe(expected)
    // PostgreSQL's grammar agrees on what the pair is and what is left.
    const [begin, ...inside] = await parsed(source)
    expect([begin, inside.pop()]).toMatchObject([{ TransactionStmt: {} }, { TransactionStmt: {} }])
    expect(await parsed(text)).toEqual(inside)
  })
})

describe('anything else stays, and is refused at its place', () => {
  test.each(Object.entries(left))('%s', (_, [source, position]) => {
    expect(withoutOuterTransaction(source)).toBeUndefined()
    // as the database does: test/lint/statements.test.ts
    const found = findStatement(source, false)
    expect(found && found.at + 1).toBe(position)
  })
})

function folder(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'levelb-pair-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

test('a folder says what is taken out, with the hash of what is left', () => {
  const path = folder({
    'levelb.json': '{"title": "t", "description": "d"}',
    'apply.sql': '-- up\n  begin;\nselect 1;\ncommit;\n',
    'rollback.sql': 'select 2;\n',
    'verify.sql': 'begin; select true; commit;',
  })
  const left = '-- up\n        \nselect 1;\n       \n'
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const { document, notes } = readMigration(path)
  expect(document).toMatchObject({
    steps: [{ name: basename(path), apply: left, rollback: 'select 2;\n', verify: '       select true;        ' }],
  })
  const said = 'are taken out, since an activation is one transaction; the sha256 of what is staged is'
  expect(notes).toEqual([
    `${join(path, 'apply.sql')}: BEGIN at 2:3 and COMMIT at 4:1 ${said} ${hash(left)}`,
    `${join(path, 'verify.sql')}: BEGIN at 1:1 and COMMIT at 1:21 ${said} ${hash('       select true;        ')}`,
  ])
})

test('an attended text keeps its transactions', () => {
  const text = 'begin;\nselect 1;\ncommit;\n'
  const path = folder({
    'levelb.json': '{"title": "t", "description": "d", "kind": "attended"}',
    'apply.sql': text,
    'rollback.sql': '-- nothing',
  })
  expect(readDraft(path)).toMatchObject({ draft: { steps: [{ apply: text }] }, notes: [] })
})

test('the database takes nothing out: it refuses a pair that reaches it', async () => {
  const w = await world()
  expect(await refusal(w.stage('0001_x', '-- up\nbegin;\nselect 1;\ncommit;'))).toMatchObject({
    code: 'LB011',
    detail: { field: 'steps[0].apply', position: 7, line: 2, column: 1, reason: 'transaction control' },
    hint: expect.stringContaining('Take it out'),
  })
})
