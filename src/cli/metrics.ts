// levelb metrics: numbers in the text format of Prometheus, for a scraper or the textfile collector of node_exporter.
import { z } from 'zod'
import { command } from './command.ts'
import { connected, urlOption } from './connection.ts'
import { printJson, rowsOf } from './read.ts'

const Metric = z.object({
  name: z.string().regex(/^levelb_[a-z_]+$/),
  value: z.number(),
  labels: z.record(z.string().regex(/^[a-z_]+$/), z.string()),
  type: z.enum(['counter', 'gauge']),
  help: z.string(),
})
export const MetricsOutput = z.array(Metric)
export type MetricsOutput = z.output<typeof MetricsOutput>

export function metricsCommand() {
  return command('metrics', 'Print numbers for a monitoring system, in the text format of Prometheus.', [
    'levelb metrics --url postgres://monitoring@localhost/app > /var/lib/node_exporter/levelb.prom',
    'levelb metrics --json',
  ])
    .option(...urlOption)
    .action(async ({ url, json }) => {
      const metrics = await connected(url, (sql) =>
        rowsOf(sql, Metric, 'select name, value, labels, type, help from levelb.metrics'),
      )
      if (json) printJson(MetricsOutput.parse(metrics))
      else process.stdout.write(exposition(metrics))
    })
}

function exposition(metrics: MetricsOutput): string {
  return metrics
    .flatMap(({ name, value, labels, type, help }, index) => [
      ...(metrics[index - 1]?.name === name ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]),
      `${name}${labelled(labels)} ${value}`,
    ])
    .map((line) => `${line}\n`)
    .join('')
}

/** Of a label's value only these three need a spelling of their own. */
function labelled(labels: Record<string, string>): string {
  const escaped = (value: string) => value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
