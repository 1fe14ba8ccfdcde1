/* oxlint-disable no-control-regex -- the codes of terminals are what is tested */
import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { MEMPROF, runMemprof, startMemprof } from '../../support/command'
import { temporaryFolder } from '../../support/files'
import { madeHostile, MadeLog, madeShop } from '../../support/made-log'
import { NO_TERMINAL, openTerminal, shellWord, type Terminal } from '../../support/terminal'

const COMMAND = [process.execPath, MEMPROF, 'top'].map(shellWord).join(' ')
/** How the terminal is found afterwards: the main screen, the cursor, wrapping, its own line editing. */
const LEFT = /\u001b\[\?7h\u001b\[\?25h\u001b\[\?1049l/
const ENTERED = /\u001b\[\?1049h/

function logFile(t: TestContext, text: string = madeShop().text): string {
  const file = join(temporaryFolder(t), 'app.ndjson')
  writeFileSync(file, text)
  return file
}

/** In a terminal, and after it what the terminal is set to and the exit code. */
function top(
  t: TestContext,
  line: string,
  options: { env?: Record<string, string> } = {},
): Promise<Terminal> {
  return openTerminal(t, `${line}; code=$?; stty -a; echo "CODE $code"`, options)
}

async function assertRestored(terminal: Terminal, code: number): Promise<string> {
  await terminal.printed(/^CODE \d+\r$/m)
  const { stdout } = await terminal.ended
  assert.equal(stdout.split(ENTERED).length, 2, 'entered once')
  assert.equal(stdout.split(LEFT).length, 2, 'left once')
  const after = stdout.split(LEFT)[1]!
  assert.match(after, /(^|\s)icanon(\s|$)/, 'lines are edited again')
  assert.match(after, /(^|\s)echo(\s|$)/, 'what is typed is shown again')
  assert.match(after, /(^|\s)isig(\s|$)/, 'Ctrl-C is a signal again')
  assert.match(after, new RegExp(`^CODE ${code}\r$`, 'm'))
  return after
}

describe('memprof top in a terminal', { skip: NO_TERMINAL, timeout: 120_000 }, () => {
  it('shows a file, takes keys, and q gives the terminal back', async (t) => {
    const file = logFile(t)
    const terminal = await top(t, `${COMMAND} ${file}`)
    await terminal.printed(/GET \/search keeps 1\.4 kB per request/)
    await terminal.printed(/GET \/items-0 /)
    assert.doesNotMatch(terminal.stdout, /hello of another/)
    appendFileSync(file, 'hello of another\u001b[31m\n')
    await terminal.printed(/hello of another\\u\{1b\}\[31m/)
    terminal.type('o')
    // The keys’ line alone is left at the bottom.
    await terminal.printed(/hello of another[^]*\u001b\[H(?:(?!hello)[^])*q quit[^]*\u001b\[J/)
    terminal.type('q')
    await assertRestored(terminal, 0)
  })

  it('draws anew in another size', async (t) => {
    const terminal = await top(t, `${COMMAND} ${logFile(t)}`)
    await terminal.printed(/q quit +sort: m memory +r requests/)
    terminal.resize(40, 12)
    await terminal.printed(
      /q quit +sort: m memory +r requests[^]*q quit +sort: m memory[^\r\n]{0,20}…/,
    )
    terminal.type('q')
    await assertRestored(terminal, 0)
  })

  it('NO_COLOR: no colour', async (t) => {
    const terminal = await top(t, `${COMMAND} ${logFile(t)}`, { env: { NO_COLOR: '1' } })
    await terminal.printed(/GET \/items-0 /)
    terminal.type('q')
    const { stdout } = await terminal.ended
    assert.doesNotMatch(stdout, /\u001b\[\d+m/)
  })

  it('a log written by strangers drives nothing', async (t) => {
    const terminal = await top(t, `${COMMAND} ${logFile(t, madeHostile().text)}`)
    await terminal.printed(/GET \/search/)
    terminal.type('q')
    const after = await assertRestored(terminal, 0)
    const shown = terminal.stdout.slice(0, -after.length)
    // What is left are the codes of the screen and of its colours.
    const rest = shown
      .replaceAll(/\u001b\[(\?(7|25|1049)[hl]|[HKJ]|\d+m)/g, '')
      .replaceAll(/[\r\n]/g, '')
    assert.doesNotMatch(rest, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`${signal} ends it, the terminal given back`, async (t) => {
      const line = `sh -c 'echo PID $$; exec "$@"' sh ${COMMAND} ${logFile(t)}`
      const terminal = await top(t, line)
      const [, pid] = await terminal.printed(/^PID (\d+)\r$/m)
      await terminal.printed(/GET \/items-0 /)
      process.kill(Number(pid), signal)
      await assertRestored(terminal, 128 + { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 }[signal])
    })
  }

  it('what cannot be read is said on the terminal given back, exit 2', async (t) => {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'logs'))
    const terminal = await top(t, `${COMMAND} ${join(folder, 'logs')}`)
    const after = await assertRestored(terminal, 2)
    assert.match(after, /^memprof: ERR_MEMPROF_INPUT: .*EISDIR/m)
  })

  it('an error of its own is printed on the terminal given back', async (t) => {
    const preload = join(temporaryFolder(t), 'broken.js')
    writeFileSync(
      preload,
      `const { openLive } = require(${JSON.stringify(join(MEMPROF, '../summary/live.js'))})
       require(${JSON.stringify(join(MEMPROF, '../summary/live.js'))}).openLive = () => {
         let times = 0
         return { ...openLive(), line() { if (++times > 20) throw new Error('planted') } }
       }`,
    )
    const words = [process.execPath, '-r', preload, MEMPROF, 'top'].map(shellWord).join(' ')
    const terminal = await top(t, `cat ${logFile(t)} | ${words}`)
    await terminal.printed(/^CODE \d+\r$/m)
    const { stdout } = await terminal.ended
    assert.match(stdout.split(LEFT)[1]!, /Error: planted/)
  })

  describe('from a pipe', () => {
    /** Writes a log, then lives until it is told to end. */
    function writer(t: TestContext): string {
      const script = join(temporaryFolder(t), 'app.js')
      writeFileSync(
        script,
        `process.stdout.write(require('node:fs').readFileSync(${JSON.stringify(logFile(t))}))
         process.on('SIGINT', () => { console.error('APP INTERRUPTED'); process.exit(0) })
         process.on('SIGUSR2', () => process.exit(0))
         setInterval(() => {}, 1000)
         console.error('APP ' + process.pid)`,
      )
      return [process.execPath, script].map(shellWord).join(' ')
    }

    it('keys come from the terminal; at its end the verdicts stay on the screen', async (t) => {
      const terminal = await top(t, `${writer(t)} | ${COMMAND}`)
      const [, pid] = await terminal.printed(/APP (\d+)\r/)
      await terminal.printed(/GET \/items-0 /)
      terminal.type('n')
      // In one frame, by name: the key was read before the pipe ends and the terminal is given back.
      await terminal.printed(
        /\u001b\[H(?:(?!\u001b\[H)[^])*GET \/items-3 (?:(?!\u001b\[H)[^])*GET \/search /,
      )
      process.kill(Number(pid), 'SIGUSR2')
      const after = await assertRestored(terminal, 0)
      assert.match(after, /^GET \/search keeps 1\.4 kB per request/m)
    })

    it('Ctrl-C ends the whole pipe', async (t) => {
      // A shell of its own, as a job is: what stty says comes after it.
      const line = `sh -c 'trap : INT; "$@" ; true' sh sh -c ${shellWord(`${writer(t)} | ${COMMAND}`)}`
      const terminal = await top(t, line)
      await terminal.printed(/GET \/items-0 /)
      terminal.type('\u0003')
      await terminal.printed(/APP INTERRUPTED/)
      assert.match(terminal.stdout, LEFT)
    })
  })
})

describe('memprof top without a terminal', () => {
  it('writes text: new leaks as they come, what was known at the end', async (t) => {
    const { code, stdout, stderr } = await runMemprof(t, ['top'], { input: madeShop().text })
    assert.equal(stderr, '')
    assert.equal(code, 0)
    assert.match(stdout, /^GET \/search keeps 1\.4 kB per request .* kept by search\.cache/m)
    assert.match(stdout, /^GET \/items-0 .* steady$/m)
    assert.doesNotMatch(stdout, /\u001b/)
    assert.equal(stdout.match(/^GET \/search keeps/gm)?.length, 1)
  })

  it('follows a file that comes later, and ends by the signal that it is sent', async (t) => {
    const file = join(temporaryFolder(t), 'app.ndjson')
    const command = startMemprof(t, ['top', file], { input: '' })
    writeFileSync(file, new MadeLog().start({}, 0).route({}, 9_999).process({}, 10_000).text)
    await command.printed(/GET \/items\/:id/)
    command.child.kill('SIGTERM')
    const { signal } = await command.ended
    assert.equal(signal, 'SIGTERM')
  })

  for (const [args, message] of [
    [['a', 'b'], /memprof top follows one log/],
    [['--sort', 'size', 'a'], /--sort size is nothing to sort by\. There are memory, requests/],
  ] as const) {
    it(`memprof top ${args.join(' ')} is told what to write, exit 2`, async (t) => {
      const { code, stderr } = await runMemprof(t, ['top', ...args])
      assert.equal(code, 2)
      assert.match(stderr, message)
    })
  }
})
