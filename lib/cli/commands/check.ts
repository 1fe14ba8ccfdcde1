/**
 * `memprof check`: starts an app, asks for its URLs so many times, and says which of them leak: a test
 * for CI.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { MemprofError } from '../../errors'
import { PACKAGE_VERSION } from '../../config/package-version'
import { judgeCheck, type CheckedTarget, type CheckResult } from '../app/check-result'
import { type CheckedApp, startCheckedApp } from '../app/checked-app'
import { type Command, EXIT, isSet, type OptionValues, textOf, textsOf } from './command'
import { MAX_ABANDONED, numbered, openLoad, type Target } from '../app/load'
import { endAs } from '../app/signals'
import { checkText } from '../view/check-text'
import { junitXml } from '../view/junit'
import { countOf } from '../view/numbers'

const DEFAULT_REQUESTS = 5000
const DEFAULT_CONNECTIONS = 10
const MAX_REQUESTS = 1_000_000
const MAX_CONNECTIONS = 1000
const MAX_URLS = 200
/** So many more requests are sent first and do not count: in them the app loads and compiles what it needs. */
const WARM_UP_SHARE = 0.1
/** A check takes this long or longer: some 30 readings of the heap fit in, and a verdict needs 8. */
const DEFAULT_SECONDS = 15
const MAX_SECONDS = 86_400
/** The app is left running this long after its last answer, for a last reading of the heap. */
const SETTLE_MS = 1000

/** How much is sent to each URL, and in what time. */
interface Traffic {
  readonly requests: number
  readonly connections: number
  readonly seconds: number
  /** Of the requests, those that the client gives up, 0 to 1. */
  readonly abandonShare: number
}

export const check: Command = {
  usage: 'check --url PATH… [options] [--] node app.js',
  description:
    'Starts the app with memprof in it, warms it up, sends requests to each URL in a changing mix, and\n' +
    'says which of them keep memory. Exit code 1: a leak was proven, its 95 % interval above the limit.\n' +
    'Exit code 2: it could not be told, or the app did not serve. How much it sees: docs/check.md.',
  passesThrough: true,
  options: {
    url: {
      type: 'string',
      multiple: true,
      placeholder: 'PATH',
      meaning: "a path, or a method and a path ('POST /carts'); {n} becomes a new number each time",
    },
    method: { type: 'string', placeholder: 'M', meaning: 'for URLs without one (default GET)' },
    header: {
      type: 'string',
      multiple: true,
      placeholder: "'N: V'",
      meaning: 'a header of each request',
    },
    body: {
      type: 'string',
      placeholder: 'TEXT',
      meaning: 'of each request that is not GET or HEAD; {n} as in a URL',
    },
    requests: {
      type: 'string',
      placeholder: 'N',
      meaning: `at each URL (default ${DEFAULT_REQUESTS})`,
    },
    connections: {
      type: 'string',
      placeholder: 'C',
      meaning: `at most so many at once (default ${DEFAULT_CONNECTIONS})`,
    },
    seconds: {
      type: 'string',
      placeholder: 'S',
      meaning: `spread over at least so long (default ${DEFAULT_SECONDS})`,
    },
    abandon: {
      type: 'string',
      placeholder: 'SHARE',
      meaning: 'of the requests, given up before, during or instead of the answer: 20%',
    },
    limit: {
      type: 'string',
      placeholder: 'BYTES',
      meaning: 'what a request may keep (default 0: no proven leak)',
    },
    'any-status': { type: 'boolean', meaning: 'URLs that answer 400 and above are meant to' },
    port: {
      type: 'string',
      placeholder: 'P',
      meaning: 'where the app listens, if on several ports',
    },
    log: { type: 'string', placeholder: 'FILE', meaning: 'keep the log; %p is the process id' },
    json: { type: 'string', placeholder: 'FILE', meaning: 'the outcome with exact numbers' },
    junit: { type: 'string', placeholder: 'FILE', meaning: 'the outcome as CI systems read it' },
  },
  examples: [
    ["memprof check --url / --url '/orders/{n}' app.js", 'two routes'],
    [
      `memprof check --url 'POST /carts' --header 'content-type: application/json' --body '{"sku":{n}}' -- npm start`,
      'one with a body',
    ],
    ['memprof check --url /search --limit 100 --junit leaks.xml -- node app.js', 'for CI'],
  ],
  async run({ values, positionals }) {
    const targets = readTargets(values)
    const requests = readCount(values, 'requests', DEFAULT_REQUESTS, MAX_REQUESTS)
    const connections = readCount(values, 'connections', DEFAULT_CONNECTIONS, MAX_CONNECTIONS)
    const seconds = readCount(values, 'seconds', DEFAULT_SECONDS, MAX_SECONDS)
    const abandonShare = readShare(values, 'abandon')
    const limitBytesPerRequest = readCount(values, 'limit', 0, Number.MAX_SAFE_INTEGER, 0)
    const port = textOf(values, 'port') === undefined ? null : readCount(values, 'port', 0, 65_535)
    if (positionals.length === 0) {
      throw usage(
        'memprof check needs an app to start',
        'Write it last: memprof check --url / app.js.',
      )
    }
    const startedMs = performance.now()
    const log = textOf(values, 'log') ?? null
    const app = startCheckedApp({ words: positionals, env: process.env, log, port })
    const interrupted = untilInterrupted()
    let signal: NodeJS.Signals | null = null
    try {
      const checked = await Promise.race([
        sendAll(app, targets, { requests, connections, seconds, abandonShare }),
        app.ends,
        interrupted.signal,
      ])
      await app.stop()
      if (typeof checked === 'string') {
        signal = checked
        return EXIT.wrong
      }
      const result = judgeCheck(checked, app.summary(), {
        limitBytesPerRequest,
        anyStatus: isSet(values, 'any-status'),
      })
      const tookSeconds = Math.round((performance.now() - startedMs) / 100) / 10
      writeResult(result, values, { requests, connections, seconds: tookSeconds, abandonShare })
      return { passed: EXIT.done, leaking: EXIT.found, unknown: EXIT.wrong }[result.outcome]
    } catch (error) {
      await app.stop()
      const tail = error instanceof MemprofError ? app.stderrTail() : []
      if (tail.length > 0)
        process.stderr.write(`The app's stderr ended with\n  ${tail.join('\n  ')}\n`)
      throw error
    } finally {
      app.clean()
      interrupted.release()
      if (signal !== null) endAs({ code: null, signal })
    }
  },
}

/** The app has a group of its own, which the terminal does not reach: it is ended here first. */
function untilInterrupted(): { signal: Promise<NodeJS.Signals>; release: () => void } {
  let release = (): void => {}
  const signal = new Promise<NodeJS.Signals>((resolve) => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
    for (const one of signals) process.on(one, resolve)
    release = () => {
      for (const one of signals) process.off(one, resolve)
    }
  })
  return { signal, release }
}

async function sendAll(
  app: CheckedApp,
  targets: readonly Target[],
  { requests, connections, seconds, abandonShare }: Traffic,
): Promise<CheckedTarget[]> {
  const origin = await app.listens()
  const load = openLoad(origin, targets, connections)
  app.ends.catch(() => load.stop())
  const warmUp = Math.ceil(requests * WARM_UP_SHARE)
  await load.send(warmUp, seconds * WARM_UP_SHARE, abandonShare)
  const answers = await load.send(requests, seconds, abandonShare)
  await wait(SETTLE_MS)
  // One at a time, to learn which route answers which URL: numbers begin at 0.
  await load.send(1, 0)
  const last = targets.map(({ method, path }) => ({
    method,
    path: numbered(path, warmUp + requests),
  }))
  const routes = await app.routesOf(last)
  await load.stop()
  return targets.map(({ method, path }, at) => ({
    method,
    path,
    route: routes[at]!,
    answers: answers[at]!,
  }))
}

/** On stdout: nothing else is there, because the app's own output is not shown. */
function writeResult(result: CheckResult, values: OptionValues, sent: Traffic): void {
  const { requests, connections, seconds, abandonShare } = sent
  const givenUp = abandonShare === 0 ? '' : `${Math.round(100 * abandonShare)} % given up, `
  const head =
    `${countOf(requests, 'request')} at each of ${countOf(result.urls.length, 'URL')}, ${givenUp}` +
    `${countOf(connections, 'connection')}, ${Math.round(seconds)} s; Node ${process.version}`
  process.stdout.write(`${head}\n\n${checkText(result)}\n`)
  const json = textOf(values, 'json')
  if (json !== undefined) {
    const about = { memprof: PACKAGE_VERSION, node: process.version, ...sent }
    write(json, `${JSON.stringify({ ...about, ...result }, null, 2)}\n`)
  }
  const junit = textOf(values, 'junit')
  if (junit !== undefined) write(junit, junitXml(result, seconds))
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw usage(`${file} cannot be written: ${(error as Error).message}`, 'Name another file.')
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']

function readTargets(values: OptionValues): Target[] {
  const urls = textsOf(values, 'url')
  if (urls.length === 0) {
    throw usage('memprof check needs a URL', 'Write --url /path, once for each.')
  }
  if (urls.length > MAX_URLS) {
    throw usage(`${urls.length} URLs are too many`, `Check at most ${MAX_URLS} at a time.`)
  }
  const headers = readHeaders(textsOf(values, 'header'))
  const body = textOf(values, 'body')
  return urls.map((url) => {
    const [, own, path] = /^(?:([a-z]+)\s+)?(\/\S*)$/i.exec(url) ?? []
    if (path === undefined) {
      throw usage(`--url ${url} is no path`, "Write --url /path, or --url 'POST /path'.")
    }
    const method = (own ?? textOf(values, 'method') ?? 'GET').toUpperCase()
    if (!METHODS.includes(method)) {
      throw usage(`${method} is no method`, `There are ${METHODS.join(', ')}.`)
    }
    const hasBody = method !== 'GET' && method !== 'HEAD'
    return { method, path, headers, body: hasBody ? body : undefined }
  })
}

function readHeaders(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((header) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(header) ?? []
      if (name === undefined || value === undefined) {
        throw usage(`--header ${header} is no header`, "Write --header 'name: value'.")
      }
      return [name, value]
    }),
  )
}

/** A whole number within limits. */
function readCount(
  values: OptionValues,
  name: string,
  fallback: number,
  max: number,
  min = 1,
): number {
  const text = textOf(values, name)
  if (text === undefined) return fallback
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (count >= min && count <= max) return count
  throw usage(
    `--${name} ${text} is no whole number from ${min} to ${max}`,
    `Write --${name} ${fallback || min}.`,
  )
}

/** `20%` or `0.2`. */
function readShare(values: OptionValues, name: string): number {
  const text = textOf(values, name)
  if (text === undefined) return 0
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? []
  const share = Number(number) / (percent ? 100 : 1)
  if (share >= 0 && share <= MAX_ABANDONED) return share
  throw usage(
    `--${name} ${text} is no share from 0 to ${100 * MAX_ABANDONED}%`,
    `Write --${name} 20%.`,
  )
}

function usage(problem: string, advice: string): MemprofError {
  return new MemprofError('ERR_MEMPROF_USAGE', { problem, advice })
}
