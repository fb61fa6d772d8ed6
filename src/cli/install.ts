// levelb install: the bundle into one database.
import { z } from 'zod'
import { install } from '../install.ts'
import { command } from './command.ts'
import { connected, urlOption } from './connection.ts'

export const InstallOutput = z.object({ installed: z.boolean(), version: z.string(), database: z.string() })
export type InstallOutput = z.infer<typeof InstallOutput>

export function installCommand() {
  return command('install', 'Install levelb into a database, in one transaction, as superuser.', [
    'levelb install --url postgres://postgres@localhost/app',
    'PGHOST=localhost PGUSER=postgres PGDATABASE=app levelb install --json',
  ])
    .option(...urlOption)
    .action(async ({ url, json }) => {
      const result = await connected(url, (sql) => install(sql))
      process.stdout.write(json ? `${JSON.stringify(InstallOutput.parse(result))}\n` : sentence(result))
    })
}

function sentence({ installed, version, database }: InstallOutput): string {
  return installed
    ? `levelb ${version} is installed in database ${database}\n  next: select * from levelb.readiness();\n`
    : `levelb ${version} is already installed in database ${database}; nothing was changed\n`
}
