/**
 * The one load generator of tests and benchmarks: requests over keep-alive connections, in a mix of
 * routes that drifts or is steady. In a closed loop a connection sends when it has its answer
 * ({@link load}, {@link Client}); at a rate, requests are due by the clock ({@link loadAtRate}).
 *
 * The load of benchmarks/overhead is another: there the client's own cost must not be seen.
 */
import http from 'node:http'
import { createRandom, type Random } from './random'

export interface Visit {
  readonly method?: string
  readonly path: string
  /** A text is sent as JSON. */
  readonly body?: string | Buffer | undefined
  /** The client goes away after so long, ms, whatever has come by then. */
  readonly givesUpAfterMs?: number | undefined
  /** A message over a WebSocket opened at the path, answered by another. */
  readonly isMessage?: boolean
}

/** As far as it is used here; ws brings no types. */
interface Socket {
  once(event: 'open' | 'message', listener: () => void): void
  once(event: 'close', listener: () => void): void
  once(event: 'error', listener: (error: Error) => void): void
  removeListener(event: 'close', listener: () => void): void
  send(text: string | Buffer): void
  terminate(): void
}

/** As proxies log a client that went away. */
export const GIVEN_UP = 499

/** What is asked for, how often beside the others, and one such request. */
export interface Asked {
  readonly name: string
  /** Share of the mix before it drifts; 0: outside the mix. */
  readonly weight: number
  readonly visit: (random: Random) => Visit
}

/**
 * Which route comes next. The weights of a mix that drifts are on a random walk, which is pulled back
 * to where it began, so that a rare route stays rare: no two routes keep the same rhythm for long.
 */
export class Mix<A extends Pick<Asked, 'weight'>> {
  readonly #routes: readonly A[]
  readonly #walk: number[]
  readonly #drift: number
  readonly #walking: Random
  readonly #picking: Random

  /** @param drift - standard deviation of a step, in logarithms of a weight; 0: the mix is steady */
  constructor(routes: readonly A[], drift: number, walking: Random, picking: Random = walking) {
    this.#routes = routes.filter(({ weight }) => weight > 0)
    this.#walk = this.#routes.map(() => 0)
    this.#drift = drift
    this.#walking = walking
    this.#picking = picking
  }

  /** The walk's next step. */
  step(): void {
    if (this.#drift === 0) return
    for (const at of this.#walk.keys()) {
      this.#walk[at] = 0.7 * this.#walk[at]! + this.#drift * this.#walking.normal()
    }
  }

  /** @param tilt - a factor more for each route of the mix */
  pick(tilt: (index: number) => number = () => 1): A {
    const routes = this.#routes
    const weights = routes.map(({ weight }, at) => weight * tilt(at) * Math.exp(this.#walk[at]!))
    let left = this.#picking.uniform() * weights.reduce((sum, weight) => sum + weight, 0)
    return routes.find((_, at) => (left -= weights[at]!) < 0) ?? routes[0]!
  }
}

const REQUEST_TIMEOUT_MS = 15_000

/** Some keep-alive connections to one server. */
export class Client {
  readonly #port: number
  readonly #connections: number
  readonly #agent: http.Agent
  /** WebSockets without a message under way, by their path. */
  readonly #idle: Map<string, Socket[]> = new Map()

  constructor(port: number, connections = 8) {
    this.#port = port
    this.#connections = connections
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  }

  /**
   * One request.
   *
   * @returns the status, once the answer is there as a whole; GIVEN_UP where the client has gone away
   * @throws Error where the connection breaks, or no answer comes within 15 s
   */
  send(visit: Visit): Promise<number> {
    return visit.isMessage ? this.#exchange(visit) : this.#request(visit)
  }

  async #exchange({ path, body = '' }: Visit): Promise<number> {
    const idle = this.#idle.get(path) ?? []
    this.#idle.set(path, idle)
    const socket = idle.pop() ?? (await openSocket(`ws://127.0.0.1:${this.#port}${path}`))
    await new Promise<void>((resolve, reject) => {
      const closed = (): void => reject(new Error(`no answer over ${path}`))
      socket.once('close', closed)
      socket.once('message', () => {
        socket.removeListener('close', closed)
        resolve()
      })
      socket.send(body)
    })
    idle.push(socket)
    return 200
  }

  #request({ method = 'GET', path, body, givesUpAfterMs }: Visit): Promise<number> {
    const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream'
    const headers =
      body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }
    const options = { host: '127.0.0.1', port: this.#port, agent: this.#agent, headers }
    return new Promise((resolve, reject) => {
      const request = http
        .request({ ...options, method, path, timeout: REQUEST_TIMEOUT_MS }, (response) => {
          response.on('error', reject).resume()
          response.once('close', () => {
            if (response.complete) resolve(response.statusCode!)
            else reject(new Error(`half of an answer to ${method} ${path}`))
          })
        })
        .once('timeout', function timedOut(this: http.ClientRequest) {
          this.destroy(new Error(`no answer to ${method} ${path}`))
        })
        .once('error', reject)
      request.end(body)
      if (givesUpAfterMs === undefined) return
      setTimeout(() => {
        resolve(GIVEN_UP)
        request.destroy()
      }, givesUpAfterMs)
    })
  }

  /** A closed loop over all connections. @returns how many were answered, by status */
  async sendMany(count: number, next: () => Visit): Promise<Map<number, number>> {
    const answered = new Map<number, number>()
    let left = count
    await inLanes(this.#connections, async () => {
      if (left-- <= 0) return false
      const status = await this.send(next())
      answered.set(status, (answered.get(status) ?? 0) + 1)
      return true
    })
    return answered
  }

  close(): void {
    this.#agent.destroy()
    for (const sockets of this.#idle.values()) for (const socket of sockets) socket.terminate()
  }
}

function openSocket(url: string): Promise<Socket> {
  const { WebSocket } = require('ws') as { WebSocket: new (url: string) => Socket }
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Works on in that many lanes, until each is told that nothing is left. */
async function inLanes(count: number, work: () => Promise<boolean>): Promise<void> {
  async function lane(): Promise<void> {
    while (await work());
  }
  await Promise.all(Array.from({ length: count }, lane))
}

const CONNECTIONS = 8
/** Requests after which a closed loop's mix takes a step, and how wide a one: tests are short. */
const STEP_REQUESTS = 150
const STEP_DRIFT = 0.8

/**
 * A closed loop in a drifting mix, over eight connections, as fast as they are answered.
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
  get?: (path: string) => Promise<unknown>,
): Promise<Map<string, number>> {
  const routes = paths.map((path) => ({ path, weight: 1 }))
  const mix = new Mix(routes, STEP_DRIFT, createRandom(7))
  const sent = new Map(paths.map((path) => [path, 0]))
  const client = new Client(port, CONNECTIONS)
  const endMs = performance.now() + limitMs
  let total = 0
  let over = false
  await inLanes(CONNECTIONS, async () => {
    if (over) return false
    if (total++ % STEP_REQUESTS === 0) mix.step()
    const { path } = mix.pick()
    sent.set(path, sent.get(path)! + 1)
    await (get?.(path) ?? client.send({ path }))
    over ||= done() || performance.now() > endMs
    return true
  })
  client.close()
  return sent
}

export interface RateOptions {
  readonly port: number
  readonly routes: readonly Asked[]
  readonly seconds: number
  /** Requests per second. */
  readonly rate: number
  /** True: the mix is steady. */
  readonly steady?: boolean
  /** A generator for each purpose: how many requests there are depends on the machine, the walk must not. */
  readonly random: (purpose: 'walk' | 'route' | 'content') => Random
  readonly pattern?: Pattern
}

/** What moves besides the mix, by the seconds since the load began. */
export interface Pattern {
  /** Factor of the rate. */
  readonly burst?: (seconds: number) => number
  /** Factor of a route's weight. */
  readonly tilt?: (index: number, seconds: number) => number
  readonly connections?: (seconds: number) => number
  /** Requests of the route outside the mix that are held open, each on a connection of its own. */
  readonly held?: (seconds: number) => number
}

export interface LoadReport {
  readonly startedAt: number
  readonly endedAt: number
  readonly sent: Readonly<Record<string, number>>
  /** Responses of 500 and above, and requests that failed. */
  readonly errors: number
  /** Requests that were due while every connection was busy, and so never sent. */
  readonly skipped: number
  readonly connections: number
}

export const RATE_CONNECTIONS = 20
const RATE_DRIFT = 0.45
const TICK_MS = 5
const WALK_MS = 2500
/** What is in flight at the end gets so long. */
const LAST_MS = 300

/**
 * One keep-alive connection. A client each, because an agent of twenty sockets opens them only when
 * twenty requests are in flight, and lets the ones it does not need run into the server's timeout.
 */
class Lane {
  readonly client: Client
  busy = false

  constructor(port: number) {
    this.client = new Client(port, 1)
  }
}

/** So many requests a second over twenty connections, whatever the answers take. */
export async function loadAtRate(options: RateOptions): Promise<LoadReport> {
  const { port, routes, seconds: lasts, rate, pattern = {}, random } = options
  const { burst = () => 1, connections = () => RATE_CONNECTIONS, held = () => 0, tilt } = pattern
  const content = random('content')
  const drift = options.steady ? 0 : RATE_DRIFT
  const mix = new Mix(routes, drift, random('walk'), random('route'))
  const lanes: Lane[] = []
  const holding: Lane[] = []
  const sent = Object.fromEntries(routes.map(({ name }) => [name, 0]))
  const startedAt = Date.now()
  const startMs = performance.now()
  let errors = 0
  let skipped = 0
  let nextLane = 0

  async function send({ name, visit }: Asked, lane: Lane): Promise<void> {
    lane.busy = true
    sent[name]! += 1
    const status = await lane.client.send(visit(content)).catch(() => 599)
    if (status >= 500) errors++
    lane.busy = false
  }

  function freeLane(): Lane | undefined {
    for (let at = 0; at < lanes.length; at++) {
      const lane = lanes[(nextLane + at) % lanes.length]!
      if (lane.busy) continue
      nextLane = (nextLane + at + 1) % lanes.length
      return lane
    }
    return undefined
  }

  async function hold(route: Asked): Promise<void> {
    const lane = new Lane(port)
    holding.push(lane)
    while (performance.now() - startMs < lasts * 1000) await send(route, lane)
  }

  const walker = setInterval(() => mix.step(), WALK_MS)
  await new Promise<void>((resolve) => {
    let lastMs = startMs
    let due = 0
    const ticker = setInterval(() => {
      const nowMs = performance.now()
      const seconds = (nowMs - startMs) / 1000
      if (seconds >= lasts) {
        clearInterval(ticker)
        return resolve()
      }
      due += (rate * burst(seconds) * (nowMs - lastMs)) / 1000
      lastMs = nowMs
      while (lanes.length < connections(seconds)) lanes.push(new Lane(port))
      while (holding.length < held(seconds)) void hold(routes.find(({ weight }) => weight === 0)!)
      for (; due >= 1; due--) {
        const lane = freeLane()
        if (lane) void send(mix.pick(tilt && ((index) => tilt(index, seconds))), lane)
        else skipped++
      }
    }, TICK_MS)
  })
  clearInterval(walker)
  const all = [...lanes, ...holding]
  const endedAt = Date.now()
  // Of the last ones too, the answers count.
  await new Promise((resolve) => setTimeout(resolve, LAST_MS))
  for (const { client } of all) client.close()
  return { startedAt, endedAt, sent, errors, skipped, connections: all.length }
}
