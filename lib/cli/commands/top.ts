/**
 * `memprof top`: a log as it grows, in the terminal; where no terminal is, a few lines now and then.
 */
import { MemprofError } from '../../errors'
import { type Command, EXIT, type OptionValues, textOf } from './command'
import { type FollowedFile, followFile } from '../log/follow'
import { openLive } from '../summary/live'
import { openLogReader } from '../log/read-log'
import { enterScreen, type Keys, openKeys } from '../view/screen'
import { endAs } from '../app/signals'
import { openSummary } from '../summary/builder'
import { describeOutput } from '../view/terminal'
import { liveScreen, liveText, type LiveView, type SortKey, SORTS } from '../view/live-view'
import { formatBytes } from '../view/numbers'
import { printable } from '../view/printable'
import { leakSentence } from '../view/sentences'

/** Between two looks at a growing file, ms. */
const POLL_MS = 250
/** Of a file, at one look. */
const READ_BYTES = 16 * 1024 ** 2
/** Of the end of a file that is there already: some hours of a busy service. */
const CATCH_UP_BYTES = 64 * 1024 ** 2
/** Between two frames, at least, ms. */
const FRAME_MS = 500
/** Between two texts, where no terminal is, ms. */
const TEXT_MS = 10_000
/** Routes in such a text. */
const TEXT_ROUTES = 20
/** There nothing is cut but what is longer than this. */
const TEXT_COLUMNS = 1000
/** Lines of other programs that are kept, and characters of each. */
const MAX_OTHERS = 100
const MAX_OTHER_CHARS = 500
/** Leaks whose sentence was written once. */
const MAX_TOLD = 1000
const CTRL_C = '\u0003'

export const top: Command = {
  usage: 'top [file or -] [options]',
  description:
    'Shows a log as it grows: rates, memory, routes, verdicts as they come. From a pipe or a file; the\n' +
    'file may be rotated. Without a terminal: the same as text, every 10 s.\n' +
    'Keys: q quits; m, r, l, e, n sort by memory, requests, latency, errors, name; o shows or hides\n' +
    "other programs' lines. Ctrl-C ends the whole pipe; after q, what the app prints goes nowhere.",
  options: {
    sort: {
      type: 'string',
      placeholder: 'KEY',
      meaning: 'memory (default), requests, latency, errors or name',
    },
  },
  examples: [
    ['node -r memprof/register app.js | memprof top', 'an app started here'],
    ['memprof top /var/log/shop.ndjson --sort latency', 'one that runs already'],
  ],
  async run({ values, positionals }) {
    const [source = '-', ...more] = positionals
    if (more.length > 0) {
      throw usage('memprof top follows one log', 'Several are read by memprof report.')
    }
    if (source === '-' && process.stdin.isTTY) {
      throw usage(
        'memprof top needs a log',
        'Name a file, or write node -r memprof/register app.js | memprof top.',
      )
    }
    return follow(source, readSort(values))
  },
}

function readSort(values: OptionValues): SortKey {
  const given = textOf(values, 'sort') ?? SORTS.m
  const key = (Object.keys(SORTS) as SortKey[]).find((one) => SORTS[one] === given)
  if (key) return key
  throw usage(
    `--sort ${given} is nothing to sort by`,
    `There are ${Object.values(SORTS).join(', ')}.`,
  )
}

function usage(problem: string, advice: string): MemprofError {
  return new MemprofError('ERR_MEMPROF_USAGE', { problem, advice })
}

function follow(source: string, firstSort: SortKey): Promise<number> {
  const builder = openSummary()
  const live = openLive()
  const isScreen = process.stdout.isTTY === true && process.env['TERM'] !== 'dumb'
  const others: string[] = []
  const told = new Set<string>()
  let sort = firstSort
  let showOthers = true
  let note = ''
  let isNew = true
  let drawnMs = Number.NEGATIVE_INFINITY

  const reader = openLogReader({
    line(line) {
      builder.line(line)
      live.line(line)
      isNew = true
      if (line.event === 'leak' && !isScreen) tellLeaks()
    },
    other(line) {
      others.push(printable(line.toString('utf8', 0, MAX_OTHER_CHARS * 4), MAX_OTHER_CHARS))
      if (others.length > MAX_OTHERS) others.shift()
      isNew = true
    },
  })

  function view(rows: number): LiveView {
    const { columns, color, isTerminal } = describeOutput(process.stdout, process.env)
    return {
      summary: builder.summary(),
      state: live.state(),
      sort,
      others: showOthers ? others : [],
      source: source === '-' ? 'standard input' : printable(source),
      note,
      columns: isTerminal ? columns : TEXT_COLUMNS,
      rows,
      color,
    }
  }

  /** Where no screen shows them: a sentence, when it is new. */
  function tellLeaks(): void {
    for (const leak of builder.summary().leaks) {
      const key = [leak.service, leak.scope, leak.kind, leak.method, leak.route].join('\n')
      const holder = leak.holders[0]?.path ?? ''
      if (leak.since !== null || told.has(key + holder) || told.size >= MAX_TOLD) continue
      told.add(key + holder)
      process.stdout.write(`${leakSentence(leak)}\n`)
    }
  }

  return new Promise((resolve, reject) => {
    const screen = isScreen ? enterScreen(process.stdout) : null
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
    const onSignal = (signal: NodeJS.Signals): void => {
      close()
      endAs({ code: null, signal })
    }
    let file: FollowedFile | null = null
    let keys: Keys | null = null

    function draw(): void {
      if (!isNew) return
      const now = performance.now()
      if (now - drawnMs < (screen ? FRAME_MS : TEXT_MS)) return
      drawnMs = now
      isNew = false
      if (screen) screen.draw(liveScreen(view(process.stdout.rows || 24)))
      else if (builder.summary().to !== null) writeText()
    }

    /** At once: somebody waits for it. */
    function redraw(): void {
      isNew = true
      drawnMs = Number.NEGATIVE_INFINITY
      if (screen) draw()
    }

    function writeText(): void {
      process.stdout.write(`${liveText(view(TEXT_ROUTES))}\n\n`)
    }

    function close(): void {
      clearInterval(timer)
      for (const signal of signals) process.off(signal, onSignal)
      process.stdout.off('resize', redraw)
      file?.close()
      if (source === '-') process.stdin.destroy()
      keys?.close()
      screen?.leave()
    }

    /** The app has ended: what was known at last stays on the terminal. */
    function end(): void {
      reader.end()
      close()
      const last = view(Number.POSITIVE_INFINITY)
      for (const leak of screen ? last.summary.leaks : [])
        process.stdout.write(`${leakSentence(leak)}\n`)
      if (last.summary.to !== null) writeText()
      resolve(EXIT.done)
    }

    function fail(error: unknown): void {
      close()
      const { message } = error as Error
      reject(
        new MemprofError('ERR_MEMPROF_INPUT', { file: source, reason: message }, { cause: error }),
      )
    }

    function onKey(key: string): void {
      if (key === 'q') {
        close()
        resolve(EXIT.done)
      } else if (key === CTRL_C) {
        close()
        // The terminal would have sent it to all of the pipe, had its keys not been ours.
        process.kill(0, 'SIGINT')
      } else if (key === 'o') showOthers = !showOthers
      else if (Object.hasOwn(SORTS, key)) sort = key as SortKey
      else return
      redraw()
    }

    function readFile(): void {
      try {
        // A file that is there already is read at one go, whatever is drawn meanwhile.
        while (file!.read(READ_BYTES)) draw()
      } catch (error) {
        fail(error)
      }
    }

    const timer = setInterval(() => {
      if (file) readFile()
      draw()
    }, POLL_MS)
    for (const signal of signals) process.on(signal, onSignal)
    process.stdout.on('resize', redraw)
    if (screen) {
      keys = openKeys(onKey)
      redraw()
    }
    if (source === '-') {
      process.stdin.on('data', (bytes: Buffer) => reader.write(bytes))
      process.stdin.once('end', end)
      process.stdin.once('error', fail)
    } else {
      file = followFile(source, {
        take: (bytes) => reader.write(bytes),
        restarted: () => reader.end(),
        maxBytesAtFirst: CATCH_UP_BYTES,
        skipped(bytes) {
          note = `the first ${formatBytes(bytes)} of the file were passed over; memprof report reads all of it`
        },
      })
      readFile()
      redraw()
      if (!screen && builder.summary().to === null) {
        process.stderr.write(`memprof: no line of memprof's yet in ${printable(source)}\n`)
      }
    }
  })
}
