/**
 * An app in layers, every one of them async, with memprof in it. By question it does what a trace does,
 * of the parts that a trace is made of, so that each can be measured with and without the next.
 */
import { createHook } from 'node:async_hooks'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { compileFunction } from 'node:vm'
import { Logpoints } from '../../lib/inspector/logpoints'
import { InspectorSession } from '../../lib/inspector/session'
import type { FunctionPosition } from '../../lib/inspector/stack-frame'
import { RequestMarks } from '../../lib/record/request-marks'
import { Executions } from '../../lib/trace/executions'
import { Slices } from '../../lib/trace/slices'
import { Tally } from '../../lib/trace/tally'
import { answerQuestions } from '../../test/support/answers'

/** Each is measured with those before it. */
export const KINDS = ['none', 'marks', 'slices', 'containers', 'logpoints'] as const
/** `hits`: logpoints that stay, instead of those that are taken out after a few hits. */
export type Kind = (typeof KINDS)[number] | 'hits'
export type Question = Kind | 'end' | 'count' | 'open' | 'load'

export interface Reading {
  /** User and system, all threads. */
  readonly cpuUs: number
  readonly hits: number
  /** As memprof says it, of these hits. */
  readonly hitsMs: number
  /** Since `count`. */
  readonly slices: number
}

/** What the app stands still for, before the first hit; ms. */
export interface Opening {
  readonly scripts: number
  readonly heapBytes: number
  /** The start of the debugger. */
  readonly openMs: number
  /** The longest of four logpoints to set. */
  readonly setMs: number
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
const orders = new Map<number, object>()
const customers = new Set<object>()
const audit: object[] = []
const latest = new Map<string, object>()
let queries = 0

/** Two turns of the event loop, as a question to a database takes. */
async function query(text: string): Promise<{ text: string; at: number }> {
  await turn()
  await turn()
  return { text, at: ++queries }
}

async function findOrder(id: string): ReturnType<typeof query> {
  const row = await query(`order ${id}`)
  orders.set(row.at, row)
  return row
}

async function findCustomer(order: string): ReturnType<typeof query> {
  const row = await query(`customer of ${order}`)
  customers.add(row)
  return row
}

async function note(order: object): Promise<void> {
  await turn()
  audit.push(order)
}

async function showOrder(id: string): Promise<object> {
  const order = await findOrder(id)
  const customer = await findCustomer(order.text)
  await note(order)
  latest.set(`${order.at}`, customer)
  return { id, order: order.text, customer: customer.at }
}

type Handler = (req: { params: { id: string } }, res: { json(body: object): void }) => Promise<void>
interface Express {
  (): RequestListener & Express
  use(handle: (req: object, res: object, next: () => void) => Promise<void>): void
  get(route: string, handle: Handler): void
  listen(port: number, host: string): { address(): AddressInfo }
}

/** memprof's, which it makes as the server begins to listen. */
const made: RequestMarks[] = []
class KnownMarks extends RequestMarks {
  constructor() {
    super()
    made.push(this)
  }
}

/** As a trace does. */
const LOOK_MS = 250
const now = (): number => performance.now()
const logpoints = new Logpoints()
const counting = createHook({ before: () => void counted++ })
let counted = 0
/** Kept, as a larger app does. */
export let loaded: object
let slices: Slices | null = null
let executions: Executions | null = null
let looking: NodeJS.Timeout | undefined
let tally = new Tally()
let before = process.cpuUsage()

/** Each round with empty containers. What is done here are pauses: their CPU time does not count. */
function begin(kind: Kind, positions: readonly FunctionPosition[]): void {
  const marks = made[0]!
  const level = kind === 'hits' ? KINDS.length : KINDS.indexOf(kind)
  for (const container of [orders, customers, latest]) container.clear()
  audit.length = 0
  if (level >= KINDS.indexOf('marks')) marks.begin()
  if (level >= KINDS.indexOf('slices')) {
    slices = new Slices(marks, now)
    slices.begin()
  }
  if (level >= KINDS.indexOf('containers')) {
    for (const container of [orders, customers, audit, latest]) slices!.watch(container)
  }
  if (level >= KINDS.indexOf('logpoints')) logpoints.open()
  if (kind === 'logpoints') {
    executions = new Executions(positions, logpoints, marks, now)
    looking = setInterval(() => executions?.look(), LOOK_MS)
  }
  tally = new Tally()
  const onHit = (): void => tally.note(marks.current, 1, now())
  for (const position of kind === 'hits' ? positions : []) logpoints.set(position, onHit)
  before = process.cpuUsage()
}

function end(): Reading {
  const { user, system } = process.cpuUsage(before)
  const tallies = [tally, ...(executions?.tallies.values() ?? [])]
  const hits = tallies.reduce((sum, { total }) => sum + total, 0)
  const reading = { cpuUs: user + system, hits, hitsMs: executions?.hitsMs ?? 0, slices: counted }
  if (hits > 0) logpoints.close()
  clearInterval(looking)
  executions = null
  slices?.end()
  slices = null
  made[0]!.end()
  counting.disable()
  return reading
}

function open(session: InspectorSession, positions: readonly FunctionPosition[]): Opening {
  const beganMs = now()
  logpoints.open()
  const openMs = now() - beganMs
  const setMs = positions.map((position) => {
    const beforeMs = now()
    logpoints.set(position, () => {})
    return now() - beforeMs
  })
  logpoints.close()
  const { heapUsed } = process.memoryUsage()
  const scripts = session.scriptUrls().size
  return { scripts, heapBytes: heapUsed, openMs, setMs: Math.max(...setMs) }
}

/** With 2,000 scripts more, of 5 kB each, and 600,000 objects of 160 bytes. */
function load(): object {
  const text = `return 0 // ${'some code '.repeat(500)}`
  return [
    Array.from({ length: 2000 }, (_, at) => compileFunction(`${text}${at}`)),
    Array.from({ length: 600_000 }, (_, at) => ({ name: `item ${at}`, tags: [at, at / 2] })),
  ]
}

function listen(): void {
  const room = require('../../lib/record/request-marks') as { RequestMarks: typeof RequestMarks }
  room.RequestMarks = KnownMarks
  const express = require('express') as Express
  const app = express()
  app.use(async function session(_req, _res, next) {
    await query('session')
    next()
  })
  app.get('/orders/:id', async (req, res) => {
    res.json(await showOrder(req.params.id))
  })
  const server = app.listen(0, '127.0.0.1')
  const session = new InspectorSession()
  const functions = [findOrder, findCustomer, note, showOrder]
  const positions = session.locate(functions).filter((position) => position !== null)
  answerQuestions<Question>((question) => {
    if (question === 'end') return end()
    if (question === 'count') return void counting.enable()
    if (question === 'open') return open(session, positions)
    if (question === 'load') return void (loaded = load())
    return begin(question, positions)
  })
  setImmediate(() => console.log(`listens on http://127.0.0.1:${server.address().port}`))
}

if (require.main === module) listen()
