/** What every framework is asked, and what memprof's lines say of it. */
import http from 'node:http'
import http2 from 'node:http2'
import { once } from 'node:events'
import { type App, type LogLine, ofEvent } from './app'

export interface Asked {
  /** What it is about. */
  readonly about: string
  readonly method: string
  readonly path: string
}

/** Enough that it does not arrive in one piece. */
const UPLOAD_BYTES = 200_000
const UPLOAD_HEADERS = { 'content-type': 'application/octet-stream' }

export const TWELVE: readonly Asked[] = [
  { about: 'params', method: 'GET', path: '/users/7' },
  { about: 'nested mounts', method: 'GET', path: '/v1/teams/red/members/7' },
  { about: 'wildcard', method: 'GET', path: '/files/a/b.txt' },
  { about: 'optional part', method: 'GET', path: '/pages' },
  { about: '404', method: 'GET', path: '/nowhere' },
  { about: 'thrown error', method: 'GET', path: '/throws' },
  { about: 'redirect', method: 'GET', path: '/go' },
  { about: 'aborted', method: 'GET', path: '/slow' },
  { about: 'streamed', method: 'GET', path: '/stream' },
  { about: 'HEAD', method: 'HEAD', path: '/users/7' },
  { about: 'OPTIONS', method: 'OPTIONS', path: '/users/7' },
  { about: 'upload', method: 'POST', path: '/upload' },
]

/** Route, status and outcome of each of the twelve, as the `request` lines have them. */
export type Answers = Readonly<Record<string, string>>

export function answersIn(lines: readonly LogLine[]): Answers {
  const requests = ofEvent(lines, 'request')
  return Object.fromEntries(
    TWELVE.map(({ about, method, path }) => {
      const of = requests.filter((line) => line.method === method && line.path === path)
      const told = of.map(({ route, status, outcome }) =>
        outcome === 'finished' ? `${route} ${status}` : `${route} ${status} ${outcome}`,
      )
      return [about, told.join(', ') || 'not seen']
    }),
  )
}

/** Sends the twelve, one after the other; `/slow` is given up once its answer has begun. */
export async function askTwelve(app: App, protocol: 'http' | 'http2' = 'http'): Promise<void> {
  for (const asked of TWELVE) {
    await (protocol === 'http' ? ask(app.port, asked) : askHttp2(app.port, asked))
    // An abort is over when the server has noticed.
    if (asked.about === 'aborted') await app.settled()
  }
}

function ask(port: number, { method, path, about }: Asked): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = about === 'upload' ? UPLOAD_HEADERS : {}
    const req = http.request({ port, path, method, headers, agent: false }, (res) => {
      if (about === 'aborted') {
        res.on('error', () => {})
        res.once('data', () => req.destroy())
      }
      res.resume().on('close', resolve)
    })
    req.on('error', (error) => (about === 'aborted' ? resolve() : reject(error)))
    req.end(about === 'upload' ? Buffer.alloc(UPLOAD_BYTES) : undefined)
  })
}

async function askHttp2(port: number, { method, path, about }: Asked): Promise<void> {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  const endStream = about !== 'upload'
  const headers = endStream ? {} : UPLOAD_HEADERS
  const stream = session.request({ ':path': path, ':method': method, ...headers }, { endStream })
  stream.on('error', () => {})
  if (!endStream) stream.end(Buffer.alloc(UPLOAD_BYTES))
  if (about === 'aborted') stream.once('data', () => stream.close(http2.constants.NGHTTP2_CANCEL))
  stream.resume()
  await once(stream, 'close')
  await new Promise<void>((resolve) => session.close(resolve))
}
