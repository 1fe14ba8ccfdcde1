import { median } from '../../test/support/median'
import { textTable } from '../../test/support/table'
import type { AppResult, LeakResult } from './judge.js'

const HEADINGS = [
  'app',
  'leak',
  'found',
  'bytes said',
  'bytes true',
  'off',
  'ci95',
  'site',
  'holder',
  'filled in',
  'after',
  'called steady',
  'books, MB',
  'false alarms',
]

/** One row per leak, one per innocent app. */
export function renderTable(results: readonly AppResult[]): string {
  const rows = results.flatMap((result) => {
    const alarms = [
      result.falseAlarms.join(', ') || '-',
      ...result.open.map((line) => `noted: ${line}`),
      ...(result.stopped ? [] : ['no stop line']),
    ].join('; ')
    if (result.leaks.length === 0) {
      return [
        [result.app, 'none', '', '', '', '', '', '', '', '', '', '', booksCell(result), alarms],
      ]
    }
    return result.leaks.map((leak, index) => [
      index === 0 ? result.app : '',
      ...leakCells(leak),
      index === 0 ? booksCell(result) : '',
      index === 0 ? alarms : '',
    ])
  })
  return textTable(HEADINGS, rows)
}

/** What was told and left open, of what was truly kept. */
function booksCell({ books }: AppResult): string {
  if (!books) return ''
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)
  const { saidBytes, trueBytes, balances } = books
  return `${megabytes(saidBytes)} of ${megabytes(trueBytes)}${balances ? '' : ' !'}`
}

function leakCells(leak: LeakResult): string[] {
  const unit = leak.scope === 'process' ? '/s' : ''
  const said = leak.saidBytes === null ? '-' : `${Math.round(leak.saidBytes)}${unit}`
  const truth = leak.trueBytes === null ? '?' : `${Math.round(leak.trueBytes)}${unit}`
  const off = deviation(leak)
  return [
    leak.kind === 'heap' && !leak.outcome
      ? leak.name
      : `${leak.name} (${leak.outcome ?? leak.kind})`,
    leak.found === 'yes' && leak.kindSaid !== leak.kind
      ? `as ${leak.kindSaid}`
      : leak.saidScope !== null
        ? `as ${leak.saidScope}`
        : leak.found === 'yes' && leak.saidOutcome !== leak.outcome
          ? `of ${leak.saidOutcome ?? 'all'}`
          : leak.found,
    said,
    truth,
    off === null ? '' : `${off >= 0 ? '+' : ''}${(off * 100).toFixed(0)}%`,
    leak.ci95 ? `${leak.ci95.map(Math.round).join('..')}${leak.covered ? '' : ' !'}` : '',
    leak.found === 'no'
      ? ''
      : leak.siteRank === null
        ? 'none'
        : `${leak.siteRank} ${leak.siteMatch}${leak.lineSaid ? ` (exact: ${leak.lineSaid})` : ''}`,
    holderCell(leak),
    leak.filled ?? '',
    leak.seconds === null ? '' : `${leak.seconds.toFixed(0)} s`,
    leak.steadySeconds === null ? '' : `at ${leak.steadySeconds.toFixed(0)} s`,
  ]
}

function holderCell(leak: LeakResult): string {
  if (leak.found === 'no') return ''
  if (leak.holderRank !== null) return String(leak.holderRank)
  return leak.holdersSaid === 0 ? 'none' : `wrong: ${leak.firstHolder}`
}

/** (said - true) / true. */
function deviation(leak: LeakResult): number | null {
  if (leak.saidBytes === null || !leak.trueBytes) return null
  return leak.saidBytes / leak.trueBytes - 1
}

/** The error rates, as lines of text. */
export function renderSummary(results: readonly AppResult[]): string {
  const leaks = results.flatMap((result) =>
    result.leaks.map((leak) => ({ ...leak, several: result.leaks.length > 1 })),
  )
  const found = leaks.filter((leak) => leak.found === 'yes')
  const figures = found.filter((leak) => deviation(leak) !== null)
  const within = (several: boolean, share: number): string => {
    const some = figures.filter((leak) => leak.several === several)
    return count(some, (leak) => Math.abs(deviation(leak)!) <= share)
  }
  const alarms = results.reduce((sum, result) => sum + result.falseAlarms.length, 0)
  const routes = results.reduce((sum, result) => sum + result.innocentRoutes, 0)
  const clean = results.filter((result) => result.leaks.length === 0)
  const judged = found.filter((leak) => leak.covered !== null)
  const holders = found.filter((leak) => leak.holderKnown && leak.kind === 'heap')
  const saidHolders = holders.filter((leak) => leak.holdersSaid > 0)
  const ofRoutes = leaks.filter((leak) => leak.scope === 'route')
  const large = ofRoutes.filter((leak) => (leak.trueBytes ?? 0) >= 2000)
  return [
    `found                    ${count(leaks, (leak) => leak.found === 'yes')} leaks` +
      ` (${count(leaks.filter(atLeast100), (leak) => leak.found === 'yes')} of 100 bytes or more)` +
      `, withdrawn ${leaks.filter((leak) => leak.found === 'withdrawn').length}`,
    `without their route      ${found.filter((leak) => leak.saidScope !== null).length} of those found; open lines beside them on ${count(results, (result) => result.open.length > 0)} apps`,
    `outcome that pays        ${count(
      found.filter((leak) => leak.outcome !== null),
      (leak) => leak.saidOutcome === leak.outcome,
    )}; said where all pay alike ${found.filter((leak) => leak.outcome === null && leak.saidOutcome !== null).length}`,
    `called steady            ${count(ofRoutes, (leak) => leak.steadySeconds !== null)} leaking routes, at any time`,
    `false alarms             ${alarms} over ${routes} innocent routes, on ${count(results, (result) => result.falseAlarms.length > 0)} apps` +
      ` (${count(clean, (result) => result.falseAlarms.length > 0)} of those that leak nothing)`,
    `books balance            ${count(
      results.filter(({ books }) => books !== null),
      ({ books }) => books!.balances,
    )} apps`,
    `figure within 10 %       ${within(false, 0.1)} where one route leaks; ${within(true, 0.1)} where several do`,
    `figure within 20 %       ${within(false, 0.2)} where one route leaks; ${within(true, 0.2)} where several do`,
    `interval holds the truth ${count(judged, (leak) => leak.covered === true)}`,
    `site first               ${count(found, (leak) => leak.siteRank === 1)}; first or second ${count(found, (leak) => (leak.siteRank ?? 9) <= 2)}`,
    `holder first             ${count(holders, (leak) => leak.holderRank === 1)}; first or second ${count(holders, (leak) => (leak.holderRank ?? 9) <= 2)}`,
    `wrong holders            ${count(saidHolders, (leak) => (leak.holderRank ?? 9) > 2)} of those that were named one`,
    `filled in the right line ${count(
      holders.filter((leak) => leak.holderRank === 1 && leak.adderKnown),
      (leak) => leak.filled === 'right',
    )} of those whose first holder is right; a wrong one in the app's code ${found.filter((leak) => leak.filled === 'wrong').length}`,
    `allocated in that line   ${count(found, (leak) => leak.lineSaid !== null)} said to the line; a wrong one ${found.filter((leak) => leak.lineSaid === 'wrong').length}`,
    `2 KB a request or more   ${count(large, (leak) => leak.seconds !== null && leak.seconds <= 30)} called within 30 s`,
    `seconds until the line   median ${median(found.flatMap(({ seconds }) => seconds ?? [])).toFixed(0)}`,
  ].join('\n')
}

function atLeast100(leak: LeakResult): boolean {
  return leak.scope === 'process' || (leak.trueBytes ?? 0) >= 100
}

function count<T>(items: readonly T[], holds: (item: T) => boolean): string {
  return `${items.filter(holds).length}/${items.length}`
}
