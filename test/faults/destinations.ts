/** What can be wrong with where the lines go. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, type LogLine, ofEvent, parseLines, type Stage } from '../support/app'
import { temporaryFolder } from '../support/files'
import { sendMany, startFaulty, writeLines } from './faulty-app'
import type { Figures, Scenario } from './scenario'

const onWindows = (): string | null => (process.platform === 'win32' ? 'not on Windows' : null)
const DEBUG = { MEMPROF_LEVEL: 'debug', MEMPROF_INTERVAL: '1h', MEMPROF_LEAKS: 'off' }
/** Lines of so many requests are several times what a pipe or a socket holds. */
const MORE_THAN_FITS = 800

/** Every line of a text that is memprof's alone; throws where one is not whole. */
function wholeLines(text: string): LogLine[] {
  assert.ok(text === '' || text.endsWith('\n'), 'the last line is whole')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LogLine)
}

interface Reader {
  readonly stdout: number | 'pipe'
  /** All that came through since it reads again, as the app ends. */
  readonly rest: (app: App) => Promise<string>
}

/** A named pipe that is open for reading and not read. */
function stoppedPipe(stage: Stage): Reader {
  const path = join(temporaryFolder(stage), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stdout = openSync(path, constants.O_WRONLY)
  stage.after(() => closeSync(reader))
  let writerOpen = true
  const closeWriter = (): void => {
    if (writerOpen) closeSync(stdout)
    writerOpen = false
  }
  stage.after(closeWriter)
  const buffer = Buffer.alloc(1 << 20)
  const pieces: Buffer[] = []
  /** @returns false once nobody has the pipe open any more */
  function readSome(): boolean {
    try {
      const length = readSync(reader, buffer)
      pieces.push(Buffer.from(buffer.subarray(0, length)))
      return length > 0
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return true
      throw error
    }
  }
  return {
    stdout,
    async rest() {
      closeWriter()
      while (readSome()) await new Promise((resolve) => setImmediate(resolve))
      return Buffer.concat(pieces).toString()
    },
  }
}

/** A socket, as Node gives its children: the parent does not read from it. */
function stoppedSocket(): Reader {
  return {
    stdout: 'pipe',
    async rest(app) {
      app.child.stdout!.resume()
      await app.ended
      return app.stdout
    },
  }
}

function stops(what: string, make: (stage: Stage) => Reader): Scenario[] {
  /** An app whose lines wait: its reader reads nothing. */
  async function startUnread(stage: Stage): Promise<{ reader: Reader; app: App }> {
    const reader = make(stage)
    const app = await startFaulty(stage, { stdout: reader.stdout, env: DEBUG })
    app.child.stdout?.pause()
    await sendMany(app.port, MORE_THAN_FITS)
    await writeLines(app)
    return { reader, app }
  }
  return [
    {
      claim: `${what} whose reader stops does not stop the app, and gets every line when it reads again`,
      how: `nothing is read while ${MORE_THAN_FITS} requests are answered at level debug; then everything`,
      times: 5,
      hindrance: onWindows,
      async run(stage) {
        const { reader, app } = await startUnread(stage)
        // The app still answers, with its lines waiting.
        assert.equal(await sendMany(app.port, 50), 50)
        const [text, { signal }] = await Promise.all([reader.rest(app), ends(app)])
        assert.equal(signal, 'SIGTERM')
        assert.equal(app.stderr, '')
        const lines = wholeLines(text)
        assert.equal(ofEvent(lines, 'request').length, MORE_THAN_FITS + 50)
        assert.equal(lines.at(-1)?.event, 'stop')
        assert.deepEqual(ofEvent(lines, 'warning'), [])
        return { 'lines read late': lines.length, 'lines lost': 0 }
      },
    },
    {
      claim: `${what} that nobody reads any more delays the end by two seconds, and what is lost is counted`,
      how: 'nothing is read from the start to the end; then SIGTERM',
      times: 3,
      hindrance: onWindows,
      async run(stage) {
        const { reader, app } = await startUnread(stage)
        await app.settled()
        const beganMs = performance.now()
        app.child.kill('SIGTERM')
        const [, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
          app.child.once('exit', (code, by) => resolve([code, by]))
        })
        const tookMs = performance.now() - beganMs
        assert.equal(signal, 'SIGTERM')
        const text = await reader.rest(app)
        await app.ended
        const [, lost] =
          /^memprof: (\d+) lines? could not be written to stdout\n$/.exec(app.stderr) ?? []
        const read = text.split('\n').length - 1
        // Requests, and the four lines of any run: start, route, process, stop; twice the two between.
        assert.equal(read + Number(lost), MORE_THAN_FITS + 5, app.stderr)
        return { 'ms to the end': Math.round(tookMs), 'lines lost': Number(lost) }
      },
    },
  ]
}

/** Ends the app by SIGTERM. */
async function ends(app: App): Promise<{ signal: NodeJS.Signals | null; code: number | null }> {
  await app.settled()
  app.child.kill('SIGTERM')
  return app.ended
}

function messages(app: App): string[] {
  return app.stderr.split('\n').filter((line) => line.startsWith('memprof: '))
}

/** A stdout that takes nothing, or nothing more: the app goes on, and says how it ended. */
function takesNothing(what: string, how: string, shell: string, said: readonly RegExp[]): Scenario {
  return {
    claim: `${what}: the app answers and ends with its own code`,
    how,
    times: 5,
    hindrance: onWindows,
    async run(stage) {
      const app = await startFaulty(stage, { env: DEBUG, shell })
      const answered = await sendMany(app.port, 100)
      await writeLines(app)
      assert.equal(answered + (await sendMany(app.port, 100)), 200)
      await app.ask('void setImmediate(() => process.exit(3))')
      const { code } = await app.ended
      const own = /^code (\d+)$/m.exec(app.stderr)?.[1] ?? code
      assert.equal(Number(own), 3)
      const told = messages(app)
      assert.equal(told.length, said.length, app.stderr)
      said.forEach((pattern, at) => assert.match(told[at]!, pattern))
      return { 'requests answered': 200, 'messages on stderr': told.length }
    },
  }
}

const FAILED = /ERR_MEMPROF_DESTINATION/
const COUNTED = /^memprof: \d+ lines? could not be written to stdout$/

/** A file that grew as far as it may, in the middle of a line. */
async function untilFull(app: App): Promise<void> {
  while (!FAILED.test(app.stderr)) {
    await sendMany(app.port, 50)
    await writeLines(app)
  }
}

/** Lines lost, as told by memprof in the log, once there is room again. */
async function untilCounted(app: App, log: string): Promise<number> {
  for (;;) {
    await writeLines(app)
    const line = ofEvent(parseWhole(log), 'warning').find(({ code }) => code === 'lines-lost')
    if (line) return Number(/^([\d,]+)/.exec(line.msg)?.[1]?.replace(',', ''))
  }
}

/** The lines that can be read, and how many cannot. */
function parseWhole(log: string): LogLine[] {
  return parseLines(
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => {
        try {
          JSON.parse(line)
          return true
        } catch {
          return false
        }
      })
      .join('\n'),
  )
}

function brokenLines(log: string): number {
  const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean)
  for (const line of lines)
    assert.equal(line.indexOf('{"level":', 1), -1, 'glued to half of another')
  return lines.length - parseWhole(log).length
}

const full: Scenario = {
  claim: 'a file that may grow no further: the lines lost are counted, and the next one is whole',
  how: 'ulimit -f; then half of the file is cut away, in the middle of a line',
  times: 5,
  hindrance: onWindows,
  async run(stage) {
    const log = join(temporaryFolder(stage), 'log')
    const env = { ...DEBUG, MEMPROF_DESTINATION: log }
    const app = await startFaulty(stage, { env, shell: 'ulimit -f 100; exec "$0" "$@"' })
    await untilFull(app)
    truncateSync(log, Math.floor(statSync(log).size / 2))
    const lost = await untilCounted(app, log)
    await ends(app)
    assert.ok(lost > 0)
    assert.ok(brokenLines(log) <= 1, 'only the line that was cut')
    assert.equal(parseWhole(log).at(-1)?.event, 'stop')
    assert.equal(messages(app).length, 1)
    return {
      'lines lost, all counted': lost,
      'lines broken beside the one cut': brokenLines(log) - 1,
    }
  },
}

const fullDisk: Scenario = {
  claim: 'a full disk: the app answers, and once there is room the lines lost are counted',
  how: 'a tmpfs of 256 kB, filled by the log itself and another file, which is then deleted',
  times: 5,
  hindrance: () => (process.getuid?.() === 0 ? onWindows() : 'only root may mount'),
  async run(stage) {
    const disk = mkdtempSync(join(tmpdir(), 'memprof-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk])
    stage.after(() => {
      execFileSync('umount', ['-l', disk])
      rmdirSync(disk)
    })
    writeFileSync(join(disk, 'other'), Buffer.alloc(128 << 10))
    const log = join(disk, 'log')
    const app = await startFaulty(stage, { env: { ...DEBUG, MEMPROF_DESTINATION: log } })
    await untilFull(app)
    rmSync(join(disk, 'other'))
    const lost = await untilCounted(app, log)
    await ends(app)
    assert.equal(parseWhole(log).at(-1)?.event, 'stop')
    assert.ok(brokenLines(log) <= 1)
    return { 'lines lost, all counted': lost, 'lines broken': brokenLines(log) }
  },
}

async function rotated(stage: Stage, rotate: (log: string, old: string) => void): Promise<Figures> {
  const folder = temporaryFolder(stage)
  const log = join(folder, 'log')
  const old = join(folder, 'log.1')
  const app = await startFaulty(stage, { env: { ...DEBUG, MEMPROF_DESTINATION: log } })
  await sendMany(app.port, 100)
  await writeLines(app)
  rotate(log, old)
  let sent = 100
  // A file that was moved is missed after a second.
  while (!existsSync(log) || statSync(log).size === 0) {
    sent += await sendMany(app.port, 20)
    await writeLines(app)
  }
  await ends(app)
  assert.equal(readFileSync(log).includes(0), false, 'no hole at its beginning')
  const lines = [...wholeLines(readFileSync(old, 'utf8')), ...wholeLines(readFileSync(log, 'utf8'))]
  assert.equal(ofEvent(lines, 'request').length, sent)
  assert.equal(lines.at(-1)?.event, 'stop')
  assert.equal(app.stderr, '')
  return { 'lines in both files': lines.length, 'lines lost': 0 }
}

const readOnly: Scenario = {
  claim: 'a folder where it may not write: the lines go to stdout, told in one line',
  how: 'mode 0555; for root, who may write anywhere, a file in /sys',
  times: 5,
  hindrance: () =>
    process.getuid?.() === 0 && !existsSync('/sys') ? 'root, no /sys' : onWindows(),
  async run(stage) {
    const folder = temporaryFolder(stage)
    chmodSync(folder, 0o555)
    const log = process.getuid?.() === 0 ? '/sys/memprof.log' : join(folder, 'log')
    const app = await startFaulty(stage, { env: { ...DEBUG, MEMPROF_DESTINATION: log } })
    await sendMany(app.port, 20)
    await ends(app)
    const lines = wholeLines(app.stdout)
    assert.equal(ofEvent(lines, 'request').length, 20)
    assert.equal(messages(app).length, 1)
    assert.match(app.stderr, /ERR_MEMPROF_DESTINATION: .* stdout\.\n$/)
    return { 'lines on stdout': lines.length, 'messages on stderr': 1 }
  },
}

export const destinations: readonly Scenario[] = [
  ...stops('a pipe', stoppedPipe),
  ...stops('a socket', stoppedSocket),
  takesNothing(
    'a reader that leaves (EPIPE)',
    '| head -1, then process.exit(3)',
    '{ "$0" "$@"; echo "code $?" >&2; } | head -1',
    [FAILED, COUNTED],
  ),
  takesNothing('stdout closed', '>&-, then process.exit(3)', 'exec "$0" "$@" >&-', []),
  takesNothing(
    'a device that is full',
    '> /dev/full, then process.exit(3)',
    'exec "$0" "$@" > /dev/full',
    [FAILED, COUNTED],
  ),
  full,
  fullDisk,
  {
    claim: 'a log that is moved away is begun anew, and no line is lost',
    how: 'rename, as logrotate does',
    times: 5,
    hindrance: onWindows,
    run: (stage) => rotated(stage, renameSync),
  },
  {
    claim: 'a log that is copied and cut to nothing goes on at its beginning, and no line is lost',
    how: 'copy and truncate, as logrotate does with copytruncate',
    times: 5,
    hindrance: onWindows,
    run: (stage) =>
      rotated(stage, (log, old) => {
        copyFileSync(log, old)
        truncateSync(log)
      }),
  },
  readOnly,
]
