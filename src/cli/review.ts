// levelb review: the page of one migration.
import { review } from '../../generated/review.ts'
import { ReviewData } from '../json/review-data.ts'
import { command } from './command.ts'
import { connected, urlOption } from './connection.ts'
import { LintAgain, lintAgain, lintSection } from './lint-again.ts'
import { asked, everyDuty, printJson } from './read.ts'

/** `lint` is null for what no author wrote. */
export const ReviewOutput = ReviewData.extend({ lint: LintAgain.nullable() })

export function reviewCommand() {
  return command('review', 'Show a migration with everything that decides about it, as one page of text.', [
    'levelb review 0007_repoint_orders --url postgres://bob@localhost/app',
    'levelb review 0007_repoint_orders --json | jq .difference.lines[]',
  ])
    .argument('<migration>', 'name of the migration, for instance 0007_repoint_orders')
    .option(...urlOption)
    .action(async (migrationId, { url, json }) => {
      const { data, page } = await connected(url, (sql) => asked(() => review(sql, { migrationId }), everyDuty))
      const lint = await lintAgain(data)
      if (json) printJson({ ...data, lint })
      else process.stdout.write(page + (lint === null ? '' : lintSection(lint)))
    })
}
