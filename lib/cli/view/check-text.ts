/** The outcome of a check, for a person. */
import { type CheckedUrl, type CheckResult, isOverLimit, namesOf } from '../app/check-result'
import { leakRate, requestOf, whereWords } from '../../emit/leak-words'
import type { Holder } from '../../schema/lines'
import { formatBytes, formatCount, formatInterval } from './numbers'
import { printable } from './printable'
import { leakDetails, leakSentence } from './sentences'
import { padTo, widthOf } from './width'

const WORDS = { passed: 'ok     ', leaking: 'LEAKS  ', unknown: 'UNKNOWN' } as const

/** Columns that a URL takes before what is said of it. */
const MAX_NAME_COLUMNS = 40

export function checkText(result: CheckResult): string {
  const widest = Math.max(...result.urls.map((url) => widthOf(urlName(url))))
  const width = Math.min(MAX_NAME_COLUMNS, widest)
  const indent = ' '.repeat(WORDS.passed.length + 2 + width + 2)
  const lines = result.urls.flatMap((url) => {
    const [first, ...more] = explain(url, result.limitBytesPerRequest)
    return [
      `${WORDS[url.outcome]}  ${padTo(urlName(url), width)}  ${first}`,
      ...more.map((line) => indent + line),
    ]
  })
  for (const leak of result.processLeaks) {
    const word = isOverLimit(leak, result.limitBytesPerRequest) ? WORDS.leaking : 'note   '
    const details = leakDetails(leak).map((detail) => ' '.repeat(word.length + 2) + detail)
    lines.push(`${word}  ${leakSentence(leak)}`, ...details)
  }
  return lines.join('\n')
}

export function urlName({ method, path }: CheckedUrl): string {
  return printable(`${method} ${path}`)
}

/** What is known of a URL: a line, and where it leaks one for the site and one for the holder. */
export function explain(url: CheckedUrl, limit: number): string[] {
  const { leak, reason } = url
  const lines = leak
    ? [leakWords(leak, limit), ...sharedWords(url), ...whereWords(leak, holderWords, printable)]
    : [quietWords(url)]
  return reason === '' ? lines : [reason, ...(leak ? lines : [])]
}

function leakWords(leak: NonNullable<CheckedUrl['leak']>, limit: number): string {
  const { scope, kind, bytesPerRequest, ci95, overLimit, outcome } = leak
  const figure = `keeps ${leakRate(bytesPerRequest ?? 0, kind, requestOf({}, outcome))}`
  const interval = ci95 ? ` (95 %: ${formatInterval(ci95)})` : ''
  const shared = scope === 'shared' ? ', as every route does' : ''
  const within = overLimit ? '' : `; not proven to be above the limit of ${formatBytes(limit)}`
  return figure + interval + shared + within
}

/** A route's leak may be of any of the URLs that it answers. */
function sharedWords({ route, sharedWith }: CheckedUrl): string[] {
  if (route === null || sharedWith.length === 0) return []
  return [printable(`by its route ${route}, which answers ${namesOf(sharedWith)} too`)]
}

function holderWords({ path, kind, size, file, line }: Holder): string {
  const at = file === undefined ? '' : `, ${printable(file)}:${line ?? 1}`
  return `${printable(path)} (${kind} of ${formatCount(size)}${at})`
}

function quietWords({ verdict, floorBytesPerRequest, requests }: CheckedUrl): string {
  const floor =
    floorBytesPerRequest === null
      ? ''
      : `; a leak of ${formatBytes(floorBytesPerRequest)} per request would have been seen`
  const what = verdict === 'plateaued' ? 'grew at first, then stopped' : 'keeps nothing'
  return `${what} in ${formatCount(requests)} requests${floor}`
}
