import path from 'node:path'

/** The repository's root, from dist/benchmarks/support: apps run as they are in the source. */
export const repository: string = path.resolve(__dirname, '..', '..', '..')

export const preload: string = path.join(repository, 'dist', 'register', 'index.js')

export const probe: string = path.join(__dirname, 'probe.js')

/** A path relative to the repository, with `/`: for what is printed and committed. */
export function inRepository(file: string): string {
  return path.relative(repository, path.resolve(repository, file)).split(path.sep).join('/')
}
