/**
 * `memprof top`: a log as it grows, in the terminal; where no terminal is, a few lines now and then.
 */
import { MemprofError } from '../../errors'
import { endAs } from '../app/signals'
import { type FollowedFile, followFile } from '../log/follow'
import { liveScreen, liveText, type LiveView, type SortKey, SORTS } from '../view/live-view'
import { formatBytes } from '../view/numbers'
import { printable } from '../view/printable'
import { enterScreen, type Keys, openKeys, type Screen } from '../view/screen'
import { leakSentence } from '../view/sentences'
import { describeOutput } from '../view/terminal'
import { type Command, EXIT, type OptionValues, textOf } from './command'
import { openLiveLog } from './live-log'

/** Time between two reads of a growing file. */
const POLL_MS = 250
/** Bytes of a file that are read before the screen is drawn again. */
const READ_BYTES = 16 * 1024 ** 2
/** So much of the end of a file that is there already is read: some hours of a busy service. */
const CATCH_UP_BYTES = 64 * 1024 ** 2
/** The screen is drawn no more often than this. */
const FRAME_MS = 500
/** Where there is no terminal, text is written this often. */
const TEXT_MS = 10_000
/** Routes in such a text. */
const TEXT_ROUTES = 20
/** Lines of such a text are cut when they are longer than this. */
const TEXT_COLUMNS = 1000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
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
    return new Session(source, readSort(values)).ended
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

/** One call of `top`, from the first line to the last key. */
class Session {
  /** Resolves with the exit code; rejects when the log cannot be read any further. */
  readonly ended: Promise<number>
  readonly #source: string
  readonly #screen: Screen | null
  readonly #keys: Keys | null
  readonly #timer: NodeJS.Timeout
  readonly #log = openLiveLog((line) => {
    this.#isNew = true
    if (line?.event === 'leak' && !this.#screen) this.#print(this.#log.takeNewLeaks())
  })
  #resolve: (code: number) => void = () => {}
  #reject: (error: MemprofError) => void = () => {}
  #file: FollowedFile | null = null
  #sort: SortKey
  #showOthers = true
  #note = ''
  #isNew = true
  #drawnMs = Number.NEGATIVE_INFINITY

  constructor(source: string, sort: SortKey) {
    this.#source = source
    this.#sort = sort
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const isScreen = process.stdout.isTTY === true && process.env['TERM'] !== 'dumb'
    this.#screen = isScreen ? enterScreen(process.stdout) : null
    this.#timer = setInterval(() => {
      if (this.#file) this.#readFile()
      this.#draw()
    }, POLL_MS)
    for (const signal of SIGNALS) process.on(signal, this.#onSignal)
    process.stdout.on('resize', this.#redraw)
    this.#keys = isScreen ? openKeys(this.#onKey) : null
    if (isScreen) this.#redraw()
    if (source === '-') this.#readInput()
    else this.#follow()
  }

  #readInput(): void {
    process.stdin.on('data', (bytes: Buffer) => this.#log.reader.write(bytes))
    process.stdin.once('end', this.#end)
    process.stdin.once('error', this.#fail)
  }

  #follow(): void {
    this.#file = followFile(this.#source, {
      take: (bytes) => this.#log.reader.write(bytes),
      restarted: () => this.#log.reader.end(),
      maxBytesAtFirst: CATCH_UP_BYTES,
      skipped: (bytes) => {
        this.#note = `the first ${formatBytes(bytes)} of the file were passed over; memprof report reads all of it`
      },
    })
    this.#readFile()
    this.#redraw()
    if (!this.#screen && this.#log.summary().to === null) {
      process.stderr.write(`memprof: no line of memprof's yet in ${printable(this.#source)}\n`)
    }
  }

  #readFile(): void {
    try {
      // A file that is there already is read at one go, whatever is drawn meanwhile.
      while (this.#file!.read(READ_BYTES)) this.#draw()
    } catch (error) {
      this.#fail(error)
    }
  }

  #draw(): void {
    if (!this.#isNew) return
    const now = performance.now()
    if (now - this.#drawnMs < (this.#screen ? FRAME_MS : TEXT_MS)) return
    this.#drawnMs = now
    this.#isNew = false
    if (this.#screen) this.#screen.draw(liveScreen(this.#view(process.stdout.rows || 24)))
    else this.#writeText()
  }

  /** Draws at once, because somebody at the keyboard waits for it. */
  readonly #redraw = (): void => {
    this.#isNew = true
    this.#drawnMs = Number.NEGATIVE_INFINITY
    if (this.#screen) this.#draw()
  }

  #writeText(): void {
    const view = this.#view(TEXT_ROUTES)
    if (view.summary.to !== null) process.stdout.write(`${liveText(view)}\n\n`)
  }

  #print(sentences: readonly string[]): void {
    for (const sentence of sentences) process.stdout.write(`${sentence}\n`)
  }

  #view(rows: number): LiveView {
    const { columns, color, isTerminal } = describeOutput(process.stdout, process.env)
    return {
      summary: this.#log.summary(),
      state: this.#log.state(),
      sort: this.#sort,
      others: this.#showOthers ? this.#log.others : [],
      source: this.#source === '-' ? 'standard input' : printable(this.#source),
      note: this.#note,
      columns: isTerminal ? columns : TEXT_COLUMNS,
      rows,
      color,
    }
  }

  readonly #onKey = (key: string): void => {
    if (key === 'q') {
      this.#close()
      this.#resolve(EXIT.done)
    } else if (key === CTRL_C) {
      this.#close()
      // The terminal would have sent it to all of the pipe, had its keys not been ours.
      process.kill(0, 'SIGINT')
    } else if (key === 'o') this.#showOthers = !this.#showOthers
    else if (Object.hasOwn(SORTS, key)) this.#sort = key as SortKey
    else return
    this.#redraw()
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#close()
    endAs({ code: null, signal })
  }

  /** The app has ended: what was known at last stays on the terminal. */
  readonly #end = (): void => {
    this.#log.reader.end()
    this.#close()
    if (this.#screen) this.#print(this.#log.summary().leaks.map((leak) => leakSentence(leak)))
    this.#writeText()
    this.#resolve(EXIT.done)
  }

  readonly #fail = (error: unknown): void => {
    this.#close()
    const facts = { file: this.#source, reason: (error as Error).message }
    this.#reject(new MemprofError('ERR_MEMPROF_INPUT', facts, { cause: error }))
  }

  #close(): void {
    clearInterval(this.#timer)
    for (const signal of SIGNALS) process.off(signal, this.#onSignal)
    process.stdout.off('resize', this.#redraw)
    this.#file?.close()
    if (this.#source === '-') process.stdin.destroy()
    this.#keys?.close()
    this.#screen?.leave()
  }
}
