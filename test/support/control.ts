/**
 * Preloaded into apps under test, after memprof: answers the test's questions over IPC. Keeps nothing
 * alive and leaves the app's streams and signals alone.
 */
import cluster from 'node:cluster'
import type { Server } from 'node:net'
import { answerQuestions } from './answers'

/** Code of the test's, or to wait until all connections are gone. */
type Question = string | { readonly settle: true }

const servers = new Set<Server>()
const net = require('node:net') as typeof import('node:net')
const { listen } = net.Server.prototype
net.Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  servers.add(this)
  return Reflect.apply(listen, this, args) as Server
}

/** Resolves once no server has a connection and all they left behind has been dealt with. */
async function settled(): Promise<void> {
  for (const server of servers) {
    for (;;) {
      const connections = await new Promise<number>((resolve) => {
        server.getConnections((_error, count) => resolve(count ?? 0))
      })
      if (connections === 0) break
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  // The close events of the last connection, and what is put off to the next turns.
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
}

// A worker of a cluster needs its channel for itself.
if (!cluster.isWorker) {
  answerQuestions<Question>((question) =>
    // oxlint-disable-next-line no-eval -- the test's own code
    typeof question === 'string' ? (0, eval)(question) : settled(),
  )
  // The app's code in questions is outside any module.
  Object.assign(globalThis, { require })
}
