/**
 * memprof at work: a shop of ten routes, one of which leaks, started unchanged with the preload, under
 * mixed concurrent traffic.
 *
 *   node dist/benchmarks/demo/main.js [--seconds 24] [--markdown]
 *
 * Shows memprof's lines as they come (event and msg; `--markdown`: without those of the routes), then
 * what was found against what is true. Exits 1 when the leak was not named, or an innocent route was.
 */
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { launchApp } from '../../test/support/app'
import { RATE_CONNECTIONS } from '../../test/support/load'
import { findLeaks } from './findings'
import { type LoggedLine, parseLine, showFindings, showLine } from './show'
import { visitShop } from './traffic'
import { measureTruth, SHOP } from './truth'

/** A verdict within the run: readings every 2 s, also where a machine's pauses are longer than here. */
const SETTINGS = {
  MEMPROF_INTERVAL: '5s',
  MEMPROF_LEAK_INTERVAL: '2s',
  MEMPROF_PAUSE_BUDGET: '0.05',
}
/** Columns where stdout is no terminal. */
const DEFAULT_WIDTH = 110

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '24' },
    markdown: { type: 'boolean', default: false },
  },
})

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function main(): Promise<void> {
  const seconds = Number(values.seconds)
  if (!(seconds > 0 && seconds <= 600)) throw new Error('--seconds takes a number up to 600')
  const width = values.markdown ? DEFAULT_WIDTH : (process.stdout.columns ?? DEFAULT_WIDTH)
  if (!values.markdown)
    print('First the truth: the leaking route alone, without memprof (some seconds).\n')
  const truth = await measureTruth()

  const settings = Object.entries(SETTINGS).map(([name, value]) => `${name}=${value}`)
  print(`$ ${settings.join(' ')} node -r memprof/register ${SHOP}`)
  const lines: LoggedLine[] = []
  const startedMs = performance.now()
  const server = await launchApp(SHOP, {
    env: SETTINGS,
    control: null,
    onLine(text) {
      const line = parseLine(text)
      if (!line) {
        print(text)
        return
      }
      lines.push(line)
      if (values.markdown && line.event === 'route') return
      print(showLine(line, performance.now() - startedMs, width))
    },
  })
  const traffic = await visitShop(server.port, seconds)
  const end = await server.end('SIGTERM')

  print(
    `\n${traffic.requests.toLocaleString('en-US')} requests in ${seconds} s over ${RATE_CONNECTIONS} connections,` +
      ` ${traffic.failed} failed; Node ${process.version}\n`,
  )
  const findings = findLeaks(lines, truth)
  print(showFindings(findings, truth))
  if (traffic.failed > 0) print(`${traffic.failed} requests failed.`)
  if (end.signal !== 'SIGTERM') print(`The shop ended with ${end.signal ?? end.code}.`)
  const passed = findings.leakNamed && findings.falselyNamed.length === 0
  if (!passed || traffic.failed > 0 || end.signal !== 'SIGTERM') process.exitCode = 1
}

main().catch((error: unknown) => {
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`)
  process.exitCode = 1
})
