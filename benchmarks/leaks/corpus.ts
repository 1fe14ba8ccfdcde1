import type { LeakOutcome } from '../../lib/schema/lines'
import type { Visit } from '../../test/support/load'
import type { Random } from '../../test/support/random'

/** A route of an app: how memprof should name it, and how the load asks for it. */
export interface CorpusRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** As memprof reports it. */
  readonly pattern: string
  readonly path: (random: Random) => string
  /** Share of the mix, before its random walk. 0: outside the mix (held open by `load: 'polls'`). */
  readonly weight: number
  readonly body?: (random: Random) => string | Buffer
  /** The unit of work that it brings about, as memprof reports it: `operation query {order}`. */
  readonly unit?: string
  /** A message over a WebSocket that is opened at the path; missing: a request. */
  readonly isMessage?: true
  /** How such requests end; missing: they are answered. The route's others stand in a row of their own. */
  readonly outcome?: LeakOutcome
}

/** The variable that keeps a leak. */
export interface HolderTruth {
  readonly path: string
  readonly kind: string
  /** Other paths that name the same thing. */
  readonly also: readonly RegExp[]
}

export interface Leak {
  readonly scope: 'route' | 'shared' | 'process'
  readonly kind: 'heap' | 'buffers'
  /** `GET /orders/:id`; for the other scopes the scope. Also the name of its markers in the source. */
  readonly name: string
  /** Where the bytes may be seen to be allocated besides the marked lines: npm packages, or modules
   * of Node's own where they begin with `node:`. */
  readonly packages: readonly string[]
  /** Of the route's requests those that keep it; missing: all do. */
  readonly outcome?: LeakOutcome
  /** null: no collection keeps it, so no holder can be right or wrong. */
  readonly holder: HolderTruth | null
  /** Set where every route behind a router pays alike: a line of scope `shared` is as right. */
  readonly orShared?: true
  /** Set where nothing leads from the allocation back to a request: told without its route, by a line of
   * scope `open`, `process` or `shared` that has its site or its holder, it is found as well. */
  readonly orOpen?: true
}

export type LoadPattern = 'steady' | 'bursts' | 'connections' | 'shift' | 'polls'

export interface CorpusApp {
  readonly name: string
  /** In apps/. */
  readonly file: string
  readonly load: LoadPattern
  /** The mix of routes does not drift, as with `--steady`: no rhythm tells the routes apart. */
  readonly steadyMix?: true
  readonly routes: readonly CorpusRoute[]
  /** Empty: the app is innocent. */
  readonly leaks: readonly Leak[]
}

export function routeName({
  method,
  pattern,
  unit,
}: Pick<CorpusRoute, 'method' | 'pattern' | 'unit'>): string {
  return unit ?? `${method} ${pattern}`
}

/** The answer has begun by then, and has not ended. */
const GIVES_UP_AFTER_MS = 12

/** One request of a route. */
export function visitOf(route: CorpusRoute, random: Random): Visit {
  const body = route.body?.(random)
  const givesUpAfterMs = route.outcome === 'aborted' ? GIVES_UP_AFTER_MS : undefined
  const { method, isMessage = false } = route
  return { method, path: route.path(random), body, givesUpAfterMs, isMessage }
}

/** A GET. Each `:name` of the pattern becomes a number no request drew before; `query` is added. */
function get(pattern: string, weight: number, query?: (random: Random) => string): CorpusRoute {
  return {
    method: 'GET',
    pattern,
    weight,
    path: (random) =>
      pattern.replace(/:\w+/g, () => String(random.integer(1e9))) +
      (query ? `?${query(random)}` : ''),
  }
}

function post(
  pattern: string,
  weight: number,
  body: (random: Random) => string | Buffer = jsonBody,
): CorpusRoute {
  return { ...get(pattern, weight), method: 'POST', body }
}

/** Requests of one operation. */
function operation(unit: string, weight: number, query: string): CorpusRoute {
  const body = (random: Random): string =>
    JSON.stringify({ query, variables: { id: String(random.integer(1e9)) } })
  return { ...post('/graphql', weight, body), unit: `operation ${unit}` }
}

/** Messages over WebSockets. */
function message(
  path: string,
  weight: number,
  body: (random: Random) => string = jsonBody,
): CorpusRoute {
  return { ...post(path, weight, body), unit: `message ${path}`, isMessage: true }
}

function jsonBody(random: Random): string {
  const items = Array.from({ length: 5 }, () => random.integer(1000))
  return JSON.stringify({ name: `name ${random.integer(1e6)}`, items })
}

function rawBody(random: Random): Buffer {
  return Buffer.alloc(6000, random.integer(256))
}

function keep(
  name: string,
  holder: HolderTruth | null,
  packages: readonly string[] = [],
  more: Partial<Leak> = {},
): Leak {
  return { scope: 'route', kind: 'heap', name, packages, holder, ...more }
}

function holder(path: string, kind: string, ...also: RegExp[]): HolderTruth {
  return { path, kind, also }
}

function app(
  name: string,
  routes: readonly CorpusRoute[],
  leaks: readonly Leak[],
  more: Partial<CorpusApp> = {},
): CorpusApp {
  return { name, file: `${name}.cjs`, load: 'steady', routes, leaks, ...more }
}

/** An app in layers: what it keeps is made after awaits, behind functions that its routes share. */
function layered(
  name: string,
  routes: readonly CorpusRoute[],
  leaks: readonly Leak[],
  more: Partial<CorpusApp> = {},
): CorpusApp {
  return app(name, routes, leaks, { steadyMix: true, ...more })
}

/** A route `/KIND/:id` for each, or as `pattern` has it. */
function each(kinds: readonly string[], weight: number, pattern = '/KIND/:id'): CorpusRoute[] {
  return kinds.map((kind) => get(pattern.replace('KIND', kind), weight))
}

/** Something said in one of twenty rooms, or one of two other things. */
function chatMessage(random: Random): string {
  const type = ['say', 'look', 'typing'][random.integer(3)]
  const words = Array.from({ length: 6 }, () => `word${random.integer(1e6)}`)
  return JSON.stringify({ type, room: random.integer(20), text: words.join(' ') })
}

/** An import that goes well, or one of a supplier that nobody knows. */
function importBody(digit: number): (random: Random) => string {
  return (random) => JSON.stringify({ name: `${random.integer(1e6)}${digit}`, items: [1, 2, 3] })
}

/** The routes of forty-services, the most asked for first. */
const SERVICES = `
  accounts addresses agents alerts assets branches brands budgets carriers carts claims
  clients coupons currencies devices drivers events fees groups holidays images invoices
  labels ledgers members messages notes offers orders parcels plans prices quotes refunds
  regions shipments stores taxes teams vendors
`.match(/\w+/g)!

const leaking: readonly CorpusApp[] = [
  app(
    'audit-trail',
    [
      get('/health', 10),
      get('/products/:id', 30),
      get('/search', 20, (random) => `q=a-b-${random.integer(1e6)}`),
      get('/orders/:id', 25),
      post('/carts', 15),
    ],
    [keep('GET /orders/:id', holder('trail', 'Map'))],
  ),
  app(
    'after-await',
    [get('/', 30), get('/reports/:id', 20), get('/prices', 20), get('/stock/:sku', 30)],
    [keep('GET /reports/:id', holder('audits', 'Array'))],
  ),
  app(
    'session-login',
    [post('/login', 20), get('/articles/:slug', 30), get('/tags', 20), get('/feed', 30)],
    [
      keep('POST /login', holder('store.sessions', 'Object', /(^|\.)sessions$/), [
        'express-session',
        'cookie',
        'uid-safe',
        'random-bytes',
      ]),
    ],
  ),
  app(
    'session-everywhere',
    [
      get('/', 20),
      get('/items', 20),
      get('/items/:id', 25),
      get('/robots.txt', 10),
      get('/search', 25, (random) => `q=w${random.integer(1e6)}`),
    ],
    [
      keep(
        'shared',
        holder('store.sessions', 'Object', /(^|\.)sessions$/),
        ['express-session', 'cookie', 'uid-safe', 'random-bytes'],
        { scope: 'shared' },
      ),
    ],
  ),
  app(
    'metric-labels',
    [get('/customers/:id', 30), get('/plans', 20), get('/plans/:plan', 30), get('/version', 20)],
    [
      keep('GET /customers/:id', holder('perCustomer.hashMap', 'Object', /(^|\.)hashMap$/), [
        'prom-client',
      ]),
    ],
  ),
  app(
    'ejs-cache',
    [get('/invoices/:id', 10), get('/ledger', 30), get('/balance/:account', 30), get('/rates', 30)],
    [
      keep(
        'GET /invoices/:id',
        holder('ejs.cache._data', 'Object', /(^|\.)cache(\._data)?$/, /(^|\.)_data$/),
        ['ejs'],
      ),
    ],
  ),
  app(
    'ajv-compile',
    [
      post('/forms/:form', 2),
      get('/addresses/:zip', 38),
      get('/countries', 25),
      get('/drafts/:id', 35),
    ],
    [keep('POST /forms/:form', holder('ajv._cache', 'Map', /(^|\.)_cache$/), ['ajv'])],
  ),
  app(
    'esm-memoize',
    [
      get('/offers', 20, (random) => `user=u${random.integer(1e9)}`),
      get('/offers/:id', 30),
      get('/shops', 25),
      get('/healthz', 25),
    ],
    [keep('GET /offers', holder('cache', 'Map', /(^|\.)cache$/), ['p-memoize'])],
    { file: 'esm-memoize.mjs' },
  ),
  app(
    'bus-listener',
    [get('/news/:topic', 15), get('/topics', 30), get('/authors/:id', 30), get('/weather', 25)],
    [
      // What stays is mostly the request itself, and that is made by Node.
      keep(
        'GET /news/:topic',
        holder('bus._events.news', 'Array', /(^|\.)_events\.news$/, /bus.*listeners/),
        ['node:events', 'node:_http', 'node:http', 'node:internal'],
      ),
    ],
  ),
  app(
    'eventemitter3',
    [
      get('/alerts/:user', 25),
      get('/status', 15),
      get('/devices', 20),
      get('/devices/:id', 25),
      get('/graph', 15),
    ],
    [
      keep('GET /alerts/:user', holder('hub._events.alert', 'Array', /(^|\.)_events\.~?alert$/), [
        'eventemitter3',
      ]),
    ],
  ),
  app(
    'timers-two',
    [
      get('/watch/:id', 20),
      get('/carts/:id', 10),
      get('/ping', 20),
      get('/catalog', 20),
      get('/quotes/:symbol', 30),
    ],
    [
      keep('GET /watch/:id', holder('timers', 'Timers', /timer|interval|timeout/i), ['node:']),
      keep('GET /carts/:id', holder('timers', 'Timers', /timer|interval|timeout/i), ['node:']),
    ],
  ),
  app(
    'shared-middleware',
    [
      get('/users', 20),
      get('/users/:id', 30),
      post('/users', 15),
      get('/roles', 20),
      get('/dashboard', 15),
    ],
    [keep('shared', holder('recent', 'Array'), [], { scope: 'shared' })],
  ),
  app(
    'router-middleware',
    [
      get('/api/accounts', 15),
      get('/api/accounts/:id', 20),
      post('/api/transfers', 10),
      get('/', 15),
      get('/help/:page', 20),
      get('/rates', 20),
    ],
    ['GET /api/accounts', 'GET /api/accounts/:id', 'POST /api/transfers'].map((name) =>
      keep(name, holder('quotas', 'Map'), [], { orShared: true }),
    ),
  ),
  app(
    'process-timer',
    [get('/metrics', 20), get('/jobs', 30), get('/jobs/:id', 30), get('/queues', 20)],
    [keep('process', holder('history', 'Array'), [], { scope: 'process' })],
  ),
  app(
    'buffers-kept',
    [
      post('/uploads', 10, rawBody),
      get('/thumbnails/:id', 30),
      get('/albums', 30),
      get('/albums/:id', 30),
    ],
    [
      keep('POST /uploads', holder('uploads', 'Map'), ['node:buffer', 'node:internal/buffer'], {
        kind: 'buffers',
      }),
    ],
  ),
  app(
    'slow-leak',
    [
      get('/pages/:slug', 30),
      get('/menu', 25),
      get('/comments/:slug', 25),
      get('/search', 20, (random) => `q=w${random.integer(1e6)}`),
    ],
    [keep('GET /pages/:slug', holder('visits', 'Array'))],
  ),
  app(
    'large-heap',
    [
      get('/exports/:id', 20),
      post('/prices/:id', 25),
      get('/products/:id', 30),
      get('/search', 25, (random) => `q=w${random.integer(1e6)}`),
    ],
    [keep('GET /exports/:id', holder('trail', 'Array'))],
  ),
  app(
    'plain-http',
    [
      get('/v1/items/:id', 25),
      get('/v1/items', 25),
      get('/v1/status', 20),
      get('/v1/users/:id', 30),
    ],
    [keep('GET /v1/items/:id', holder('index', 'Object'))],
  ),
  app(
    'shared-helper',
    [
      get('/exports/:id', 20),
      get('/previews/:id', 30),
      get('/columns', 20),
      get('/totals/:id', 30),
    ],
    [keep('GET /exports/:id', holder('exported', 'Set'))],
  ),
  app(
    'race-shutdown',
    [get('/profiles/:id', 25), get('/friends/:id', 30), get('/photos', 25), get('/about', 20)],
    [keep('GET /profiles/:id', holder('shutdown', 'Promise', /^shutdown\b/), ['node:internal'])],
  ),
  app(
    'three-leaks',
    [
      get('/mails/:user', 10),
      get('/shipping', 25, (random) => `from=${random.integer(1e6)}&to=${random.integer(1e6)}`),
      get('/tenants/:tenant/title', 5),
      get('/locales', 20),
      get('/parcels/:id', 20),
      get('/depots', 20),
    ],
    [
      keep('GET /mails/:user', holder('views.partials', 'Object', /(^|\.)partials$/), [
        'handlebars',
      ]),
      keep(
        'GET /shipping',
        holder(
          'shippingCosts.cache.__data__.string.__data__',
          'Object',
          /(^|\.)cache(\.|$)/,
          /(^|\.)__data__(\.|$)/,
        ),
        ['lodash'],
      ),
      keep(
        'GET /tenants/:tenant/title',
        // The instance's options hold the very object that its store was given.
        holder('messages.store.data.en', 'Object', /(^|\.)data\.en$/, /(^|\.)resources\.en$/),
        ['i18next'],
      ),
    ],
  ),
  app(
    'connect-loggers',
    [get('/checkout', 20), get('/basket', 30), get('/products', 25), get('/ping', 25)],
    [keep('GET /checkout', holder('loggers', 'Map'), ['pino'])],
  ),
  app(
    'rare-winston',
    [
      get('/admin/jobs/:id', 0.5),
      get('/jobs', 30),
      get('/jobs/:id', 39.5),
      get('/workers', 20),
      get('/health', 10),
    ],
    [
      keep('GET /admin/jobs/:id', holder('winston.loggers.loggers', 'Map', /(^|\.)loggers$/), [
        'winston',
        'logform',
        'readable-stream',
        'triple-beam',
        'async',
      ]),
    ],
  ),
  app(
    'undici-pools',
    [get('/webhooks/:target', 4), get('/events', 33), get('/events/:id', 43), get('/secrets', 20)],
    [keep('GET /webhooks/:target', holder('pools', 'Map'), ['undici', 'node:events'])],
  ),
  app(
    'two-caches',
    [
      get('/quotes/:id', 20),
      get('/authors/:id', 10),
      get('/branches', 20),
      get('/terms', 20),
      get('/claims/:id', 30),
    ],
    [
      keep(
        'GET /quotes/:id',
        // lru-cache keeps parallel arrays by index, a Map from key to index, and a timer an entry.
        holder('quotes.#keyMap', 'Map', /^quotes\b/, /#?(keyMap|keyList|valList)$/, /timer/i),
        ['lru-cache', 'node:'],
      ),
      keep('GET /authors/:id', holder('authors._cacheMap', 'Map', /(^|\.)_cacheMap$/), [
        'dataloader',
      ]),
    ],
  ),
  app(
    'rxjs-subscription',
    [
      get('/tickers/:symbol', 20),
      get('/symbols', 30),
      get('/candles/:symbol', 30),
      get('/holidays', 20),
    ],
    [
      keep(
        'GET /tickers/:symbol',
        holder('ticks.observers', 'Array', /(^|\.)(currentO|o)bservers$/),
        ['rxjs'],
      ),
    ],
  ),
  app(
    'fast-memoize',
    [
      get('/routes/:from/:to', 15),
      get('/stations', 30),
      get('/stations/:id', 35),
      get('/delays', 20),
    ],
    [
      keep('GET /routes/:from/:to', holder('cache.cache', 'Object', /(^|\.)cache$/), [
        'fast-memoize',
      ]),
    ],
  ),
  layered(
    'forty-services',
    SERVICES.map((name, at) => get(`/${name}/:id`, 1 / (1 + 0.3 * at))),
    [keep('GET /carts/:id', holder('auditLog.entries', 'Array', /(^|\.)entries$/))],
  ),
  layered(
    'shared-repository',
    [
      get('/invoices/:id', 12),
      get('/contracts/:id', 8),
      get('/customers/:id', 25),
      get('/items/:id', 20),
      ...each(['payments', 'reminders'], 12),
      get('/suppliers/:id', 8),
      get('/warehouses/:id', 3),
    ],
    [
      keep('GET /invoices/:id', holder('unpaid', 'Array')),
      keep('GET /contracts/:id', holder('renewals', 'Map')),
    ],
  ),
  layered(
    'embedded-db',
    [
      get('/exports/:tenant', 6),
      get('/letters/:tenant', 30),
      get('/memos/:tenant', 20),
      get('/reports/:tenant', 14),
      get('/tickets/:tenant', 30),
    ],
    [
      keep('GET /exports/:tenant', holder('service.exported', 'Array', /(^|\.)exported$/), [
        '@seald-io/nedb',
      ]),
    ],
  ),
  layered(
    'redis-replies',
    [
      get('/baskets/:id', 10),
      get('/customers/:id', 20),
      get('/products/:id', 35),
      get('/ratings/:id', 15),
      get('/stocks/:id', 15),
      get('/vouchers/:id', 5),
    ],
    // A reply is text that the parser of the one socket made.
    [
      keep(
        'GET /baskets/:id',
        holder('baskets.replies', 'Array', /(^|\.)replies$/),
        ['ioredis', 'redis-parser'],
        { orOpen: true },
      ),
    ],
  ),
  layered(
    'upstream-fetch',
    [
      get('/rates/:pair', 6),
      get('/banks/:id', 12),
      get('/countries/:id', 10),
      get('/weather/:id', 8),
      get('/health', 64),
    ],
    [
      keep('GET /rates/:pair', holder('rates.responses', 'Array', /(^|\.)responses$/), [
        'node:internal',
      ]),
    ],
  ),
  layered(
    'job-queue',
    [
      post('/prints/:id', 10),
      get('/previews/:id', 30),
      get('/thumbnails/:id', 30),
      get('/documents/:id', 25),
      get('/queue', 5),
    ],
    [keep('POST /prints/:id', holder('archive', 'Array'), [], { orOpen: true })],
  ),
  layered(
    'worker-pool',
    [
      get('/forecasts/:place', 8),
      get('/charts/:place', 20),
      get('/averages/:place', 12),
      get('/samples/:place', 30),
      get('/places', 30),
    ],
    [keep('GET /forecasts/:place', holder('forecasts.known', 'Map', /(^|\.)known$/))],
  ),
  layered(
    'stream-transform',
    [
      get('/statements/:id', 8),
      get('/bookings/:id', 12),
      get('/customers/:id', 10),
      get('/products/:id', 20),
      get('/formats', 50),
    ],
    [keep('GET /statements/:id', holder('ledger', 'Array'))],
  ),
  layered(
    'batched-loader',
    [
      get('/books/:id', 12),
      get('/authors/:id', 6),
      get('/genres/:id', 30),
      get('/publishers/:id', 17),
      get('/series/:id', 25),
      get('/languages/:id', 10),
    ],
    ['GET /books/:id', 'GET /authors/:id'].map((name) =>
      keep(name, holder('loaded', 'Array'), [], { orOpen: true }),
    ),
  ),
  layered(
    'shared-socket',
    [
      get('/balances/:id', 12),
      get('/fees/:id', 20),
      get('/limits/:id', 18),
      get('/rates/:id', 30),
      get('/reserves/:id', 12),
      get('/targets/:id', 8),
    ],
    [keep('GET /balances/:id', holder('journal', 'Array'), [], { orOpen: true })],
  ),
  layered(
    'event-bus',
    [
      get('/contracts/:id', 10),
      get('/tenants/:id', 25),
      get('/flats/:id', 30),
      get('/meters/:id', 20),
      get('/rents', 15),
    ],
    [keep('GET /contracts/:id', holder('timeline', 'Array'))],
    { file: 'event-bus.mjs' },
  ),
  layered(
    'graphql-resolver',
    [
      operation(
        'query {order}',
        6,
        'query ($id: ID!) { order(id: $id) { id lines { sku cents } } }',
      ),
      operation('query {product}', 6, 'query ($id: ID!) { product(id: $id) { id name } }'),
      get('/orders/:id', 30),
      get('/products/:id', 38),
      get('/health', 20),
    ],
    [keep('operation query {order}', holder('remembered', 'Map'))],
  ),
  layered(
    'graphql-mutation',
    [
      operation('mutation AddNote', 10, 'mutation AddNote($id: ID!) { addNote(id: $id) { id } }'),
      operation('query Note', 30, 'query Note($id: ID!) { note(id: $id) { id words } }'),
      operation('query Notes', 20, 'query Notes { notes { id } }'),
      operation('query Authors', 20, 'query Authors { authors { id } }'),
      get('/health', 20),
    ],
    [keep('operation mutation AddNote', holder('drafts', 'Array'))],
  ),
  layered(
    'chat-rooms',
    [message('/chat', 40, chatMessage), message('/prices', 30), get('/rooms', 30)],
    [keep('message /chat', holder('rooms', 'Map', /^rooms(\.get\(…\)|\[…\])?$/))],
  ),
  layered(
    'nest-cache',
    [
      get('/users/:user/preferences', 12),
      get('/roles/:role/preferences', 28),
      get('/users/:user', 40),
      get('/users', 20),
    ],
    [
      keep(
        'GET /users/:user/preferences',
        holder('PreferencesService.#entries', 'Map', /(^|\.)#?entries$/),
      ),
    ],
  ),
  layered(
    'mcp-sessions',
    [
      post('/mcp', 15),
      get('/mcp/:session', 46.5),
      // One session in thirty is closed.
      {
        ...get('/mcp/:session', 0.5),
        method: 'DELETE',
        path: (random) => `/mcp/${random.integer(4000)}`,
      },
      get('/tools', 38),
    ],
    [keep('POST /mcp', holder('sessions.#byId', 'Map', /(^|\.)#byId$/))],
  ),
  layered(
    'aborted-exports',
    [
      get('/exports/:id', 27),
      { ...get('/exports/:id', 3), outcome: 'aborted' },
      get('/previews/:id', 30),
      get('/status', 40),
    ],
    [keep('GET /exports/:id', holder('running', 'Map'), [], { outcome: 'aborted' })],
  ),
  layered(
    'failed-imports',
    [
      post('/imports', 27, importBody(0)),
      { ...post('/imports', 3, importBody(7)), outcome: 'failed' },
      get('/imports/:id', 30),
      get('/suppliers', 40),
    ],
    [keep('POST /imports', holder('later', 'Array'), [], { outcome: 'failed' })],
  ),
  layered(
    'flush-timer',
    [
      ...each(['albums', 'artists'], 20),
      ...each(['playlists', 'tracks'], 25),
      ...each(['genres', 'labels'], 5),
    ],
    [keep('shared', holder('archive', 'Array'), [], { scope: 'shared', orOpen: true })],
  ),
]

const innocent: readonly CorpusApp[] = [
  app(
    'ok-lru-fills',
    [get('/profiles/:id', 25), get('/groups', 25), get('/groups/:id', 30), get('/invites', 20)],
    [],
  ),
  app(
    'ok-ttl-cache',
    [
      get('/exchange/:pair', 30),
      get('/currencies', 30),
      get('/fees', 20),
      get('/history/:pair', 20),
    ],
    [],
  ),
  app(
    'ok-refreshed-catalog',
    [
      post('/prices/:id', 40),
      get('/products/:id', 30),
      get('/search', 30, (random) => `q=w${random.integer(1e6)}`),
    ],
    [],
  ),
  app(
    'ok-lazy-loading',
    [
      get('/pages/:page', 30),
      get('/validate/:zip', 20),
      get('/group', 20),
      get('/stream', 10),
      get('/health', 20),
    ],
    [],
  ),
  app(
    'ok-big-garbage',
    [
      get('/exports/:id', 4),
      get('/images/:id', 11),
      get('/sorted', 20),
      get('/text', 25),
      get('/ping', 40),
    ],
    [],
  ),
  app(
    'ok-bursts',
    [post('/jobs', 15), get('/jobs', 30), get('/reports/:id', 30), get('/status', 25)],
    [],
    { load: 'bursts' },
  ),
  app(
    'ok-connections',
    [get('/me', 30), get('/rooms', 25), get('/rooms/:id', 30), get('/emoji', 15)],
    [],
    { load: 'connections' },
  ),
  app(
    'ok-shifting-mix',
    ['songs', 'albums', 'artists', 'genres', 'charts', 'labels'].map((name) =>
      get(`/${name}/:id`, 10),
    ),
    [],
    { load: 'shift' },
  ),
  app(
    'ok-json-strings',
    [
      post('/parse', 25, (random) =>
        JSON.stringify(
          Object.fromEntries(Array.from({ length: 12 }, () => [`p${random.integer(1e9)}`, 1])),
        ),
      ),
      get('/words', 30, (random) => `w${random.integer(1e9)}`),
      get('/keys', 20, (random) => `k${random.integer(1e9)}`),
      get('/ping', 25),
    ],
    [],
  ),
  app(
    'ok-session-sweep',
    [get('/health', 20), get('/', 30), get('/items', 20), get('/items/:id', 30)],
    [],
  ),
  app('ok-ring-log', [get('/tail', 25), get('/stats', 25), get('/slow', 25), get('/ping', 25)], []),
  app(
    'ok-long-polls',
    [get('/poll/:room', 0), post('/messages', 10), get('/rooms', 40), get('/rooms/:room', 50)],
    [],
    { load: 'polls' },
  ),
  app(
    'ok-memo-bounded',
    [get('/weather/:city', 25), get('/cities', 25), get('/alerts', 25), get('/maps/:zoom', 25)],
    [],
    { file: 'ok-memo-bounded.mjs' },
  ),
  app(
    'ok-object-pool',
    [get('/resize/:id', 30), get('/hash/:text', 30), get('/pool', 20), get('/gallery', 20)],
    [],
  ),
  app(
    'ok-aborted',
    [
      get('/exports/:id', 20),
      { ...get('/exports/:id', 10), outcome: 'aborted' },
      get('/previews/:id', 30),
      get('/status', 40),
    ],
    [],
    { steadyMix: true },
  ),
  app(
    'ok-aggregates',
    [get('/metrics', 5), get('/tracks/:id', 35), get('/playlists', 25), get('/playlists/:id', 35)],
    [],
  ),
  layered(
    'ok-service-cache',
    [
      ...each(['actor', 'movie', 'series', 'episode'], 16),
      ...each(['award', 'channel', 'director', 'festival'], 6),
      ...each(['genre', 'review', 'season', 'studio'], 3),
    ],
    [],
  ),
  layered(
    'ok-queue-backlog',
    [post('/mails/:to', 16), get('/mails', 24), get('/templates/:id', 35), get('/recipients', 25)],
    [],
    { load: 'bursts' },
  ),
  layered(
    'ok-swept-entries',
    [
      get('/concerts/:id/seats', 8),
      get('/films/:id/seats', 12),
      get('/plays/:id/seats', 5),
      ...each(['venues', 'artists', 'teams'], 25),
    ],
    [],
    { file: 'ok-swept-entries.mjs' },
  ),
  layered(
    'ok-async-memo',
    [get('/texts/:id', 46), get('/dialects/:id', 4), get('/pages/:id', 30), get('/languages', 20)],
    [],
  ),
  layered(
    'ok-operations',
    [
      operation('query Word', 40, 'query Word($id: ID!) { word(id: $id) { id text } }'),
      operation('query Recent', 20, 'query Recent { recent { id } }'),
      operation('mutation Look', 20, 'mutation Look($id: ID!) { look(id: $id) { id } }'),
      get('/health', 20),
    ],
    [],
  ),
  layered(
    'ok-chat',
    [message('/chat', 40, chatMessage), message('/prices', 30), get('/rooms', 30)],
    [],
  ),
  layered(
    'ok-in-flight',
    [
      ...each(['airports', 'fares', 'flights', 'gates', 'seats'], 14),
      ...each(['countries', 'luggage', 'meals', 'planes', 'routes'], 6),
    ],
    [],
  ),
]

/** Every app with its truth. The leaking ones first. */
export const corpus: readonly CorpusApp[] = [...leaking, ...innocent]
