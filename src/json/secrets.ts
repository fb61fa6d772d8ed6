// What looks like a secret in a text that is kept for ever, as sql/42-secrets.sql sees it.
import type { TextFinding } from './statements.ts'

/** What most patterns share. What stands for a value is no secret: %s, %L, $1, <password>, ***, ... */
const words: Record<string, string> = {
  '{real}': String.raw`(?!%[sIL1-9']|\$[0-9]|<|[*]{3}|[.]{3})`,
  '{gap}': String.raw`[ \t\r\n]`,
  '{start}': '(?<![a-z0-9_])',
  '{quote}': "(?:u&|e)?'",
  '{key}': '(?:host|hostaddr|port|dbname|user|sslmode|application_name|service|options)',
  '{value}': String.raw`[^ \t\r\n'"=,;()]+`,
  '{name}':
    '(?:pwd|secret|token|(?:secret|access|api|private|secret_access|aws_secret_access)_key|apikey|(?:access|auth)_token)',
}

const written = (pattern: string) =>
  Object.entries(words).reduce((result, [word, meaning]) => result.replaceAll(word, meaning), pattern)

/** The rows of levelb._secret_rules(). */
export const secretRules = [
  {
    secret: 'private key',
    pattern: written('-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----'),
    hint: 'Keep it in a file that only the server reads, and name the file.',
  },
  {
    secret: 'password in a URL',
    pattern: written(
      String.raw`(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}://[^\]\[ \t\r\n/:@'"<>]*:{real}[^\]\[ \t\r\n/@'"<>]+@`,
    ),
    hint: "Leave the password out of the URL: PostgreSQL takes it from ~/.pgpass or pg_service.conf of the server's account.",
  },
  {
    secret: 'password in a connection string',
    pattern: written(
      String.raw`{start}{key}[ \t]*=[ \t]*{value}(?:{gap}+[a-z_]+[ \t]*=[ \t]*{value}){0,20}{gap}+(?:ssl)?password[ \t]*=[ \t]*(?:'')?{real}{value}` +
        String.raw`|{start}(?:ssl)?password[ \t]*=[ \t]*(?:'')?{real}{value}(?:'')?{gap}+{key}[ \t]*=`,
    ),
    hint: "Leave the password out of the string: PostgreSQL takes it from ~/.pgpass or pg_service.conf of the server's account.",
  },
  {
    secret: 'password',
    pattern: written(
      "{start}(?:ssl)?pass(?:word|wd|phrase)\"?{gap}+(?:{quote}{real}[^']|''{real}[^']+''" +
        '|[$](?:[a-z_][a-z0-9_]*)?[$])',
    ),
    hint: 'Set it outside of levelb: of a login with \\password in psql, of a user mapping by the owner of its server.',
  },
  {
    secret: 'secret in options',
    pattern: written('{start}{name}"?{gap}+{quote}{real}[^\']'),
    hint: 'Set it outside of levelb: the owner of the server or user mapping does, with psql.',
  },
  {
    secret: 'secret in a setting',
    pattern: written(
      '{start}set{gap}+(?:local{gap}+|session{gap}+)?"?[a-z0-9_.]{0,200}(?:secret|password|passwd|token|(?:api|access|private)_key)' +
        '"?{gap}*(?:=|to{gap}){gap}*{quote}{real}[^\']',
    ),
    hint: 'Settings are readable to whoever connects: keep the secret where the application keeps its others.',
  },
  {
    secret: 'password verifier',
    pattern: written("SCRAM-SHA-256[$][0-9]+:[a-z0-9+/=]{8}|'md5[0-9a-f]{32}'"),
    hint: 'Set it outside of levelb, with \\password in psql.',
  },
  {
    secret: 'access key',
    pattern: written(
      '(?<![a-z0-9])(?:A(?:KIA|SIA)[A-Z0-9]{16}|gh[pousr]_[a-z0-9]{36}|github_pat_[a-z0-9_]{22}|glpat-[a-z0-9_-]{20}' +
        '|xox[abprs]-[a-z0-9-]{10}|sk_live_[a-z0-9]{16}|AIza[a-z0-9_-]{35}|npm_[a-z0-9]{36}' +
        '|eyJ[a-z0-9_-]{10,}[.]eyJ[a-z0-9_-]{10,}[.][a-z0-9_-]{10})',
    ),
    hint: 'Revoke it, since others have seen it, and keep the new one where the application keeps its secrets.',
  },
]

const looks = secretRules.map(({ secret, pattern, hint }) => ({ secret, hint, pattern: new RegExp(pattern, 'i') }))

/** The first secret in a text: what kind and where, never the secret. */
export function findSecret(source: string): TextFinding | undefined {
  return looks
    .map(({ secret, hint, pattern }) => ({ at: source.search(pattern), reason: secret, hint }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)[0]
}
