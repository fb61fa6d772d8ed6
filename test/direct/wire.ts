// The protocol spoken by hand, for what no driver sends: function calls, named portals, messages before a Sync.
import { connect as connectSocket } from 'node:net'
import postgres from 'postgres'

export interface Answer {
  readonly notices: readonly string[]
  readonly errors: readonly string[]
}

export interface Wire {
  /** Sends the messages at once and waits for ReadyForQuery. */
  send(...messages: readonly Uint8Array[]): Promise<Answer>
  /** One simple query after the other. */
  run(...texts: readonly string[]): Promise<Answer>
  end(): void
}

/** Logs in as postgres.js does, then takes its socket over. */
export async function wire(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url)
  const socket = connectSocket(Number(port || 5432), hostname)
  const options = { max: 1, fetch_types: false, socket: () => socket, onnotice: () => {} }
  const sql = postgres(url, options as postgres.Options<Record<string, never>>)
  await sql`select 1`
  socket.removeAllListeners()

  let unread = Buffer.alloc(0)
  let notices: string[] = []
  let errors: string[] = []
  let done: (answer: Answer) => void = () => {}
  let fail: (error: Error) => void = () => {}
  socket.on('close', () => fail(new Error('the server closed the connection')))
  socket.on('data', (chunk) => {
    unread = Buffer.concat([unread, chunk])
    while (unread.length >= 5 && unread.length > unread.readInt32BE(1)) {
      const type = String.fromCharCode(unread.readUInt8(0))
      const body = unread.subarray(5, 1 + unread.readInt32BE(1))
      unread = unread.subarray(1 + unread.readInt32BE(1))
      if (type === 'N') notices.push(messageOf(body))
      if (type === 'E') errors.push(messageOf(body))
      if (type === 'Z') done({ notices, errors })
    }
  })
  const send = (...messages: readonly Uint8Array[]) =>
    new Promise<Answer>((resolve, reject) => {
      notices = []
      errors = []
      done = resolve
      fail = reject
      socket.write(Buffer.concat(messages))
    })
  return {
    send,
    async run(...texts) {
      const answers: Answer[] = []
      for (const text of texts) answers.push(await send(query(text)))
      return {
        notices: answers.flatMap((answer) => answer.notices),
        errors: answers.flatMap((answer) => answer.errors),
      }
    },
    end: () => void socket.destroy(),
  }
}

const messageOf = (body: Buffer): string =>
  body
    .toString('utf8')
    .split('\0')
    .find((field) => field.startsWith('M'))
    ?.slice(1) ?? ''

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const int32 = (value: number): Buffer => Buffer.from([value >> 24, value >> 16, value >> 8, value])
const text = (value: string | Uint8Array): Buffer => Buffer.concat([Buffer.from(value), Buffer.from([0])])
const sized = (value: string | null): Buffer =>
  value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)])

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

/** A simple query, as text or as the bytes of another client encoding. */
export const query = (value: string | Uint8Array): Buffer => message('Q', text(value))
export const parse = (value: string, types: readonly number[] = []): Buffer =>
  message('P', text(''), text(value), int16(types.length), ...types.map(int32))
export const bind = (values: readonly string[] = [], portal = ''): Buffer =>
  message('B', text(portal), text(''), int16(0), int16(values.length), ...values.map(sized), int16(0))
export const execute = (portal = ''): Buffer => message('E', text(portal), int32(0))
export const sync = (): Buffer => message('S')
export const functionCall = (oid: number, values: readonly (string | null)[]): Buffer =>
  message('F', int32(oid), int16(0), int16(values.length), ...values.map(sized), int16(0))
/** Parse, Bind and Execute without a name and without Sync. */
export const extended = (value: string, values: readonly string[] = []): Buffer =>
  Buffer.concat([parse(value), bind(values), execute()])
