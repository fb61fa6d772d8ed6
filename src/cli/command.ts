// What every command of levelb has: --json, --help with an example, and errors that are thrown, not printed.
import { Command } from '@commander-js/extra-typings'

/** Errors reach main.ts as CommanderError, which prints them like all others. */
export function quiet<C extends { exitOverride(): C; configureOutput(options: object): C }>(command: C): C {
  return command.exitOverride().configureOutput({ outputError: () => {} })
}

export function command(name: string, description: string, examples: readonly string[]) {
  return quiet(new Command(name))
    .description(description)
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`)
    .option('--json', 'print one line of JSON on standard output')
}
