import { Module } from 'node:module'
import type { TestContext } from 'node:test'

/** Compiles a file's text in memory, as tsx does: Node keeps the map, and the file holds the source. */
export function compileInMemory(t: TestContext, file: string, code: string, map: object): string {
  const inline = Buffer.from(JSON.stringify(map)).toString('base64')
  const compiled = `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}`
  const { sourceMapsEnabled = false } = process as { sourceMapsEnabled?: boolean }
  t.after(() => process.setSourceMapsEnabled(sourceMapsEnabled))
  process.setSourceMapsEnabled(true)
  const module = new Module(file) as Module & { _compile(text: string, path: string): void }
  module._compile(compiled, file)
  return compiled
}
