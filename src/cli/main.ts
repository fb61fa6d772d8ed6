#!/usr/bin/env node
// The levelb command: finds the command, prints what went wrong, sets the exit code.
import { Command, CommanderError } from 'commander'
import { packageVersion } from '../package-root.ts'
import { quiet } from './command.ts'
import { devCommand } from './dev.ts'
import { explain, print } from './failure.ts'
import { installCommand } from './install.ts'

const program = quiet(new Command('levelb'))
  .description('The gate for privileged changes of a live PostgreSQL database.')
  .version(packageVersion())
  .addHelpText('after', '\nExit codes: 0 done, 1 refused or failed, 2 usage, 3 cannot connect.')

for (const command of [installCommand(), devCommand()]) program.addCommand(command as unknown as Command)

try {
  await program.parseAsync()
} catch (error) {
  // Help and version are thrown too, with 0; help that nobody asked for is printed where a command is missing.
  if (error instanceof CommanderError && error.code.startsWith('commander.help')) process.exitCode = error.exitCode && 2
  else if (error instanceof CommanderError && error.exitCode === 0) process.exitCode = 0
  else {
    const failure = explain(error)
    print(failure, process.argv.includes('--json'))
    process.exitCode = failure.exit
  }
}
