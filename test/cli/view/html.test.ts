import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Script } from 'node:vm'
import type { PageData } from '../../../lib/cli/view/page-data'
import { htmlReport } from '../../../lib/cli/view/html'
import { pageData } from '../../../lib/cli/view/html-data'
import { keptBytes } from '../../../lib/cli/view/html-kept'
import { otherVerdicts } from '../../../lib/cli/view/overview'
import { leakSentence } from '../../../lib/cli/view/sentences'
import { runMemprof } from '../../support/command'
import { temporaryFolder } from '../../support/files'
import { madeHostile, MadeLog, madeShop } from '../../support/made-log'

function htmlOf(log: MadeLog): string {
  const { summary, counts } = log.read()
  return htmlReport(summary, counts)
}

function dataOf(log: MadeLog): PageData {
  const { summary, counts } = log.read()
  return pageData(summary, counts)
}

/** The page's own JSON block, as a browser finds it: up to the first `</script`. */
function blockOf(html: string): string {
  const from = html.indexOf('id="data">') + 'id="data">'.length
  return html.slice(from, html.indexOf('</script', from))
}

/** The text of each element of that name without attributes. */
function inlineOf(html: string, name: 'script' | 'style'): string[] {
  return [...html.matchAll(new RegExp(`<${name}>([^]*?)</${name}`, 'g'))].map(([, text]) => text!)
}

function sha256(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

describe('the page keeps to itself', () => {
  const html = htmlOf(madeShop())

  it('its policy allows the one script and the one style in it, and nothing else', () => {
    const [, policy = ''] =
      /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? []
    const [script, style] = [inlineOf(html, 'script'), inlineOf(html, 'style')]
    assert.deepEqual([script.length, style.length], [1, 1])
    assert.deepEqual(policy.split('; '), [
      "default-src 'none'",
      `script-src ${sha256(script[0]!)}`,
      `style-src ${sha256(style[0]!)}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ])
  })

  it('names no address, loads nothing, and has no handler or style in an attribute', () => {
    const addresses = html
      .replaceAll('http://www.w3.org/2000/svg', '')
      .match(/.{0,30}(?:\bhttps?:|\burl\(|@import|\bsrc=|\bhref=|sourceMappingURL).{0,30}/g)
    assert.deepEqual(addresses ?? [], [])
    const markup = html.replace(/<(script|style)\b[^]*?<\/\1>/g, '')
    assert.doesNotMatch(markup, /<[^>]*\s(?:on\w+|style)\s*=/)
  })

  it('its script is one that parses, requires nothing, and has the licence of uPlot in it', () => {
    const [script = ''] = inlineOf(html, 'script')
    assert.doesNotThrow(() => new Script(script))
    assert.doesNotMatch(script, /\b(?:require|import)\s*\(/)
    assert.match(script, /Copyright \(c\) \d+ Leon Sorokin[^]*Permission is hereby granted/)
  })
})

describe('nothing in a log leaves its place in the page', () => {
  const html = htmlOf(madeHostile())
  const block = blockOf(html)

  it('hostile texts stay within the one block of JSON', () => {
    assert.equal(html.match(/<script\b/g)!.length, 2)
    assert.equal(html.match(/<\/script/g)!.length, 2)
    assert.doesNotMatch(block, /[<>&\u2028\u2029]/)
    const outside = html.replace(block, '')
    assert.doesNotMatch(outside, /alert\(|onerror/)
    assert.equal(htmlOf(madeShop()).replace(blockOf(htmlOf(madeShop())), ''), outside)
  })

  it('no control, direction, invisible or broken character reaches the page', () => {
    // JSON itself would hide them behind escapes: what counts is the text that is shown.
    const shown: string[] = []
    JSON.parse(block, (_key, value: unknown) => {
      if (typeof value === 'string') shown.push(value)
      return value
    })
    assert.ok(shown.some((text) => text.includes('<img src=x onerror=alert(2)>')))
    assert.ok(shown.some((text) => text.includes('\\u{202e}\\u{0}\\u{7}\\u{1b}[31m')))
    for (const text of shown) assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
  })

  it('names that objects have already are names', () => {
    const log = new MadeLog().start({}, 0)
    for (const route of ['__proto__', 'constructor', 'toString']) log.route({}, 10_000, { route })
    const names = dataOf(log).routes.map(({ name }) => name)
    assert.deepEqual(names.sort(), ['GET __proto__', 'GET constructor', 'GET toString'])
  })
})

describe('the page has a limit', () => {
  it('of 1,200 processes, 5,000 routes and 300 leaks, and says what is not shown', () => {
    const log = new MadeLog()
    for (let pid = 1; pid <= 1200; pid++) {
      log.start({ pid }, pid * 1000)
      for (let at = 1; at <= 20; at++) log.process({ pid }, pid * 1000 + at * 10_000)
      log.stop({ pid }, pid * 1000 + 201_000)
    }
    for (let at = 0; at < 5000; at++) {
      const route = `/${'long-'.repeat(30)}${at}`
      for (let line = 1; line <= 4; line++) log.route({}, line * 10_000, { route, requests: 9 })
      if (at < 300) log.leak({}, 40_000 + at, { route })
    }
    const html = htmlOf(log)
    assert.ok(html.length < 4e6, `${html.length} characters`)
    const { notes, findings, routes, processes, marks } = JSON.parse(blockOf(html)) as PageData
    assert.deepEqual(
      [findings.length, routes.length, processes.length, marks.length],
      [100, 1000, 500, 400],
    )
    assert.equal(routes.filter(({ curve }) => curve).length, 100)
    assert.equal(processes.filter(({ curve }) => curve).length, 64)
    const said = notes.join('\n')
    for (const what of [
      /The first 100 of 300 leaks are shown/,
      /The first 1,000 of 4,\d+ routes/,
      /The first 500 of 1,200 processes/,
      /The first 400 of [\d,]+ events/,
      /Curves are drawn for the first 100 routes/,
      /Memory is drawn for the first 64 processes/,
      /A point of a curve stands for up to/,
      /Not told apart: [\d,]+ lines of more than 4096 routes/,
    ]) {
      assert.match(said, what)
    }
  })

  it('what was skipped in reading is said too', () => {
    const log = new MadeLog().start({}, 0)
    log.add({}, 'route', 1000, { method: 7 }).add({}, 'later-event', 1000, {})
    const { notes } = dataOf(log)
    assert.ok(notes.includes('3 lines were read, 1 of them memprof’s.'), notes.join('\n'))
    assert.match(notes.join('\n'), /Skipped lines: 1 with a field missing .*, 1 of a newer version/)
  })
})

describe('what the page says', () => {
  const { summary } = madeShop().read()
  const data = dataOf(madeShop())

  it('the verdicts are the sentences of the terminal', () => {
    assert.deepEqual(
      data.findings.map(({ sentence }) => sentence),
      summary.leaks.map((leak) => leakSentence(leak)),
    )
    assert.match(data.findings[0]!.sentence, /^GET \/search keeps 1\.4 kB per request/)
    assert.deepEqual(data.calm, otherVerdicts(summary))
    assert.equal(data.calm.length, 2)
  })

  it('a log without a line of memprof says what to do', () => {
    const empty = dataOf(new MadeLog())
    assert.equal(empty.span, null)
    assert.match(
      empty.calm.join(),
      /^The log is empty\. Start the app with node -r memprof\/register app\.js/,
    )
    assert.ok(htmlOf(new MadeLog()).length < 200_000)
  })

  it('starts, ends, restarts and the first sight of a leak are marked', () => {
    const told = data.marks.map(({ kind, atMs, text }) => [kind, atMs / 1000, text.slice(0, 25)])
    assert.deepEqual(told, [
      ['start', 0, 'pid 11 started'],
      ['start', 1, 'pid 21 started'],
      ['leak', 70, 'GET /search keeps 1.4 kB '],
      ['stop', 180, 'pid 11 ended (SIGTERM)'],
      ['start', 185, 'pid 12 took over from pid'],
      ['stop', 360, 'pid 12 ended (SIGTERM)'],
    ])
  })

  it('an end that no line tells is marked at the last one', () => {
    const log = new MadeLog().start({ pid: 1 }, 0).process({ pid: 1 }, 10_000)
    log.start({ pid: 2 }, 0)
    for (let at = 10_000; at <= 100_000; at += 10_000) log.process({ pid: 2 }, at)
    const ends = dataOf(log).marks.filter(({ kind }) => kind === 'stop')
    assert.deepEqual(ends, [{ kind: 'stop', atMs: 10_000, text: 'pid 1 ended (no last line)' }])
  })

  it('every curve has one value a time, and times only grow', () => {
    const curves = [...data.processes, ...data.routes].map(({ curve }) => curve!)
    assert.equal(curves.length, 9)
    for (const { atMs, ...measures } of curves) {
      assert.ok(atMs.every((ms, at) => ms >= 0 && (at === 0 || ms > atMs[at - 1]!)))
      for (const values of Object.values(measures)) assert.equal(values.length, atMs.length)
    }
  })
})

describe('the bytes of the icicle', () => {
  const site = (bytes: number, name: string, ...callers: string[]) => ({
    function: name,
    file: 'app.js',
    line: 1,
    column: 1,
    bytes,
    share: 0,
    stack: callers,
  })
  const call = (name: string): string => `${name} (app.js:1)`
  const inRouter = 'handle (node_modules/router/index.js:9)'

  /** `name bytes` of each box, children in brackets. */
  function drawn(sites: ReturnType<typeof site>[], retainedBytes = 0): string {
    const { summary } = new MadeLog().leak({}, 0, { sites, retainedBytes }).read()
    const draw = ({ name, bytes, children }: NonNullable<PageData['kept']>): string => {
      const inner = children.map(draw).join(', ')
      return `${name} ${bytes}${inner === '' ? '' : ` [${inner}]`}`
    }
    return draw(keptBytes(summary.leaks)!)
  }

  it('stacks that were cut differently are laid upon each other where they meet', () => {
    assert.equal(
      drawn(
        [
          site(80, 'search', inRouter, 'run (app.js:7)'),
          site(15, 'remember', call('search'), inRouter),
          site(5, 'json', call('search')),
        ],
        100,
      ),
      'All leaks 100 [GET /search 100 [search 100 [remember 15, json 5]]]',
    )
  })

  it('packages on the way to the app are left out where all have them', () => {
    assert.equal(
      drawn([site(60, 'a', inRouter), site(40, 'b', inRouter)], 100),
      'All leaks 100 [GET /search 100 [a 60, b 40]]',
    )
  })

  it('a stack that meets no other stands for itself, and recursion ends', () => {
    assert.equal(
      drawn([site(60, 'a', call('a'), call('a')), site(40, 'b')], 100),
      'All leaks 100 [GET /search 100 [a 60 [a 60 [a 60]], b 40]]',
    )
  })

  it('what the line does not tell apart is a box of its own', () => {
    assert.equal(
      drawn([site(60, 'a')], 100),
      'All leaks 100 [GET /search 100 [a 60, other functions 40]]',
    )
  })

  it('a leak that is over keeps nothing any more', () => {
    const log = new MadeLog().leak({}, 10_000)
    log.route({}, 20_000, { route: '/search', verdict: 'plateaued' })
    assert.equal(keptBytes(log.read().summary.leaks), null)
    assert.equal(dataOf(log).findings.length, 1)
  })
})

describe('colours', () => {
  /** WCAG 2.2: relative luminance of `#rrggbb`. */
  function luminance(hex: string): number {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
  }
  function contrast(a: string, b: string): number {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
    return (light! + 0.05) / (dark! + 0.05)
  }

  /** The custom properties of `:root`, and those that it has where the system is dark. */
  const [style = ''] = inlineOf(htmlOf(new MadeLog()), 'style')
  const sets = [...style.matchAll(/:root[^{]*\{([^}]*--page:[^}]*)\}/g)].map(
    ([, rules]) =>
      new Map(
        [...rules!.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/g)].map(([, name, hex]) => [
          name!,
          hex!,
        ]),
      ),
  )

  it('are one set for light and one for dark, of the same names', () => {
    assert.equal(sets.length, 2)
    assert.deepEqual([...sets[0]!.keys()], [...sets[1]!.keys()])
    assert.ok(sets[0]!.size > 20)
  })

  for (const [at, name] of ['light', 'dark'].entries()) {
    it(`${name}: text 4.5 and curves 3 to 1 on what they stand on`, () => {
      const palette = sets[at]!
      const of = (key: string): string => {
        const value = palette.get(key)
        assert.ok(value, key)
        return value
      }
      const pairs: Array<[string, string, number]> = [
        ...['text', 'muted', 'link', 'leaking', 'plateaued', 'steady'].map(
          (text) => [text, 'page', 4.5] as [string, string, number],
        ),
        ...['text', 'muted'].flatMap((text) =>
          ['soft', 'leaking-soft'].map((on) => [text, on, 4.5] as [string, string, number]),
        ),
        ...['leaking', 'plateaued', 'steady'].map(
          (word) => [word, `${word}-soft`, 4.5] as [string, string, number],
        ),
        ...['owner', 'app', 'package', 'node', 'rest'].map(
          (box) => ['box-text', box, 4.5] as [string, string, number],
        ),
        ...[...palette.keys()]
          .filter((key) => key.startsWith('curve-'))
          .map((curve) => [curve, 'page', 3] as [string, string, number]),
        ['edge', 'page', 3],
      ]
      const low = pairs.filter(([a, b, least]) => contrast(of(a), of(b)) < least)
      assert.deepEqual(
        low.map(([a, b]) => `${a} on ${b}: ${contrast(of(a), of(b)).toFixed(2)}`),
        [],
      )
    })
  }
})

describe('memprof report --html', () => {
  it('writes the page, and says where', async (t) => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'app.ndjson'), madeShop().text)
    const args = ['report', '--html', 'out.html', 'app.ndjson']
    const { code, stdout, stderr } = await runMemprof(t, args, { cwd: folder })
    assert.deepEqual([code, stdout], [0, ''])
    assert.match(stderr, /^memprof: out\.html \(\d+ kB\) is written; open it in a browser\n$/)
    assert.equal(readFileSync(join(folder, 'out.html'), 'utf8'), htmlOf(madeShop()))
  })

  it('to stdout with -', async (t) => {
    const { code, stdout, stderr } = await runMemprof(t, ['report', '--html', '-'], {
      input: madeShop().text,
    })
    assert.deepEqual([code, stderr, stdout], [0, '', htmlOf(madeShop())])
  })

  it('a file that cannot be written ends with 2 and the reason', async (t) => {
    const folder = temporaryFolder(t)
    const args = ['report', '--html', join('none', 'out.html')]
    const input = madeShop().text
    const { code, stderr } = await runMemprof(t, args, { cwd: folder, input })
    assert.equal(code, 2)
    assert.match(stderr, /^memprof: ERR_MEMPROF_DESTINATION: .*ENOENT.*no page is written\.\n$/)
    assert.equal(existsSync(join(folder, 'none')), false)
  })
})
