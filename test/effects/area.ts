// A schema of its own for each text, called S in it, so that many texts share one company.
import type { Row, World } from '../world.ts'
import { failure, lines, run } from './effects.ts'

let made = 0

/** The text with the names of one area: S, and `app!` for the login app. */
export type Area = { name: string; own(text: string): string; say(line: string): string }

/** Makes S with these objects, which the application owns and levelb_deploy may take over. */
export async function areaOf(w: World, objects: string): Promise<Area> {
  made += 1
  const name = `s${made}`
  const own = (text: string) => text.replaceAll(/\bS\b/g, name).replaceAll(/(\w+)!/g, (_, login) => w.role(login))
  const say = (line: string) => line.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), 'S').replaceAll(w.role(''), '')
  await w.sql.unsafe(`
    grant create on database ${w.name} to levelb_deploy, ${w.role('app')};
    set role ${w.role('app')};
    create schema ${name}; grant usage, create on schema ${name} to levelb_deploy;
    ${own(objects)};
    reset role`)
  return { name, own, say }
}

/** What activating the text shows, in order; what it fails with where it does. */
export function told(area: Area, row: Row): string[] | unknown {
  if (row.outcome !== 'activated') return JSON.parse(area.say(JSON.stringify(failure(row))))
  return (
    lines(row)
      .map(area.say)
      .toSorted()
      // since 18, NOT NULL has a constraint of its own
      .filter((line) => !/^structure: (table|domain) constraint \S*_not_null on /.test(line))
  )
}

/** Effects of a text over fresh objects. */
export async function effectsOver(w: World, objects: string, text: string): Promise<string[] | unknown> {
  const area = await areaOf(w, objects)
  return told(area, await run(w, area.own(text)))
}
