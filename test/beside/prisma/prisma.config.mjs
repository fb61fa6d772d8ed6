// The schema engine that is part of prisma's package, over the driver `pg`. The usual engine is a file that prisma
// fetches when it is used the first time, and a test must not need that.
import { PrismaPg } from '@prisma/adapter-pg'
import { defineConfig } from 'prisma/config'

// The engine leaves a timer behind, of the ten seconds that it would wait for a lock which it has by then.
const setTimer = globalThis.setTimeout
globalThis.setTimeout = (...given) => (given[1] === 10_000 ? setTimer(...given).unref() : setTimer(...given))

async function adapter() {
  const factory = new PrismaPg(
    { connectionString: process.env.DATABASE_URL, options: '-c search_path=shop', allowExitOnIdle: true },
    { schema: 'shop' },
  )
  const connect = async () => {
    const connection = await factory.connect()
    // Whole, as the usual engine sends it: the adapter would cut it at each semicolon.
    connection.executeScript = async (script) => {
      await connection
        .underlyingDriver()
        .query(script)
        .catch((error) => connection.onError(error))
    }
    return connection
  }
  return { provider: factory.provider, adapterName: factory.adapterName, connect, connectToShadowDb: connect }
}

export default defineConfig({
  schema: 'orders.prisma',
  migrations: { path: 'migrations' },
  experimental: { adapter: true },
  engine: 'js',
  adapter,
})
