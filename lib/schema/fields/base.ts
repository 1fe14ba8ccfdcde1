import { bytes, choice, count, type FieldTable, maybe, otel, sentence, text } from '../field'
import { LEVELS, type LineBase, SCHEMA_VERSION } from '../lines'

/** In every line, besides `event`. */
export const BASE: FieldTable<LineBase> = {
  level: otel(
    'SeverityNumber (20, 30, 40: 5, 9, 13)',
    choice('pino', LEVELS, '20 debug, 30 info, 40 warn.'),
  ),
  time: otel('Timestamp (ns)', bytes('pino', 'When the line was written.', 'ms since 1970-01-01')),
  pid: otel('process.pid', count('pino', 'The process.')),
  hostname: otel('host.name', text('pino', 'The machine or container.')),
  name: choice('pino', ['memprof'], 'Tells memprof’s lines from the app’s.'),
  v: choice('memprof', [SCHEMA_VERSION], 'Version of this schema.'),
  service: otel(
    'service.name',
    text(
      'settings',
      '`MEMPROF_SERVICE`, `OTEL_SERVICE_NAME`, the app’s package.json name, or that of its script.',
    ),
  ),
  version: otel(
    'service.version',
    text('settings', '`MEMPROF_VERSION`, `npm_package_version` or the app’s package.json version.'),
  ),
  instance: otel(
    'service.instance.id',
    text('memprof', 'Unique per start of a process, and thread.'),
  ),
  threadId: maybe(
    otel('thread.id', count('memprof', 'Of a worker thread; absent in the main thread.')),
  ),
  msg: otel('Body', sentence('memprof', 'The line as a sentence.')),
}
