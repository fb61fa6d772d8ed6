// SQL as text: names, literals, blocks that nothing in a name can leave, and comments that stay on their line.
import { shown } from '../shown.ts'

export type Quote = (name: string) => string

/** Bare where PostgreSQL takes it bare, else in double quotes. */
export function quoting(reserved: readonly string[]): Quote {
  const words = new Set(reserved)
  return (name) => (/^[a-z_][a-z0-9_]*$/.test(name) && !words.has(name) ? name : `"${name.replaceAll('"', '""')}"`)
}

export function literal(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`
  return value.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** `do $tag$ … $tag$;` with a tag that the body does not hold: a table may be named like the end of a block. */
export function block(body: string): string {
  let tag = 'adopt'
  while (body.includes(`$${tag}$`)) tag += '_'
  return `do $${tag}$\n${body}\n$${tag}$;`
}

function indented(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by))
}

/**
 * For statements that need their tables for themselves. A lock that is not free soon is not queued for: all are given
 * back and it tries again. The wait is far below deadlock_timeout, so that in a deadlock the script gives up and not
 * the application.
 */
export function insistently(statements: readonly string[]): string[] {
  if (statements.length === 0) return []
  return [
    block(
      `begin
  for attempt in 1 .. 100 loop
    begin
      set local lock_timeout = '200ms';
${indented(statements.join('\n'), 6)}
      exit;
    exception when lock_not_available or deadlock_detected then
      if attempt = 100 then raise; end if;
      perform pg_catalog.pg_sleep(0.3 * pg_catalog.random());
    end;
  end loop;
end`,
    ),
  ]
}

/** `-- ` before each line. */
export function comment(text: string): string {
  return text
    .split('\n')
    .map((line) => `-- ${shown(line)}`)
    .join('\n')
}

/** Settings that hold a list, whose entries SET wants one by one; as pg_dump knows them. */
const lists = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

/** The right side of `set NAME = …` for a value as pg_db_role_setting keeps it. */
export function settingValue(name: string, value: string): string {
  if (!lists.has(name.toLowerCase())) return literal(value)
  const entries = [...value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,"\s]+))\s*(?:,|$)/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  )
  return entries.length === 0 ? "''" : entries.map(literal).join(', ')
}
