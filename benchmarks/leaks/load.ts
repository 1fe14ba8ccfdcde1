/**
 * The traffic, in a process of its own: about `rate` requests a second over keep-alive connections,
 * each route's weight on a random walk, so that no two routes keep the same rhythm for long.
 *
 *   node load.js '{"app":"audit-trail","port":1234,"seconds":60,"rate":700,"seed":1}'
 *
 * Prints one JSON line when it is done: what was sent, by route.
 */
import http from 'node:http'
import { type CorpusApp, type CorpusRoute, corpus, routeName } from './corpus.js'
import { createRandom, seedOf } from './random.js'

export interface LoadOptions {
  readonly app: string
  readonly port: number
  readonly seconds: number
  readonly rate: number
  readonly seed: number
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

const CONNECTIONS = 20
const TICK_MS = 5
const WALK_MS = 2500
const REQUEST_TIMEOUT_MS = 15_000
/** How long the growing patterns grow; they stay as they are afterwards. */
const GROWTH_SECONDS = 28
const GROWN_CONNECTIONS = 200
const GROWN_POLLS = 150

/** One keep-alive connection. An agent each, because an agent of twenty sockets opens them only when
 * twenty requests are in flight, and lets the ones it does not need run into the server's timeout. */
interface Lane {
  readonly agent: http.Agent
  busy: boolean
}

function openLane(): Lane {
  return { agent: new http.Agent({ keepAlive: true, maxSockets: 1 }), busy: false }
}

function runLoad(app: CorpusApp, options: LoadOptions): void {
  // How many requests there are depends on the machine: the walk of the weights must not.
  const walking = createRandom(seedOf(options.seed, app.name, 'walk'))
  const picking = createRandom(seedOf(options.seed, app.name, 'route'))
  const random = createRandom(seedOf(options.seed, app.name, 'content'))
  const mixed = app.routes.filter((route) => route.weight > 0)
  const walk = mixed.map(() => 0)
  const lanes = Array.from({ length: CONNECTIONS }, openLane)
  const sent: Record<string, number> = Object.fromEntries(
    app.routes.map((route) => [routeName(route), 0]),
  )
  const startedAt = Date.now()
  let errors = 0
  let skipped = 0
  let due = 0
  let nextLane = 0
  let polls = 0
  let last = performance.now()
  const start = last

  const send = (route: CorpusRoute, lane: Lane, done?: () => void): void => {
    lane.busy = true
    sent[routeName(route)]! += 1
    const body = route.body?.(random)
    let settled = false
    const settle = (failed: boolean): void => {
      if (settled) return
      settled = true
      if (failed) errors++
      lane.busy = false
      done?.()
    }
    const request = http.request(
      {
        agent: lane.agent,
        host: '127.0.0.1',
        port: options.port,
        method: route.method,
        path: route.path(random),
        timeout: REQUEST_TIMEOUT_MS,
        headers:
          body === undefined
            ? {}
            : {
                'content-type':
                  typeof body === 'string' ? 'application/json' : 'application/octet-stream',
                'content-length': Buffer.byteLength(body),
              },
      },
      (response) => {
        response.resume()
        response.once('close', () => settle(response.statusCode! >= 500 || !response.complete))
      },
    )
    request.once('timeout', () => request.destroy())
    request.once('error', () => settle(true))
    request.end(body)
  }

  /** The share of the growth that is over, 0 to 1. */
  const grown = (seconds: number): number => Math.min(1, seconds / GROWTH_SECONDS)

  const rateAt = (seconds: number): number => {
    if (app.load !== 'bursts') return options.rate
    // 2.5 s of every 8 at two and a half times the rate: the same mean.
    return seconds % 8 < 2.5 ? options.rate * 2.5 : options.rate * 0.32
  }

  const pick = (seconds: number): CorpusRoute => {
    const weights = mixed.map((route, index) => {
      // The shifting mix: every route's share rises or falls twentyfold over the whole run.
      const tilt =
        app.load === 'shift'
          ? 20 ** ((seconds / options.seconds - 0.5) * (index % 2 === 0 ? 1 : -1))
          : 1
      return route.weight * tilt * Math.exp(walk[index]!)
    })
    let left = picking.uniform() * weights.reduce((sum, weight) => sum + weight, 0)
    for (let i = 0; i < mixed.length; i++) {
      left -= weights[i]!
      if (left < 0) return mixed[i]!
    }
    return mixed[0]!
  }

  const freeLane = (): Lane | undefined => {
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[(nextLane + i) % lanes.length]!
      if (lane.busy) continue
      nextLane = (nextLane + i + 1) % lanes.length
      return lane
    }
    return undefined
  }

  const holdPoll = (route: CorpusRoute, lane: Lane): void => {
    send(route, lane, () => {
      if ((performance.now() - start) / 1000 < options.seconds) holdPoll(route, lane)
    })
  }

  const walker = setInterval(() => {
    // Pulled back to where it began, so that a rare route stays rare.
    for (let i = 0; i < walk.length; i++) walk[i] = 0.7 * walk[i]! + 0.45 * walking.normal()
  }, WALK_MS)

  const ticker = setInterval(() => {
    const now = performance.now()
    const seconds = (now - start) / 1000
    if (seconds >= options.seconds) return finish()
    due += (rateAt(seconds) * (now - last)) / 1000
    last = now
    if (app.load === 'connections') {
      const wanted = CONNECTIONS + (GROWN_CONNECTIONS - CONNECTIONS) * grown(seconds)
      while (lanes.length < wanted) lanes.push(openLane())
    }
    if (app.load === 'polls') {
      const route = app.routes.find((candidate) => candidate.weight === 0)!
      for (; polls < GROWN_POLLS * grown(seconds); polls++) holdPoll(route, openLane())
    }
    for (; due >= 1; due--) {
      const lane = freeLane()
      if (lane) send(pick(seconds), lane)
      else skipped++
    }
  }, TICK_MS)

  const finish = (): void => {
    clearInterval(ticker)
    clearInterval(walker)
    const report: LoadReport = {
      startedAt,
      endedAt: Date.now(),
      sent,
      errors,
      skipped,
      connections: lanes.length + polls,
    }
    // What is still in flight gets a moment; the process ends with its connections.
    setTimeout(
      () => process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0)),
      300,
    )
  }
}

const options = JSON.parse(process.argv[2]!) as LoadOptions
runLoad(corpus.find((app) => app.name === options.app)!, options)
