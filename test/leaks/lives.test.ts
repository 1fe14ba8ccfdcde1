import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Container } from '../../lib/holders/container'
import type { LeakLife } from '../../lib/leaks/leak-life'
import { withoutHeldBack } from '../../lib/leaks/lives'
import type { Judgement } from '../../lib/verdict/judge'
import type { Leak } from '../../lib/verdict/leak'
import { madeLeak } from '../support/leaks'
import { observed, type OpenedLives, openLives } from '../support/lives'
import { THRESHOLDS } from '../../lib/verdict/thresholds'

const KEY = 'route 0 heap'

/** A leak of so many bytes per request, give or take. */
function leak(rate: number, plusMinus: number, more: Partial<Leak> = {}): Leak {
  return madeLeak({ rate, ci95: [rate - plusMinus, rate + plusMinus], ...more })
}

function judgementOf(leaks: readonly Leak[]): Judgement {
  const isLeaking = leaks.some(({ route }) => route === 0)
  return { routes: [{ verdict: isLeaking ? 'leaking' : 'steady' }], leaks, books: null, unsure: [] }
}

function judge({ lives }: OpenedLives, ...leaks: Leak[]): boolean {
  return lives.judged(judgementOf(leaks), observed())
}

/** Whether each judgement of a row was worth a line: `x` a line, `.` none. */
function lines(judgements: ReadonlyArray<readonly Leak[]>): string {
  const opened = openLives()
  return judgements.map((leaks) => (judge(opened, ...leaks) ? 'x' : '.')).join('')
}

const UNSURE = [leak(1000, 500)]

describe('a leak is told', () => {
  it('when it was found twice in a row, and then no more', () => {
    assert.equal(lines([UNSURE, UNSURE, UNSURE, UNSURE]), '.x..')
  })

  it('not before, where a judgement between did not find it', () => {
    assert.equal(lines([UNSURE, [], UNSURE, [], UNSURE, UNSURE]), '.....x')
  })

  it('at once where it is sure: a low end of more than twice the width', () => {
    // 1000 - 166 = 834 > 2 * 332, and 800 = 2 * 400.
    assert.equal(lines([[leak(1000, 166)]]), 'x')
    assert.equal(lines([[leak(1000, 200)]]), '.')
  })

  it('again once the figure lies outside the interval that was told', () => {
    const first = leak(1000, 100)
    assert.equal(lines([[first], [leak(1100, 100)]]), 'x.')
    assert.equal(lines([[first], [leak(1101, 100)]]), 'xx')
    assert.equal(lines([[first], [leak(900, 100)]]), 'x.')
    assert.equal(lines([[first], [leak(899, 100)]]), 'xx')
  })

  it('again once the interval is less than 0.6 of what was told', () => {
    const first = leak(1000, 100)
    assert.equal(lines([[first], [leak(1000, 60)]]), 'x.')
    assert.equal(lines([[first], [leak(1000, 59)]]), 'xx')
  })

  it('again once it is known which of its requests pay', () => {
    const first = leak(1000, 100)
    const aborted = { kind: 'aborted', share: 0.1, othersShare: 0 } as const
    assert.equal(lines([[first], [{ ...first, outcome: aborted }]]), 'xx')
  })

  it('again by what was last told, not by the last judgement', () => {
    const creeping = [1000, 1040, 1080, 1120, 1160].map((rate) => [leak(rate, 100)])
    assert.equal(lines(creeping), 'x..x.')
  })

  it('not again where it went away and came back the same', () => {
    const sure = [leak(1000, 50)]
    assert.equal(lines([sure, [], sure, sure]), 'x...')
  })

  it('by its key, whatever others do', () => {
    const opened = openLives()
    const [heap, buffers] = [leak(1000, 500), leak(70, 35, { key: 'route 0 buffers' })]
    judge(opened, heap)
    judge(opened, heap, buffers)
    assert.deepEqual(opened.told.leaks, [heap])
    judge(opened, heap, buffers)
    assert.deepEqual(opened.told.leaks, [heap, buffers])
  })

  it('after what is known was handed over, so that its line can say how long the memory lasts', () => {
    const opened = openLives()
    const { told } = opened
    const shown: unknown[] = []
    told.told = () => shown.push(told.findings?.judgement.leaks)
    judge(opened, leak(1000, 50))
    assert.deepEqual(shown, [[leak(1000, 50)]])
  })
})

describe('at the end', () => {
  it('is told what was found once, or has changed by a twentieth since its line', () => {
    const last = (...leaks: Leak[]): string[] => {
      const opened = openLives()
      judge(opened, leak(1000, 100))
      judge(opened, ...leaks)
      opened.lives.conclude()
      return opened.told.lines
    }
    const told = `${KEY} 1000`
    const unsure = leak(1000, 500, { key: 'shared heap' })
    assert.deepEqual(last(leak(1050, 100)), [told])
    assert.deepEqual(last(leak(1051, 100)), [told, `${KEY} 1051`])
    assert.deepEqual(last(leak(1050, 100), unsure), [told, 'shared heap 1000'])
    assert.deepEqual(last(), [told])
  })
})

describe('a leak whose payer is not known', () => {
  const open = (more: Partial<Leak> = {}): Leak =>
    leak(1000, 20, { key: 'open heap', scope: 'open', route: null, ...more })

  it('is told when it was found six times in a row, however sure it is', () => {
    const sure = [open()]
    assert.equal(lines([sure, sure, sure, sure, sure, sure, sure]), '.....x.')
    assert.equal(lines([sure, sure, sure, sure, sure, [], sure]), '.......')
  })

  it('is not told before the heap proves it', () => {
    const [unproven, sure] = [[open({ isProven: false })], [open()]]
    assert.equal(lines([...new Array(7).fill(unproven), sure]), '.......x')
  })

  it('is not told at the end either, but as above', () => {
    const opened = openLives()
    for (let times = 0; times < 5; times++) judge(opened, open())
    opened.lives.conclude()
    assert.deepEqual(opened.told.lines, [])
  })
})

describe('a leak stands', () => {
  it('once it was told, until a judgement is without it', () => {
    const opened = openLives()
    const standing = (...leaks: Leak[]): string[] => {
      judge(opened, ...leaks)
      return [...opened.lives.standing]
    }
    const sure = leak(1000, 50)
    assert.deepEqual(standing(leak(1000, 500)), [])
    assert.deepEqual(standing(sure), [KEY])
    assert.deepEqual(standing(), [])
    assert.deepEqual(standing(sure), [KEY])
  })

  it('and goes on for its readers while sampling begins anew: too few readings say nothing of it', () => {
    const { lives, told } = openLives()
    lives.judged(judgementOf([leak(1000, 50)]), observed())
    const goesOn = (): boolean | undefined => told.findings?.told[0]?.goesOn
    assert.equal(goesOn(), true)
    for (let readings = 1; readings < THRESHOLDS.leak.minReadings; readings++) {
      lives.judged(judgementOf([]), observed(readings))
      assert.deepEqual([goesOn(), lives.standing.size], [true, 0])
    }
    lives.judged(judgementOf([]), observed(THRESHOLDS.leak.minReadings))
    assert.equal(goesOn(), false)
  })
})

const CACHE: Container = {
  id: 1,
  pathKey: 'cache',
  path: 'cache',
  kind: 'Map',
  size: 50,
  variable: { name: 'cache', scope: '', seenFrom: null, url: '' },
  steps: 0,
  within: 0,
  entryBytes: Number.POSITIVE_INFINITY,
  capacity: { entries: 200, hasTables: false },
}

/** One leak of a route's, sure from the first judgement on, whose holder is sought. */
class Trial {
  readonly opened: OpenedLives = openLives({ isSearched: true })
  readonly key = KEY

  /** So many requests are in the observation. */
  judge(exposure: number, more: Partial<Leak> = {}): this {
    judge(this.opened, leak(1000, 20, { exposure, ...more }))
    return this
  }

  miss(): this {
    judge(this.opened)
    return this
  }

  /** A look that saw these containers. */
  look(...containers: Container[]): this {
    const { search } = this.opened
    return this.#step(() => search.latest.add({ timeMs: 0, ended: [], containers }))
  }

  /** The search ends with a container that may come to so many entries; it has 50, one per request. */
  find(capacity: number, isThorough = true): this {
    const holders = [{ path: 'cache', kind: 'Map', size: 50, growthPerRequest: 1 } as const]
    const bounds = [{ size: 50, growth: 1, capacity }]
    return this.#step(() =>
      this.opened.search.latest.end(isThorough, { holders, bounds, objects: [], beside: [] }),
    )
  }

  /** The search ends with nothing. */
  findNothing(): this {
    const { latest } = this.opened.search
    return this.#step(() =>
      latest.end(latest.isTold, { holders: [], bounds: [], objects: [], beside: [] }),
    )
  }

  #step(next: () => void): this {
    this.opened.search.next = next
    this.opened.lives.inquire(1)
    this.opened.lives.settle()
    return this
  }

  get lines(): readonly string[] {
    return this.opened.told.lines
  }

  /** Of the route. */
  get verdict(): string | undefined {
    return this.opened.told.findings?.judgement.routes[0]?.verdict
  }

  /** Searches that began, each for a leak that was told or not. */
  get searches(): string {
    return this.opened.search.sought.map(({ isTold }) => (isTold ? 'told' : 'found')).join(', ')
  }
}

const UNBOUNDED = Number.POSITIVE_INFINITY

describe('a leak that may be a cache on its way to its capacity', () => {
  it('is told as soon as a look has seen no such cache', () => {
    const trial = new Trial().judge(100)
    assert.deepEqual([trial.lines, trial.verdict], [[], 'insufficient-data'])
    trial.look()
    assert.deepEqual([trial.lines, trial.verdict], [[`${KEY} 1000`], 'leaking'])
  })

  it('waits while a look shows one, three minutes at most', () => {
    const trial = new Trial()
      .judge(100)
      .look(CACHE)
      .look({ ...CACHE, size: 60 })
    trial.opened.nowMs = 3 * 60_000
    assert.deepEqual(trial.judge(200).lines, [])
    trial.opened.nowMs++
    assert.deepEqual(trial.judge(300).lines, [`${KEY} 1000`])
  })

  it('is not told while the cache fills; sought anew when it should be full, and told', () => {
    const trial = new Trial().judge(100).find(150)
    // Full after 200 requests: its last third is behind that with 300.
    trial.judge(299)
    assert.deepEqual([trial.lines, trial.verdict], [[], 'insufficient-data'])
    assert.equal(trial.opened.told.findings?.judgement.leaks.length, 0)
    assert.equal(trial.opened.search.sought.length, 1)
    trial.judge(300)
    assert.equal(trial.opened.search.sought.length, 2)
    assert.deepEqual(trial.lines, [])
    trial.find(UNBOUNDED)
    assert.deepEqual([trial.lines, trial.verdict], [[`${KEY} 1000 by cache`], 'leaking'])
  })

  it('is told at once where the memory would be full before the cache', () => {
    const trial = new Trial()
    trial.opened.headroomBytes = 99_999
    assert.deepEqual(trial.judge(100).find(150).lines, [`${KEY} 1000 by cache`])
  })

  it('is told when the memory no longer suffices', () => {
    const trial = new Trial().judge(100).find(150)
    trial.opened.headroomBytes = 49_999
    trial.judge(150).look()
    assert.deepEqual(trial.lines, [`${KEY} 1000 by cache`])
  })

  it('is held back three times: a cache that is cleared now and then is never full', () => {
    const trial = new Trial().judge(100)
    for (let times = 1; times <= 3; times++) {
      trial.find(150)
      assert.deepEqual(trial.lines, [], `${times}`)
      trial.judge(9999)
      trial.judge(100)
    }
    assert.deepEqual(trial.find(150).lines, [`${KEY} 1000 by cache`])
  })

  it('is judged by all judgements since it was found, when that ends', () => {
    const trial = new Trial().judge(100, { ci95: [500, 1500] })
    trial.judge(200, { ci95: [500, 1500] })
    assert.deepEqual(trial.lines, [])
    assert.deepEqual(trial.look().lines, [`${KEY} 1000`])
  })

  it('is told at the end, where no look has come to one', () => {
    const trial = new Trial().judge(100)
    trial.opened.lives.conclude()
    assert.deepEqual([trial.lines, trial.verdict], [[`${KEY} 1000`], 'leaking'])
  })

  it('is not told at the end where the cache still fills', () => {
    const trial = new Trial().judge(100).find(150)
    trial.opened.lives.conclude()
    assert.deepEqual([trial.lines, trial.verdict], [[], 'insufficient-data'])
  })

  it('is not held back once it was told with a holder that has no capacity', () => {
    const trial = new Trial().judge(100).find(UNBOUNDED)
    assert.deepEqual(trial.lines, [`${KEY} 1000 by cache`])
    assert.equal(trial.judge(200).verdict, 'leaking')
  })
})

describe('a leak that was told', () => {
  it('has another line once its holder is found, and no third', () => {
    const trial = new Trial().judge(100).look().find(UNBOUNDED).judge(200)
    assert.deepEqual(trial.lines, [`${KEY} 1000`, `${KEY} 1000 by cache`])
    trial.opened.lives.conclude()
    assert.equal(trial.lines.length, 2)
  })

  it('has none for a holder that is found when it has stopped, until it is found again', () => {
    const trial = new Trial().judge(100).look().miss().find(UNBOUNDED)
    assert.deepEqual(trial.lines, [`${KEY} 1000`])
    assert.deepEqual(trial.judge(200).lines, [`${KEY} 1000`, `${KEY} 1000 by cache`])
  })

  it('counts what that line said: the end does not say the same again', () => {
    const trial = new Trial().judge(100, { ci95: [900, 1100] }).look()
    trial.judge(200, { rate: 1080, ci95: [980, 1180] }).find(UNBOUNDED)
    assert.deepEqual(trial.lines, [`${KEY} 1000`, `${KEY} 1080 by cache`])
    trial.opened.lives.conclude()
    assert.equal(trial.lines.length, 2)
  })

  it('is taken back when a cache is found to keep it, and stands meanwhile', () => {
    const trial = new Trial().judge(100).look().find(150)
    assert.deepEqual([trial.lines, trial.verdict], [[`${KEY} 1000`], 'insufficient-data'])
    assert.deepEqual([...trial.opened.lives.standing], [KEY])
    const life: LeakLife | undefined = trial.opened.told.findings?.told[0]
    assert.deepEqual([life?.state, life?.goesOn], ['held back', false])
  })

  it('is leaking again, with what keeps it, where it outlasts that cache', () => {
    const trial = new Trial().judge(100).look().find(150).judge(300)
    assert.equal(trial.verdict, 'leaking')
    assert.deepEqual(trial.lines, [`${KEY} 1000`, `${KEY} 1000 by cache`])
    assert.equal(trial.searches, 'told, told')
  })
})

describe('the search for what keeps a leak', () => {
  it('begins with the leak, and once', () => {
    const trial = new Trial().judge(100).judge(200)
    assert.equal(trial.opened.search.sought.length, 1)
    assert.equal(trial.searches, 'found')
  })

  it('learns that its leak was told', () => {
    assert.equal(new Trial().judge(100).look().searches, 'told')
  })

  it('that found nothing before the leak was told begins again when it is', () => {
    const unsure = { ci95: [400, 1600] } as const
    const trial = new Trial().judge(100, unsure).look().findNothing()
    assert.equal(trial.searches, 'found')
    trial.judge(200, unsure)
    assert.deepEqual([trial.searches, trial.lines.length], ['found, told', 1])
    // Told by now, it is sought to the end.
    trial.findNothing().judge(300)
    assert.equal(trial.searches, 'found, told')
  })

  it('knows that no cache explains what outlasted one', () => {
    const trial = new Trial().judge(100).find(150)
    const full = { ...CACHE, size: 200 }
    trial.judge(300)
    trial.opened.search.latest.add({ timeMs: 0, ended: [], containers: [full] })
    trial.opened.search.latest.add({ timeMs: 0, ended: [], containers: [full] })
    trial.opened.lives.settle()
    assert.equal(trial.lines.length, 1)
  })

  it('is made for no native memory', () => {
    const trial = new Trial().judge(100, { kind: 'native' })
    assert.equal(trial.opened.search.sought.length, 0)
  })

  it('hears how long a reading takes, and ends with the lives', () => {
    const { lives, search } = openLives({ isSearched: true })
    lives.inquire(42)
    lives.close()
    assert.deepEqual([search.pauses, search.isClosed, lives.work], [[42], true, 1])
  })
})

describe('lives', () => {
  /** Searches for a leak that comes back after so many others have come and gone. */
  function searchesAfter(others: number, first: Leak): number {
    const opened = openLives({ isSearched: true })
    judge(opened, first)
    opened.nowMs = 3 * 60_000 + 1
    opened.lives.settle()
    for (let at = 1; at <= others; at++) judge(opened, leak(1, 1, { key: `route ${at} heap` }))
    judge(opened, first)
    return opened.search.sought.filter(({ leak: { key } }) => key === first.key).length
  }

  it('are forgotten, once there are 1024, of leaks that went away untold', () => {
    assert.deepEqual([searchesAfter(1023, UNSURE[0]!), searchesAfter(1024, UNSURE[0]!)], [1, 2])
  })

  it('are not, of leaks that people know of', () => {
    assert.equal(searchesAfter(1024, leak(1000, 50)), 1)
  })
})

describe('a judgement without the leaks that are held back', () => {
  const ROUTE = { floorBytesPerRequest: 24 }
  const LEAKING = {
    ...ROUTE,
    verdict: 'leaking',
    bytesPerRequest: 1000,
    ci95: [980, 1020],
  } as const
  const buffers = leak(70, 10, { key: 'route 0 buffers', kind: 'buffers' })
  const other = leak(1000, 20, { key: 'route 1 heap', route: 1 })
  const judgement: Judgement = {
    routes: [LEAKING, LEAKING, { ...ROUTE, verdict: 'steady' }],
    leaks: [leak(1000, 20), other],
    books: null,
    unsure: [],
  }
  const isHeldBack = (key: string): boolean => key === KEY

  it('says nothing of the route yet, and what it said of the others', () => {
    assert.deepEqual(withoutHeldBack(judgement, isHeldBack), {
      routes: [
        { ...ROUTE, verdict: 'insufficient-data' },
        LEAKING,
        { ...ROUTE, verdict: 'steady' },
      ],
      leaks: [other],
      books: null,
      unsure: [],
    })
  })

  it('calls a route leaking that has another leak', () => {
    const both = { ...judgement, leaks: [leak(1000, 20), buffers, other] }
    const { routes, leaks } = withoutHeldBack(both, isHeldBack)
    assert.deepEqual(routes[0], { ...LEAKING, bytesPerRequest: 70, ci95: [60, 80] })
    assert.deepEqual(leaks, [buffers, other])
  })
})
