/** Paths of URLs: cut from a request's target, folded to a guess of the route, shortened for a line. */

/** A path longer than this is cut: a URL may have 16 KB, and a ring holds thousands. */
const MAX_PATH_CHARS = 1024
/** Folded segments of a path, at most; deeper ones become `/…`. */
const MAX_SEGMENTS = 8
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const DATE = /^\d{4}-\d{2}(-\d{2})?(T[\d:.]+Z?)?$/
const HASH = /^(?=.*\d)[0-9a-f]{8,}$/i
/** A word with digits this long is taken for a token, not a name. */
const LONGEST_NAME = 24
/** Without digits, a segment with more characters is a text. */
const LONGEST_WORD = 64
/** What a segment is folded to of which no more is known than that it varies. */
export const PARAMETER = '/:id'

/**
 * The path of a request's target (RFC 9112, section 3.2): no query, no fragment, and in absolute form
 * (`GET http://user:password@host/path`) neither scheme nor authority. `*` for what has no path.
 */
export function pathOf(target: string): string {
  let end = target.length
  for (let at = 0; at < target.length; at++) {
    const code = target.charCodeAt(at)
    if (code === 0x3f || code === 0x23) {
      end = at
      break
    }
  }
  let start = 0
  if (target.charCodeAt(0) !== 0x2f) {
    const scheme = target.indexOf('://')
    if (scheme < 0 || scheme > end) return '*'
    start = target.indexOf('/', scheme + 3)
    if (start < 0 || start > end) return '/'
  }
  return target.slice(start, end)
}

/** The path of a URL for a line of its request. */
export function shortPath(url: string): string {
  const path = pathOf(url)
  if (url.length <= MAX_PATH_CHARS) return path
  return copyOf(path.length > MAX_PATH_CHARS ? `${path.slice(0, MAX_PATH_CHARS - 1)}…` : path)
}

/** A part of a string keeps the whole of it in memory, and a URL may be long. */
export function copyOf(part: string): string {
  try {
    return Buffer.from(part, 'utf16le').toString('utf16le')
  } catch {
    // The app has put something else in the place of Buffer.
    return part
  }
}

/**
 * Goes along the path of a URL, from segment to segment, those folded whose look tells that they vary:
 * of `/users/42/orders/9f8e…` the steps are `/users`, `/:n`, `/orders` and `/:hash`. Per request where
 * there is no framework: no array of segments is made.
 *
 * @param step - where a segment leads from a place
 * @returns the last place
 */
export function alongPath<T>(url: string, start: T, step: (at: T, segment: string) => T): T {
  const path = pathOf(url)
  if (path === '*') return step(start, path)
  let at = start
  for (let segment = 1, from = 1; from <= path.length; segment++) {
    if (segment > MAX_SEGMENTS) return step(at, '/…')
    const slash = path.indexOf('/', from)
    const to = slash < 0 ? path.length : slash
    at = step(at, foldSegment(path.slice(from - 1, to)))
    from = to + 1
  }
  return at
}

function countDigits(text: string): number {
  let digits = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x30 && code <= 0x39) digits++
  }
  return digits
}

/** @param segment - with the slash before it */
function foldSegment(segment: string): string {
  const digits = countDigits(segment)
  const text = segment.slice(1)
  if (digits === 0) return text.length <= LONGEST_WORD ? segment : '/:text'
  if (digits === text.length) return '/:n'
  if (UUID.test(text)) return '/:uuid'
  if (DATE.test(text)) return '/:date'
  if (HASH.test(text)) return '/:hash'
  return text.length <= LONGEST_NAME && /^[a-z]+[-_.]?v?\d{0,2}([-_.][a-z]+)?$/i.test(text)
    ? segment
    : PARAMETER
}
