import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { countsByRoute, ofEvent, parseLines } from '../../support/app'
import { MEMPROF, runMemprof, startMemprof } from '../../support/command'
import { ROOT, temporaryFolder } from '../../support/files'
import { request } from '../../support/http'
import { NO_TERMINAL, openTerminal, shellWord } from '../../support/terminal'

/** A folder with these files in it. */
function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder(t)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

/** A server that prints its port, and then does what the test is about. */
const serving = (code = ''): string =>
  `const server = require('node:http').createServer((_req, res) => res.end('ok'))
   server.listen(0, '127.0.0.1', () => {
     console.log('PORT ' + server.address().port)
     ${code}
   })`

function logsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => /^memprof-\d{8}-\d{6}-\d+\.ndjson$/.test(name))
}

describe('memprof run leaves the app as it is', () => {
  it('input, output and arguments pass untouched, options before the app are memprof’s', async (t) => {
    const folder = folderWith(t, {
      'app.js': `process.stdin.pipe(process.stdout)
        process.stdin.on('end', () => console.error(JSON.stringify(process.argv.slice(2))))`,
    })
    const input = 'é\u0000\u001b[31m{"name":"memprof"}\r\n'
    const words = ['app.js', '--log', 'x', '--', '-h', 'a b']
    for (const args of [words, ['--', ...words], ['--no-report', process.execPath, ...words]]) {
      const { code, stdout, stderr } = await runMemprof(t, ['run', ...args], { cwd: folder, input })
      assert.equal(stdout, input)
      assert.ok(stderr.includes('["--log","x","--","-h","a b"]\n'), stderr)
      assert.equal(code, 0)
    }
  })

  it('its exit code is the command’s', async (t) => {
    const { code, signal } = await runMemprof(t, [
      'run',
      process.execPath,
      '-e',
      'process.exit(37)',
    ])
    assert.deepEqual([code, signal], [37, null])
  })

  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGUSR2'] as const) {
    it(`its death by ${signal} is the command’s`, async (t) => {
      const script = `process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000)`
      const ended = await runMemprof(t, ['run', process.execPath, '-e', script])
      assert.deepEqual([ended.code, ended.signal], [null, signal])
    })
  }

  it('every signal sent to the command reaches it once', async (t) => {
    const signals = [
      'SIGINT',
      'SIGHUP',
      'SIGQUIT',
      'SIGUSR1',
      'SIGUSR2',
      'SIGCONT',
      'SIGALRM',
      'SIGWINCH',
      'SIGABRT',
    ]
    const folder = folderWith(t, {
      'app.js': `for (const signal of ${JSON.stringify(signals)}) process.on(signal, () => console.log(signal))
        process.on('SIGTERM', () => process.exit(5))
        setInterval(() => {}, 1000)
        console.log('READY')`,
    })
    const run = startMemprof(t, ['run', 'app.js'], { cwd: folder })
    await run.printed(/READY/)
    for (const signal of signals) {
      run.child.kill(signal as NodeJS.Signals)
      await run.printed(new RegExp(`^${signal}$`, 'm'))
    }
    run.child.kill('SIGTERM')
    const { code, stdout } = await run.ended
    assert.equal(code, 5)
    assert.deepEqual(stdout.trim().split('\n'), ['READY', ...signals])
  })

  it('Ctrl-C in a terminal reaches it once, and its last word is waited for', {
    skip: NO_TERMINAL,
  }, async (t) => {
    const folder = folderWith(t, {
      'app.js': serving(`let times = 0
        process.on('SIGINT', () => console.log('SIGINT ' + ++times))
        process.on('SIGTERM', () => { console.log('TIMES ' + times); process.exit(9) })
        console.log('PARENT ' + process.ppid)`),
    })
    const command = [process.execPath, MEMPROF, 'run', 'app.js'].map(shellWord).join(' ')
    const terminal = await openTerminal(t, `exec ${command}`, { cwd: folder })
    const [, parent] = await terminal.printed(/^PARENT (\d+)\r$/m)
    terminal.type('\x03')
    await terminal.printed(/^\^?C?SIGINT 1\r$/m)
    // Comes after what the first would have been followed by.
    process.kill(Number(parent), 'SIGTERM')
    await terminal.printed(/^TIMES 1\r$/m)
    const { code, stdout } = await terminal.ended
    assert.equal(code, 9)
    assert.match(stdout, /prints this again\r\n$/)
  })

  it('the user’s NODE_OPTIONS and settings stay; spaces, quotes and backslashes in paths are right', async (t) => {
    const folder = temporaryFolder(t)
    const home = join(folder, String.raw`it's "here" \ now`)
    for (const part of ['dist/lib', 'dist/register']) {
      cpSync(join(ROOT, part), join(home, part), { recursive: true })
    }
    cpSync(join(ROOT, 'package.json'), join(home, 'package.json'))
    symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'))
    const theirs = join(home, 'theirs.js')
    writeFileSync(theirs, `console.log('THEIRS')`)
    writeFileSync(join(home, 'app.js'), serving(`process.kill(process.pid, 'SIGTERM')`))
    const { stdout, stderr } = await runMemprof(t, ['run', '--interval', '7s', 'app.js'], {
      memprof: join(home, 'dist/lib/cli/main.js'),
      cwd: home,
      env: {
        NODE_OPTIONS: `--require "${theirs.replace(/["\\]/g, '\\$&')}" --max-old-space-size=300`,
        MEMPROF_SERVICE: 'shop',
        MEMPROF_LEAK_INTERVAL: '9s',
        MEMPROF_INTERVAL: '1s',
      },
    })
    // Twice: the command is a Node of its own.
    assert.equal(stdout.match(/THEIRS/g)?.length, 2, stderr)
    const [log] = logsIn(home)
    const [start] = ofEvent(parseLines(readFileSync(join(home, log!), 'utf8')), 'start')
    assert.equal(start?.service, 'shop')
    assert.equal(start?.config['intervalMs'], 7000)
    assert.equal(start?.config['leakIntervalMs'], 9000)
    assert.equal(start?.config['pauseBudgetRatio'], 0.05)
  })
})

describe('memprof run keeps the log and reports it', () => {
  it('beside the app, named at the start and the end; the report is on stderr alone', async (t) => {
    const folder = folderWith(t, { 'app.js': serving() })
    const run = startMemprof(t, ['run', 'app.js'], { cwd: folder })
    const [, port] = await run.printed(/^PORT (\d+)$/m)
    await request(Number(port), '/things/17')
    run.child.kill('SIGTERM')
    const { signal, stdout, stderr } = await run.ended
    assert.equal(signal, 'SIGTERM')
    assert.equal(stdout, `PORT ${port}\n`)
    const [log] = logsIn(folder)
    assert.ok(log)
    assert.ok(
      stderr.startsWith(`memprof: the log goes to ${log.replace(/-\d+\.ndjson$/, '-%p.ndjson')};`),
    )
    assert.ok(stderr.endsWith(`memprof: memprof report ${log} prints this again\n`), stderr)
    assert.match(stderr, /^GET \/things\/:n\s+1\b/m)
    const lines = parseLines(readFileSync(join(folder, log), 'utf8'))
    assert.deepEqual(countsByRoute(lines), { 'GET /things/:n': '1' })
  })

  it('of each worker of a cluster, in a file of its own and one report', async (t) => {
    const folder = folderWith(t, {
      'app.js': `const cluster = require('node:cluster')
        if (cluster.isPrimary) {
          let serve = 2
          for (let at = 0; at < 2; at++) cluster.fork()
          cluster.on('listening', () => { if (--serve === 0) console.log('BOTH') })
          cluster.on('exit', () => { if (Object.keys(cluster.workers).length === 0) process.exit(3) })
          process.on('SIGTERM', () => {
            for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM')
          })
        } else {
          require('node:http').createServer((_req, res) => res.end('ok')).listen(0, '127.0.0.1', function () {
            console.log('PORT ' + this.address().port)
          })
        }`,
    })
    const run = startMemprof(t, ['run', '--log', 'logs-%p.txt', 'app.js'], { cwd: folder })
    await run.printed(/BOTH/)
    const [, port] = await run.printed(/^PORT (\d+)$/m)
    // Connections go to the workers in turn.
    for (let sent = 0; sent < 4; sent++) await request(Number(port), '/a')
    run.child.kill('SIGTERM')
    const { code, stderr } = await run.ended
    assert.equal(code, 3)
    assert.equal(readdirSync(folder).filter((name) => /^logs-\d+\.txt$/.test(name)).length, 2)
    assert.match(stderr, /^GET \/a\s+4\b/m)
    assert.match(stderr, /memprof report logs-\*\.txt prints this again\n$/)
  })

  it('of what npm start starts', async (t) => {
    const folder = folderWith(t, {
      'server.js': serving(`process.kill(process.pid, 'SIGTERM')`),
      'package.json': JSON.stringify({ name: 'x', scripts: { start: 'node server.js' } }),
    })
    const { stderr } = await runMemprof(t, ['run', 'npm', 'start'], { cwd: folder })
    assert.equal(logsIn(folder).length, 1, stderr)
    assert.match(stderr, /prints this again\n$/)
  })

  it('appended to a file that is there, and reports this run alone', async (t) => {
    const folder = folderWith(t, { 'app.js': serving() })
    const args = ['run', '--log', 'all.ndjson', 'app.js']
    for (const path of ['/first', '/second']) {
      const run = startMemprof(t, args, { cwd: folder })
      const [, port] = await run.printed(/^PORT (\d+)$/m)
      await request(Number(port), path)
      run.child.kill('SIGTERM')
      const { stderr } = await run.ended
      assert.equal(/^GET \/first\s/m.test(stderr), path === '/first', stderr)
      assert.equal(/^GET \/second\s/m.test(stderr), path === '/second', stderr)
    }
    const lines = parseLines(readFileSync(join(folder, 'all.ndjson'), 'utf8'))
    assert.equal(ofEvent(lines, 'stop').length, 2)
  })

  it('--no-report keeps it without a word about it', async (t) => {
    const folder = folderWith(t, { 'app.js': serving(`process.kill(process.pid, 'SIGTERM')`) })
    const { stderr } = await runMemprof(t, ['run', '--no-report', 'app.js'], { cwd: folder })
    assert.equal(logsIn(folder).length, 1)
    assert.match(stderr, /^memprof: the log goes to [^\n]+\n$/)
  })

  it('says that nothing was recorded where nothing served, and that lines went elsewhere', async (t) => {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'logs'))
    const quiet = await runMemprof(t, ['run', process.execPath, '-e', '0'], { cwd: folder })
    assert.match(quiet.stderr, /nothing was recorded: no process of the app listened/)
    assert.deepEqual(readdirSync(folder), ['logs'])
    const script = serving(`process.kill(process.pid, 'SIGTERM')`)
    const env = { MEMPROF_DESTINATION: 'stdout' }
    const past = await runMemprof(t, ['run', process.execPath, '-e', script], { cwd: folder, env })
    assert.equal(ofEvent(parseLines(past.stdout), 'stop').length, 1)
    assert.match(past.stderr, /^memprof: no report: MEMPROF_DESTINATION [^\n]+\n$/)
    const kept = { MEMPROF_DESTINATION: 'logs/mine.ndjson' }
    await runMemprof(t, ['run', process.execPath, '-e', script], { cwd: folder, env: kept })
    assert.deepEqual(readdirSync(join(folder, 'logs')), ['mine.ndjson'])
  })
})

describe('memprof run, used wrongly, exits 2 and says what to write', () => {
  for (const [args, message] of [
    [
      [],
      /^memprof: ERR_MEMPROF_USAGE: memprof run needs an app to run\. Write memprof run app\.js/,
    ],
    [['--lag', 'x', 'app.js'], /--lag is no option of memprof run\. Did you mean --log\?\n$/],
    [['no-such-command'], /no-such-command cannot be started: there is no such command\./],
  ] as const) {
    it(`memprof run ${args.join(' ')}`, async (t) => {
      const { code, stdout, stderr } = await runMemprof(t, ['run', ...args])
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.match(stderr, message)
    })
  }
})
