import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CheckedTarget, judgeCheck } from '../../../lib/cli/app/check-result'
import type {
  InstanceSummary,
  LeakSummary,
  LogSummary,
  RouteSummary,
} from '../../../lib/cli/summary/summary'
import { checkText } from '../../../lib/cli/view/check-text'
import { junitXml } from '../../../lib/cli/view/junit'
import type { Verdict } from '../../../lib/schema/lines'
import { openBooks, processLine, summaryOf } from '../../support/log-lines'

const ROUTE = { method: 'GET', route: '/a' }

function target(
  more: Partial<CheckedTarget> = {},
  statuses = new Map([[200, 100]]),
): CheckedTarget {
  return {
    method: 'GET',
    path: '/a',
    route: ROUTE,
    answers: { sent: 100, abandoned: 0, statuses },
    ...more,
  }
}

function route(verdict: Verdict, floorBytesPerRequest = 30, more: object = {}): RouteSummary {
  return { ...ROUTE, verdict, floorBytesPerRequest, ...more } as unknown as RouteSummary
}

function leak(more: Partial<LeakSummary> = {}): LeakSummary {
  return {
    scope: 'route',
    kind: 'heap',
    ...ROUTE,
    bytesPerRequest: 1000,
    bytesPerSecond: null,
    ci95: [900, 1100],
    since: null,
    secondsToLimit: null,
    perInstance: [{ instance: 'one' }],
    sites: [],
    holders: [],
    ...more,
  } as unknown as LeakSummary
}

function judged(
  routes: readonly RouteSummary[],
  leaks: readonly LeakSummary[],
  {
    limit = 0,
    anyStatus = false,
    targets = [target()],
    instances = [] as readonly InstanceSummary[],
  } = {},
): ReturnType<typeof judgeCheck> {
  const summary = { routes, leaks, instances } as unknown as LogSummary
  return judgeCheck(targets, summary, { limitBytesPerRequest: limit, anyStatus })
}

describe('a URL', () => {
  it('passes where its route is steady or has plateaued', () => {
    assert.equal(judged([route('steady')], []).outcome, 'passed')
    assert.equal(judged([route('plateaued')], []).outcome, 'passed')
  })

  it('leaks where the whole interval lies above the limit, and not where its low end is the limit', () => {
    assert.equal(judged([route('leaking')], [leak()]).outcome, 'leaking')
    assert.equal(judged([route('leaking')], [leak()], { limit: 899 }).outcome, 'leaking')
    const within = judged([route('leaking')], [leak()], { limit: 900 })
    assert.equal(within.outcome, 'passed')
    assert.match(checkText(within), /not proven to be above the limit of 900 B/)
  })

  it('does not leak where the leak was taken back, or is another’s', () => {
    assert.equal(judged([route('steady')], [leak({ since: 'steady' })]).outcome, 'passed')
    assert.equal(judged([route('steady')], [leak({ route: '/b' })]).outcome, 'passed')
    assert.equal(judged([route('steady')], [leak({ method: 'POST' })]).outcome, 'passed')
  })

  it('leaks where every route does, or every route below the mount it is under', () => {
    const shared = { scope: 'shared', method: '' } as const
    for (const [mount, outcome] of [
      ['', 'leaking'],
      ['/', 'leaking'],
      ['/a', 'leaking'],
      ['/aa', 'passed'],
      ['/a/b', 'passed'],
    ] as const) {
      const result = judged([route('steady')], [leak({ ...shared, route: mount })])
      assert.equal(result.outcome, outcome, mount)
    }
  })

  it('does not leak where every route, or the process, did and has stopped', () => {
    for (const scope of ['shared', 'process'] as const) {
      const stopped = leak({ scope, method: '', route: '', since: 'plateaued' })
      assert.equal(judged([route('steady')], [stopped]).outcome, 'passed')
    }
  })

  it('is decided by the leak that is proven to be the largest', () => {
    const leaks = [leak({ ci95: [10, 5000] }), leak({ kind: 'buffers', ci95: [300, 400] })]
    const [url] = judged([route('leaking')], leaks).urls
    assert.equal(url?.leak?.kind, 'buffers')
  })

  it('is unknown with too few requests, and told how many to try', () => {
    const result = judged([route('insufficient-data')], [])
    assert.equal(result.outcome, 'unknown')
    assert.match(result.urls[0]!.reason, /try --requests 200$/)
  })

  it('is told which others its route answers, where that leaks or it is not known whether', () => {
    const targets = [target(), target({ path: '/a?b' }), target({ path: '/c', route: null })]
    const leaking = judged([route('leaking')], [leak()], { targets })
    assert.deepEqual(
      leaking.urls.map(({ sharedWith }) => sharedWith),
      [['GET /a?b'], ['GET /a'], []],
    )
    assert.match(checkText(leaking), /by its route \/a, which answers GET \/a\?b too/)
    const unknown = judged([route('insufficient-data')], [], { targets })
    assert.match(
      unknown.urls[0]!.reason,
      /its route answers GET \/a\?b too, so check one at a time$/,
    )
  })

  it('is unknown where a leak of the limit would not have been seen, and told how many to try', () => {
    const result = judged([route('steady', 300)], [], { limit: 100 })
    assert.equal(result.outcome, 'unknown')
    assert.match(result.urls[0]!.reason, /only one of 300 bytes per request: try --requests 300$/)
    assert.equal(judged([route('steady', 100)], [], { limit: 100 }).outcome, 'passed')
    // No leak below 24 bytes is ever told.
    assert.equal(judged([route('steady', 24)], [], { limit: 1 }).outcome, 'passed')
    assert.equal(judged([route('steady', 300)], [], { limit: 0 }).outcome, 'passed')
  })

  it('is unknown where most answers were errors, unless they are meant', () => {
    for (const status of [0, 404, 500]) {
      const statuses = new Map([
        [200, 49],
        [status, 51],
      ])
      const targets = [target({}, statuses)]
      assert.equal(judged([route('steady')], [], { targets }).outcome, 'unknown', String(status))
      assert.equal(
        judged([route('steady')], [], { targets, anyStatus: true }).outcome,
        'passed',
        String(status),
      )
    }
    const half = new Map([
      [302, 50],
      [404, 50],
    ])
    assert.equal(judged([route('steady')], [], { targets: [target({}, half)] }).outcome, 'passed')
  })

  it('leaks whatever its answers were', () => {
    const targets = [target({}, new Map([[500, 100]]))]
    assert.equal(judged([route('leaking')], [leak()], { targets }).outcome, 'leaking')
  })

  it('is unknown where memprof saw no request to it', () => {
    assert.equal(judged([], [], { targets: [target({ route: null })] }).outcome, 'unknown')
  })
})

describe('a check', () => {
  const unknown = target({ path: '/b', route: null })

  it('is as grave as its gravest URL: leaking, unknown, passed', () => {
    const targets = [target(), unknown]
    assert.equal(judged([route('leaking')], [leak()], { targets }).outcome, 'leaking')
    assert.equal(judged([route('steady')], [], { targets }).outcome, 'unknown')
  })

  it('fails by growth with the clock where no limit was given: a limit is of bytes per request', () => {
    const clock = { scope: 'process', method: '', route: '' } as const
    const growth = leak({ ...clock, bytesPerRequest: null, bytesPerSecond: 5000 })
    assert.equal(judged([route('steady')], [growth]).outcome, 'leaking')
    const limited = judged([route('steady')], [growth], { limit: 100 })
    assert.equal(limited.outcome, 'passed')
    assert.match(checkText(limited), /^note +The process keeps 5\.0 kB per second/m)
  })
})

describe('what nobody is known to pay for', () => {
  const { instances } = summaryOf([processLine({ growth: openBooks({ openBytes: 1e6 }) })])
  const open = leak({
    scope: 'open',
    method: '',
    route: '',
    trace: {
      hits: 40,
      units: [{ ...ROUTE, route: '/<b>', share: 1 }],
      idleShare: 0,
      lostShare: 0,
    },
  })

  it('makes a URL unknown, never ok, whatever its route is called', () => {
    for (const verdict of ['steady', 'plateaued', 'insufficient-data'] as const) {
      const result = judged([route(verdict)], [], { instances })
      assert.equal(result.outcome, 'unknown')
      assert.match(
        checkText(result),
        /^UNKNOWN .* grows by 100000 bytes per minute, and nobody is known to pay for it yet: try --requests 200$/,
      )
    }
  })

  it('leaves what is told of a URL that leaks itself', () => {
    const result = judged([route('leaking')], [leak()], { instances })
    assert.equal(result.urls[0]!.outcome, 'leaking')
  })

  it('fails a check without a limit once it is told as a leak; with one it is a note', () => {
    const result = judged([route('steady')], [open], { instances })
    assert.equal(result.outcome, 'leaking')
    assert.match(checkText(result), /^UNKNOWN .* it may pay for the leak that nobody is known/m)
    assert.match(checkText(result), /^LEAKS .* any route .*\n +a trace saw it 40 times: 100 %/m)
    assert.match(
      junitXml(result, 1),
      /name="some route or background work"><failure message="Some route [^>]+>a trace saw it 40 times: 100 % for GET \/&lt;b&gt;</,
    )
    assert.equal(judged([route('steady')], [open], { limit: 100, instances }).outcome, 'unknown')
  })
})

describe('the JUnit file', () => {
  const site = {
    function: 'f<"&\u001b',
    file: 'a.js',
    line: 3,
    column: 1,
    bytes: 1,
    share: 1,
    stack: [],
  }

  it('has a case per URL, a failure for a leak, an error for what is unknown, and counts them', () => {
    const targets = [
      target({ path: '/a?x=<1>&y="2"' }),
      target({ path: '/b', route: null }),
      target(),
    ]
    const xml = junitXml(judged([route('leaking')], [leak({ sites: [site] })], { targets }), 12.34)
    assert.match(xml, /<testsuite name="[^"<]+" tests="3" failures="2" errors="1" time="12\.3">/)
    assert.match(
      xml,
      /name="GET \/a\?x=&lt;1&gt;&amp;y=&quot;2&quot;"><failure message="keeps 1\.0 kB per request/,
    )
    assert.match(xml, /allocated in f&lt;&quot;&amp;\\u\{1b\} \(a\.js:3\)/)
    assert.match(xml, /name="GET \/b"><error message="memprof saw none of the requests">/)
  })
})
