// An application at work: one transaction after the other through its own login, as a pool of postgres.js does it.
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'

export type Application = {
  /** Resolves when that many transactions more were committed. */
  works(more?: number): Promise<void>
  /** Ends it; with what went wrong besides connections that were ended, and what it wrote. */
  stop(): Promise<{ failures: string[]; written: number; ended: number }>
}

/** What an ended connection looks like: the server's word for it, or the driver's. */
const reconnecting = new Set([
  '57P01',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'ECONNRESET',
  'EPIPE',
])

export function startApplication(url: string): Application {
  const sql = postgres(url, { max: 2, idle_timeout: 1, onnotice: () => {} })
  const failures: string[] = []
  let [written, ended, isStopped] = [0, 0, false]
  const worker = async () => {
    while (!isStopped) {
      try {
        await sql.begin(async (transaction) => {
          const [customer] = await transaction`
            insert into shop.customer (email) values ('ada@example.org') returning customer_id`
          const [order] = await transaction`
            insert into shop.orders (customer_id) values (${customer?.customer_id}) returning order_id`
          await transaction`select shop.pay(${order?.order_id})`
          const [open] = await transaction`select status from shop.open_order where order_id = ${order?.order_id}`
          if (open?.status !== 'paid') throw new Error(`order ${order?.order_id} reads as ${open?.status}`)
        })
        written++
      } catch (error) {
        const { code, message } = error as { code?: string; message: string }
        if (code !== undefined && reconnecting.has(code)) ended++
        else failures.push(`${code}: ${message}`)
      }
      await sleep(150)
    }
  }
  const workers = [worker(), worker()]
  return {
    async works(more = 6) {
      const until = written + more
      while (written < until && failures.length === 0) await sleep(5)
    },
    async stop() {
      isStopped = true
      await Promise.all(workers)
      await sql.end({ timeout: 5 })
      return { failures, written, ended }
    },
  }
}
