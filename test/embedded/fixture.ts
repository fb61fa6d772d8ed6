// A node process under tsx that runs an embedded server, to be killed.
// Prints one line of JSON when the server is up, then waits for ever. The argument is `from` of startEmbedded.
import { startEmbedded } from '../../src/embedded.ts'

const from = process.argv[2]
const { url, folder, native } = await startEmbedded(from === undefined ? {} : { from })
process.stdout.write(`${JSON.stringify({ url, folder, native })}\n`)
setInterval(() => {}, 1000)
