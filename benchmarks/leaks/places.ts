import path from 'node:path'
import type { CorpusApp } from './corpus.js'

/** The repository's root, from dist/benchmarks/leaks: the apps are run as they are in the source. */
export const repository: string = path.resolve(__dirname, '..', '..', '..')

export function appFile(app: CorpusApp): string {
  return path.join(repository, 'benchmarks', 'leaks', 'apps', app.file)
}
