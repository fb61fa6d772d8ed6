// A cluster whose transaction ids are in epoch 1, as after 2^32 transactions: what pg_resetwal -e 1 does, which npm's
// PostgreSQL lacks. The epoch is in two places, the control file and the checkpoint record that it points to.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { startEmbedded } from '../../src/embedded.ts'
import { serverAccount } from '../../src/embedded-account.ts'
import { connect } from '../client.ts'

/** Offset of nextXid, a 64-bit id, in a checkpoint of PostgreSQL 18, and of that checkpoint in the control file. */
const nextXid = 24
const checkpointCopy = 40

/** Starts it beside an embedded server, in whose folder it lives: with that folder gone, it ends by itself. */
export async function startInEpoch1(): Promise<{ url: string; stop(): Promise<void> }> {
  const host = await startEmbedded()
  const data = join(host.folder, 'epoch')
  const account = { ...serverAccount(), cwd: host.folder, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } }
  const init = ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync']
  const made = spawnSync(join(host.native, 'bin', 'initdb'), init, { ...account, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(made.stderr)
  enterEpoch1(data)

  const port = await freePort()
  const settings = ['fsync=off', 'listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`]
  const server = spawn(
    join(host.native, 'bin', 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    { ...account, stdio: 'ignore' },
  )
  const ended = once(server, 'exit')
  const stop = async () => {
    server.kill('SIGQUIT')
    await ended
    await host.stop()
  }
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  for (const until = Date.now() + 20_000; ; ) {
    const sql = connect(url)
    try {
      await sql`select 1`
      return { url, stop }
    } catch (error) {
      if (server.exitCode !== null || Date.now() > until) {
        await stop()
        throw error
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
}

function enterEpoch1(data: string): void {
  const controlFile = join(data, 'global', 'pg_control')
  const control = readFileSync(controlFile)
  const crcAt = Array.from({ length: 200 }, (_, i) => 200 + i).find(
    (at) => control.readUInt32LE(at) === crc32c(control.subarray(0, at)),
  )
  if (crcAt === undefined) throw new Error('pg_control is not of this layout')
  control.writeUInt32LE(1, checkpointCopy + nextXid + 4)
  control.writeUInt32LE(crc32c(control.subarray(0, crcAt)), crcAt)

  const position = control.readBigUInt64LE(32)
  const segment = position >> 24n
  const name = [BigInt(control.readUInt32LE(checkpointCopy + 8)), segment >> 8n, segment & 0xffn]
  const walFile = join(data, 'pg_wal', name.map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join(''))
  const wal = readFileSync(walFile)
  const at = recordBytes(wal, Number(position & 0xffffffn))
  const record = Buffer.from(at.map((offset) => wal[offset] as number))
  const crc = () => crc32c(Buffer.concat([record.subarray(24), record.subarray(0, 20)]))
  // 24 bytes of header, then 255 for "main data, short" and its length
  if (record[24] !== 255 || record.readUInt32LE(20) !== crc())
    throw new Error('the checkpoint record is not of this layout')
  record.writeUInt32LE(1, 26 + nextXid + 4)
  record.writeUInt32LE(crc(), 20)
  record.forEach((byte, i) => {
    wal[at[i] as number] = byte
  })
  writeFileSync(walFile, wal)
  writeFileSync(controlFile, control)
}

/** Offsets of the bytes of the record at `start`, which may go on behind the 24-byte header of the next page. */
function recordBytes(wal: Buffer, start: number): number[] {
  const length = wal.readUInt32LE(start)
  const offsets: number[] = []
  for (let offset = start; offsets.length < length; offset++) {
    if (offset % 8192 === 0) offset += 24
    offsets.push(offset)
  }
  return offsets
}

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
