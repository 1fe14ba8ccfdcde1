/** The outcome of a check, for a person. */
import type { CheckedUrl, CheckResult } from '../app/check-result'
import { formatBytes, formatCount, formatInterval } from './numbers'
import { printable } from './printable'
import { leakSentence, placeName } from './sentences'

const WORDS = { passed: 'ok     ', leaking: 'LEAKS  ', unknown: 'UNKNOWN' } as const

/** Columns that a URL takes before what is said of it. */
const MAX_NAME_COLUMNS = 40

export function checkText(result: CheckResult): string {
  const widest = Math.max(...result.urls.map((url) => urlName(url).length))
  const width = Math.min(MAX_NAME_COLUMNS, widest)
  const indent = ' '.repeat(WORDS.passed.length + 2 + width + 2)
  const lines = result.urls.flatMap((url) => {
    const [first, ...more] = explain(url, result.limitBytesPerRequest)
    return [
      `${WORDS[url.outcome]}  ${urlName(url).padEnd(width)}  ${first}`,
      ...more.map((line) => indent + line),
    ]
  })
  const word = result.limitBytesPerRequest === 0 ? WORDS.leaking : 'note   '
  for (const leak of result.processLeaks) lines.push(`${word}  ${leakSentence(leak)}`)
  return lines.join('\n')
}

export function urlName({ method, path }: CheckedUrl): string {
  return printable(`${method} ${path}`)
}

/** What is known of a URL: a line, and where it leaks one for the place and one for the holder. */
export function explain(url: CheckedUrl, limit: number): string[] {
  const { leak, reason } = url
  const lines = leak ? [leakWords(leak, limit), ...whereWords(leak)] : [quietWords(url)]
  return reason === '' ? lines : [reason, ...(leak ? lines : [])]
}

function leakWords(leak: NonNullable<CheckedUrl['leak']>, limit: number): string {
  const { scope, kind, bytesPerRequest, ci95, overLimit } = leak
  const what = kind === 'heap' ? '' : kind === 'buffers' ? ' of buffers' : ' of native memory'
  const figure = `keeps ${formatBytes(bytesPerRequest ?? 0)}${what} per request`
  const interval = ci95 ? ` (95 %: ${formatInterval(ci95)})` : ''
  const shared = scope === 'shared' ? ', as every route does' : ''
  const within = overLimit ? '' : `; not proven to be above the limit of ${formatBytes(limit)}`
  return figure + interval + shared + within
}

function whereWords({ sites, holders }: NonNullable<CheckedUrl['leak']>): string[] {
  const lines: string[] = []
  const [site] = sites
  if (site) lines.push(`allocated in ${placeName(site)}`)
  const [holder] = holders
  if (holder) {
    const at = holder.file === undefined ? '' : `, ${printable(holder.file)}:${holder.line ?? 1}`
    const size = formatCount(holder.size)
    lines.push(`kept by ${printable(holder.path)} (${holder.kind} of ${size}${at})`)
  }
  return lines
}

function quietWords({ verdict, floorBytesPerRequest, requests }: CheckedUrl): string {
  const floor =
    floorBytesPerRequest === null
      ? ''
      : `; a leak of ${formatBytes(floorBytesPerRequest)} per request would have been seen`
  const what = verdict === 'plateaued' ? 'grew at first, then stopped' : 'keeps nothing'
  return `${what} in ${formatCount(requests)} requests${floor}`
}
