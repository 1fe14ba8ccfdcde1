import { choice, count, type FieldTable, group, list, maybe, open, otel, text } from '../field'
import type { FieldsOf } from '../lines'

const PACKAGE = {
  name: text('memprof', 'The package.'),
  version: text('memprof', 'Its version.'),
}

export const START: FieldTable<FieldsOf<'start'>> = {
  listen: maybe(
    group('app', 'Where the first server listens: an address, or a socket.', {
      protocol: maybe(otel('url.scheme', choice('app', ['http', 'https'], 'Plain or encrypted.'))),
      host: maybe(otel('server.address', text('app', 'The address.'))),
      port: maybe(otel('server.port', count('app', 'The port.'))),
      socket: maybe(otel('server.address', text('app', 'The path of a Unix socket.'))),
    }),
  ),
  versions: group('memprof', 'Versions.', {
    memprof: text('memprof', 'Of memprof.'),
    node: otel('process.runtime.version', text('memprof', 'Of Node.')),
  }),
  config: open('settings', 'Every setting as it is used.'),
  hooked: list('memprof', 'Packages whose routes and layers are told apart.', PACKAGE),
  notHooked: list('memprof', 'Packages that are left alone.', {
    ...PACKAGE,
    why: text('memprof', 'The reason.'),
  }),
}
