/** Names are whoever's who made them: nothing in them ends a line or a comment, moves the cursor or reorders what is read. */
export function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`)
}
