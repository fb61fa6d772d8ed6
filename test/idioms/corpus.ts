// The corpus: statements that people write for privileged changes, and the role documents that some of them become.
import { readFileSync } from 'node:fs'
import type { Json } from '../world.ts'

export type Idiom = {
  id: string
  /** As the corpus sorts it; design and read-back have classes of their own. */
  group: string
  statement: string
  /** What the world needs besides, before levelb is there. */
  extra: string
  /** SQL that takes it back; empty where the corpus has none. */
  undo: string
}

const setup = read('privileged-setup.sql')

/** The world in which the statements run; 15 knows neither INHERIT nor SET of a membership. */
export function setupOf(major: number): string {
  return major >= 16 ? setup : setup.replaceAll('with admin true, inherit false, set true', 'with admin option')
}

export const idioms: readonly Idiom[] = read('privileged.tsv')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [id = '', group = '', statement = '', extra = '', undo = ''] = line.split('\t')
    return { id, group, statement, extra, undo }
  })

const set = (name: string, value: string | null): Json => ({ set: [{ role: 'app_user', name, value }] })
const member = (more: Json = {}): Json => ({ grant: [{ role: 'app_rw', to: 'app_user', ...more }] })
const leave: Json = { revoke: [{ role: 'app_rw', from: 'app_user' }] }

/**
 * SQL text may not touch roles: where a role document says the same as the statement, it stands for it, and so for the
 * undo. Not here is what no document can say: logins, passwords, the attributes of a superuser, new names, comments.
 */
export const roleDocuments: Readonly<Record<string, { apply: Json; undo?: Json }>> = {
  P098: { apply: { create: [{ name: 'app_reporting' }] }, undo: { drop: ['app_reporting'] } },
  P103: {
    apply: {
      create: [{ name: 'app_group' }],
      grant: [
        { role: 'app_group', to: 'app_user' },
        { role: 'app_group', to: 'app_rw' },
      ],
    },
    undo: { drop: ['app_group'] },
  },
  P106: { apply: { create: [{ name: 'app_maybe' }] }, undo: { drop: ['app_maybe'] } },
  P118: { apply: { drop: ['app_missing'] } },
  P119: { apply: member(), undo: leave },
  P121: { apply: member({ admin: true }), undo: leave },
  P122: { apply: member({ inherit: false }), undo: leave },
  P124: { apply: member({ admin: false, inherit: true, set: false }), undo: leave },
  P125: { apply: member({ admin: true, inherit: false, set: false }), undo: leave },
  P127: { apply: leave, undo: member() },
  P128: { apply: member({ inherit: false }), undo: member({ inherit: true }) },
  P130: { apply: member({ admin: false }), undo: member({ admin: true }) },
  P131: { apply: leave },
  P133: {
    apply: { grant: [{ role: 'pg_monitor', to: 'app_admin' }] },
    undo: { revoke: [{ role: 'pg_monitor', from: 'app_admin' }] },
  },
  P134: {
    apply: {
      grant: [
        { role: 'pg_signal_backend', to: 'app_admin' },
        { role: 'pg_checkpoint', to: 'app_admin' },
      ],
    },
    undo: {
      revoke: [
        { role: 'pg_signal_backend', from: 'app_admin' },
        { role: 'pg_checkpoint', from: 'app_admin' },
      ],
    },
  },
  P136: {
    apply: { revoke: [{ role: 'app_admin', from: 'app_owner' }] },
    undo: { grant: [{ role: 'app_admin', to: 'app_owner', inherit: false }] },
  },
  P232: { apply: set('search_path', 'app, public'), undo: set('search_path', null) },
  P233: { apply: set('work_mem', null), undo: set('work_mem', '8MB') },
  P238: { apply: set('session_preload_libraries', 'auto_explain'), undo: set('session_preload_libraries', null) },
  P239: { apply: set('session_replication_role', 'replica'), undo: set('session_replication_role', null) },
  P241: { apply: set('lock_timeout', '10s'), undo: set('lock_timeout', null) },
  P242: {
    apply: set('idle_in_transaction_session_timeout', '60000'),
    undo: set('idle_in_transaction_session_timeout', null),
  },
  P244: { apply: set('role', 'app_rw'), undo: set('role', null) },
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}
