import path from 'node:path'
import { ROOT } from '../../test/support/files'
import type { CorpusApp } from './corpus.js'

/** The apps are run as they are in the source. */
export function appFile(app: CorpusApp): string {
  return path.join(ROOT, 'benchmarks', 'leaks', 'apps', app.file)
}
