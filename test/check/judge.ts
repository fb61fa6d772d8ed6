// One verdict of the database, and of zod, on a value: null, or the code and field of the first problem.
import type { z } from 'zod'
import { MigrationDocument } from '../../src/json/migration-document.ts'
import { PolicyDocument } from '../../src/json/policy-document.ts'
import { Principals } from '../../src/json/principals.ts'
import { problems } from '../../src/json/problems.ts'
import type { Client } from '../client.ts'
import type { Json } from './mutations.ts'

export interface Verdict {
  readonly code: string
  readonly field: string
}

export type Kind = 'document' | 'policy' | 'principals'

const schemas: Record<Kind, z.ZodType> = {
  document: MigrationDocument,
  policy: PolicyDocument,
  principals: Principals,
}

/** All problems that zod sees; the codes of a policy are those of the database, which has one of its own for mistakes in it. */
export function zodVerdicts(kind: Kind, value: Json): Verdict[] {
  const { error } = schemas[kind].safeParse(value)
  if (error === undefined) return []
  const { kind: of, payload } = ((kind === 'document' ? value : null) as { kind?: Json; payload?: Json }) ?? {}
  const inPolicy = (field: string) =>
    kind === 'policy' || (of === 'policy' && (payload ?? null) !== null && field.startsWith('payload'))
  return problems(error, kind).map(({ code, field }) => ({
    code: code === 'LB001' && inPolicy(field) ? 'LB005' : code,
    field,
  }))
}

/** Makes `pg_temp.judge(check, value)`: {"value"} or {"code", "detail", "hint"}. */
export async function makeJudge(sql: Client): Promise<void> {
  await sql.unsafe(`
    create function pg_temp.judge(verb text, value jsonb) returns jsonb language plpgsql as $judge$
    declare
      v_result jsonb;
      v_detail text;
      v_hint text;
    begin
      execute format('select levelb.%I($1)', verb) into v_result using value;
      return jsonb_build_object('value', v_result);
    exception when sqlstate 'LB000' then
      get stacked diagnostics v_detail = pg_exception_detail, v_hint = pg_exception_hint;
      return jsonb_build_object('code', sqlstate, 'detail', v_detail::jsonb, 'hint', v_hint);
    end
    $judge$`)
}

export interface Answer {
  readonly value?: Json
  readonly code?: string
  readonly detail?: { readonly field: string; readonly [key: string]: Json }
  readonly hint?: string
}

/** What the database says to each value, in one round trip. */
export async function ask(sql: Client, kind: Kind, values: readonly Json[]): Promise<Answer[]> {
  const rows = await sql<{ answer: Answer }[]>`
    select pg_temp.judge(${`_check_${kind}`}, e.value) as answer
      from jsonb_array_elements(${JSON.stringify(values)}::text::jsonb) with ordinality as e (value, n) order by e.n`
  return rows.map((row) => row.answer)
}

export async function sqlVerdicts(sql: Client, kind: Kind, values: readonly Json[]): Promise<(Verdict | null)[]> {
  const answers = await ask(sql, kind, values)
  return answers.map(({ code, detail }) => (code === undefined ? null : { code, field: detail?.field ?? '' }))
}
