// What the quickstart prints: a line a step for people, one JSON object for machines.
import { styleText } from 'node:util'

export type Step = { chapter: string; step: string; outcome: 'done' | 'refused'; lines: string[] }

export class Report {
  readonly #steps: Step[] = []
  readonly #json: boolean
  readonly #started = Date.now()
  #result: Record<string, unknown> = {}
  #chapter = ''

  constructor(json: boolean) {
    this.#json = json
  }

  chapter(title: string): void {
    this.#chapter = title
    if (!this.#json) process.stdout.write(`\n${styled('bold', title)}\n`)
  }

  say(step: string, ...lines: string[]): void {
    this.#record({ chapter: this.#chapter, step, outcome: 'done', lines })
  }

  refused(step: string, ...lines: string[]): void {
    this.#record({ chapter: this.#chapter, step, outcome: 'refused', lines })
  }

  result(result: Record<string, unknown>): void {
    this.#result = result
  }

  end(): void {
    if (this.#json) {
      process.stdout.write(`${JSON.stringify({ ...this.#result, steps: this.#steps })}\n`)
    } else {
      process.stdout.write(
        `\nDone in ${((Date.now() - this.#started) / 1000).toFixed(1)} s. The server and its data are gone.\n`,
      )
    }
  }

  #record(step: Step): void {
    this.#steps.push(step)
    const [first = '', ...rest] = step.lines
    this.#print(step.step, first, step.outcome)
    for (const line of rest) this.#print('', line)
  }

  #print(label: string, line: string, outcome?: Step['outcome']): void {
    if (this.#json) return
    const mark = outcome === undefined ? ' ' : outcome === 'done' ? styled('green', '✔') : styled('red', '✘')
    process.stdout.write(`${mark} ${styled('bold', label.padEnd(26))} ${line}\n`)
  }
}

function styled(style: 'green' | 'red' | 'bold', text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text
}

/** A row of a generated caller as the database names and prints it: snake_case columns, bytes as \\x…, int8 as text. */
export function asRow(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      asText(value),
    ]),
  )
}

function asText(value: unknown): unknown {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return typeof value === 'bigint' ? value.toString() : value
}
