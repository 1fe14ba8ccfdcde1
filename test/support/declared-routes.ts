/** What the fixture apps declare: requests to them, and the routes memprof is to tell apart. */
import { request } from './http'

/** A request, and the route it belongs to. */
export type Sent = readonly [method: string, path: string, route: string, body?: string]

/** Of routes.cjs. */
export const EXPRESS: readonly Sent[] = [
  ['GET', '/v1/users', '/v1/users'],
  ['GET', '/v1/users/7?x=1', '/v1/users/:id'],
  ['GET', '/v1/users/8', '/v1/users/:id'],
  ['GET', '/v1/users/7/posts', '/v1/users/:id/posts'],
  ['POST', '/v1/users/7/posts', '/v1/users/:id/posts'],
  ['GET', '/teams/red/7', '/teams/:team/:id'],
  ['GET', '/x/7', '(/x|/y)/:id'],
  ['GET', '/y/7', '(/x|/y)/:id'],
  ['GET', '/admin/stats', '/admin/stats'],
  ['GET', '/a', '(/a|/b)'],
  ['GET', '/b', '(/a|/b)'],
  ['GET', '/rex', '/^\\/re(x)?$/'],
  ['GET', '/any', '/any'],
  ['DELETE', '/any', '/any'],
  ['HEAD', '/any', '/any'],
  ['GET', '/pages/about', '/pages/about'],
  ['GET', '/pages/items/7', '/pages/items/:n'],
  ['GET', '/twice', '/twice'],
  ['GET', '/two-functions', '/two-functions'],
  ['GET', '/skips', '/:first'],
  ['GET', '/throws', '/throws'],
  ['GET', '/rejects', '/rejects'],
  ['GET', '/go', '/go'],
  ['GET', '/mounted/deep', '/mounted'],
  ['POST', '/json', '/json', '{"a":1}'],
  ['POST', '/json', '/json', '{broken'],
  ['GET', '/own-404', '/own-404'],
  ['OPTIONS', '/two-functions', '(options)'],
  ['GET', '/nowhere/1', '(unmatched)'],
  ['GET', '/nowhere/2', '(unmatched)'],
  ['PUT', '/nowhere/2', '(unmatched)'],
]

export const OTHERS: Array<{ app: string; hooked: string[]; sent: readonly Sent[] }> = [
  {
    app: 'connect.cjs',
    hooked: ['connect', 'finalhandler'],
    sent: [
      ['GET', '/v1/items/7', '/v1/items'],
      ['GET', '/v1/nothing', '(unmatched)'],
      ['GET', '/throw', '/throw'],
      ['GET', '/mw/anything', '/mw'],
      ['GET', '/nowhere', '(unmatched)'],
    ],
  },
  {
    app: 'express5.mjs',
    hooked: ['finalhandler', 'router'],
    sent: [
      ['GET', '/users/7', '/users/:id'],
      ['GET', '/', '/'],
      ['GET', '/nowhere', '(unmatched)'],
    ],
  },
  {
    app: 'router.cjs',
    hooked: ['finalhandler', 'router'],
    sent: [
      ['GET', '/api/items/7', '/api/items/:id'],
      ['GET', '/api/nowhere', '(unmatched)'],
    ],
  },
  {
    app: 'finalhandler.cjs',
    hooked: ['finalhandler'],
    sent: [
      ['GET', '/file.txt', '/file.txt'],
      ['GET', '/wp-admin.php', '(unmatched)'],
      ['GET', '/file.txt', '/file.txt'],
    ],
  },
  {
    app: 'plain-http.mjs',
    hooked: [],
    sent: [
      ['GET', '/items/7', '/items/:n'],
      ['GET', '/items/8', '/items/:n'],
      ['POST', '/items/8', '/items/:n'],
    ],
  },
]

/** One after the other. */
export async function sendAll(port: number, sent: readonly Sent[]): Promise<void> {
  for (const [method, path, , body] of sent) {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    await request(port, path, { method, headers, ...(body === undefined ? {} : { body }) })
  }
}

/** As `countsByRoute` has it. */
export function expected(sent: readonly Sent[]): Record<string, string> {
  const counts: Record<string, string> = {}
  for (const [method, , route] of sent) {
    const key = `${method} ${route}`
    counts[key] = String(Number(counts[key] ?? 0) + 1)
  }
  return counts
}
