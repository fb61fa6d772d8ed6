// The levelb program: finds the command, prints what went wrong, returns the exit code.
import { Command, CommanderError } from 'commander'
import { packageVersion } from '../package-root.ts'
import { adoptCommand } from './adopt.ts'
import { auditCommand } from './audit.ts'
import { checkCommand } from './check.ts'
import { quiet } from './command.ts'
import { devCommand } from './dev.ts'
import { driftCommand } from './drift.ts'
import { type Exit, explain, print } from './failure.ts'
import { installCommand } from './install.ts'
import { lintCommand } from './lint.ts'
import { metricsCommand } from './metrics.ts'
import { readinessCommand } from './readiness.ts'
import { reviewCommand } from './review.ts'
import { statusCommand } from './status.ts'

/** Runs one command line, without `node` and the file name. */
export async function run(args: readonly string[]): Promise<0 | Exit> {
  const program = quiet(new Command('levelb'))
    .description('The gate for privileged changes of a live PostgreSQL database.')
    .version(packageVersion())
    .addHelpText('after', '\nExit codes: 0 done, 1 refused or failed, 2 usage, 3 cannot connect.')
  const commands = [
    installCommand(),
    adoptCommand(),
    lintCommand(),
    checkCommand(),
    statusCommand(),
    reviewCommand(),
    auditCommand(),
    driftCommand(),
    metricsCommand(),
    readinessCommand(),
    devCommand(),
  ] as unknown as Command[]
  for (const command of commands) program.addCommand(command)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // Help and version are thrown too, with 0; help that nobody asked for is what a missing command gets.
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof CommanderError && error.code === 'commander.help') return 2
    const named = commands.find((command) => command.name() === args.find((arg) => !arg.startsWith('-')))
    const failure = explain(error, named === undefined ? 'levelb' : `levelb ${named.name()}`)
    print(failure, args.includes('--json'))
    return failure.exit
  }
}
