// Whether who launched this process is still there. Under npm and tsx a command is a grandchild: a SIGKILL meant for it
// hits npm alone, and would leave it running with nobody to press Ctrl-C.
import { execFileSync } from 'node:child_process'

/** Calls back once when the npm or tsx that runs this process is gone. Never, when started directly. */
export function whenLauncherIsGone(callback: () => void): void {
  // tsx talks to its child by IPC.
  process.once('disconnect', callback)
  process.channel?.unref()
  const npm = process.env.npm_lifecycle_event === undefined ? undefined : ancestor(/^npm\b/)
  if (npm === undefined) return
  const timer = setInterval(() => {
    if (isAlive(npm)) return
    clearInterval(timer)
    callback()
  }, 500)
  timer.unref()
}

/** The nearest ancestor whose arguments match; npm writes its command line over its own. */
function ancestor(pattern: RegExp): number | undefined {
  for (let pid = process.ppid, step = 0; pid > 1 && step < 6; step++) {
    const [, parent, args] = /^\s*(\d+)\s+(.*)/.exec(ps(pid)) ?? []
    if (args === undefined) return undefined
    if (pattern.test(args)) return pid
    pid = Number(parent)
  }
  return undefined
}

function ps(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    // No ps in some containers: then only tsx is watched.
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
