/** Traffic in a mix that changes, as that of real apps does: routes are told apart by it. */
import http from 'node:http'
import { normal, seeded } from './random'

const CONNECTIONS = 8
/** Requests after which the weights take a step of their random walk. */
const STEP_REQUESTS = 150

/**
 * Sends requests over eight connections, as fast as they are answered.
 *
 * @param done - asked after each answer; the load ends when it says so, or after `limitMs`
 * @param get - sends one request and resolves when it was answered; by HTTP/1 unless given
 * @returns requests sent, by path
 */
export async function load(
  port: number,
  paths: readonly string[],
  done: () => boolean,
  limitMs = 25_000,
  get?: (path: string) => Promise<void>,
): Promise<Map<string, number>> {
  const random = seeded(7)
  const walk = paths.map(() => 0)
  const sent = new Map(paths.map((path) => [path, 0]))
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const endMs = performance.now() + limitMs
  let total = 0
  let over = false

  function pick(): string {
    if (total++ % STEP_REQUESTS === 0) {
      for (const at of walk.keys()) walk[at] = 0.7 * walk[at]! + 0.8 * normal(random)
    }
    const weights = walk.map(Math.exp)
    let left = random() * weights.reduce((sum, weight) => sum + weight, 0)
    return paths.find((_, at) => (left -= weights[at]!) < 0) ?? paths[0]!
  }

  function getByHttp1(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      http
        .get({ port, path, agent }, (res) => {
          res.resume().on('end', resolve).on('error', reject)
        })
        .on('error', reject)
    })
  }

  async function lane(): Promise<void> {
    while (!over) {
      const path = pick()
      sent.set(path, sent.get(path)! + 1)
      await (get ?? getByHttp1)(path)
      over ||= done() || performance.now() > endMs
    }
  }

  await Promise.all(Array.from({ length: CONNECTIONS }, lane))
  agent.destroy()
  return sent
}
