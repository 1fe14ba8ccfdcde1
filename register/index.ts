/**
 * The preload: `node -r memprof/register app.js`. The only module with effects on load; whatever goes
 * wrong here, the app starts.
 */
import { readConfig } from '../lib/config/read'

try {
  if (readConfig(process.env).config.enabled) {
    const { start } = require('../lib/start') as typeof import('../lib/start')
    start()
  }
} catch (error) {
  process.stderr.write(`memprof: not started (${String((error as Error)?.message)})\n`)
}
