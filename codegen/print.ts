// The only module that knows ts-morph. Renderers make final text; it is parsed here once, so that a module which does not
// parse never reaches the disk. Building an AST and formatting it was rejected: ten times slower, and bytes would change
// with the printer's version.
import { Project, ts } from 'ts-morph'
import type { Files } from './layout.ts'

/** Syntax errors of the TypeScript among `files`, as `file:line: message`. */
export function syntaxErrors(files: Files): string[] {
  const project = new Project({ useInMemoryFileSystem: true, compilerOptions: { noLib: true, noResolve: true } })
  for (const [name, text] of files) if (name.endsWith('.ts')) project.createSourceFile(name, text)
  const program = project.getProgram().compilerObject
  return program.getSyntacticDiagnostics().map(({ file, start, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start ?? 0).line + 1 : 0
    return `${file?.fileName.replace(/^\//, '') ?? ''}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}
