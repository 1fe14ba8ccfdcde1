import assert from 'node:assert/strict'
import Module from 'node:module'
import { describe, it } from 'node:test'
import { addGlobals, addModules, addRoots } from '../../lib/holders/roots'
import { MAX_STEPS, WalkQueue } from '../../lib/holders/walk-queue'

/** `variable url` of what is in line, by steps. */
function inLine(queue: WalkQueue): Array<[number, string]> {
  return Array.from({ length: MAX_STEPS + 1 }, (_, steps) =>
    queue
      .level(steps)
      .map(({ variable }): [number, string] => [steps, `${variable?.name} ${variable?.url}`]),
  ).flat()
}

describe('the roots of a walk', () => {
  it('are what the caller names, as far ahead as it says; scopes name what a function leads to', () => {
    const queue = new WalkQueue()
    addRoots(queue, [
      { value: () => 1, name: '', stepsAhead: 0 },
      { value: {}, name: 'server', stepsAhead: 1 },
    ])
    assert.deepEqual(inLine(queue), [
      [0, 'undefined undefined'],
      [1, 'server '],
    ])
  })

  it("are the app's globals, without those that Node started with, and the listeners of process", (t) => {
    const globals = globalThis as { leaked?: unknown }
    globals.leaked = { here: true }
    t.after(() => delete globals.leaked)
    const queue = new WalkQueue()
    addGlobals(queue)
    const names = inLine(queue).map(([, name]) => name)
    assert.ok(names.includes('globalThis.leaked '), names.join())
    assert.ok(names.includes('process '), names.join())
    assert.ok(!names.some((name) => /globalThis\.(Array|console|process) /.test(name)))
  })

  it("are the exports of the app's modules, then those of packages, and none of memprof's", (t) => {
    const { _cache: cache } = Module as unknown as { _cache: Record<string, unknown> }
    const files = ['/srv/own.js', '/srv/node_modules/orm/index.js', '/srv/memprof.js']
    for (const file of files) cache[file] = { exports: { of: file } }
    t.after(() => files.forEach((file) => delete cache[file]))
    const queue = new WalkQueue()
    addModules({ queue, isOwn: (url) => url.endsWith('memprof.js') })
    const added = inLine(queue).filter(([, name]) => name.includes('/srv/'))
    assert.deepEqual(added, [
      [2, 'module.exports /srv/own.js'],
      [3, 'module.exports /srv/node_modules/orm/index.js'],
    ])
  })

  it('are no getters of a module, nor what is no module at all', (t) => {
    const { _cache: cache } = Module as unknown as { _cache: Record<string, unknown> }
    const getter = {
      get exports(): object {
        throw new Error('ran')
      },
    }
    const entries = { '/srv/getter.js': getter, '/srv/none.js': null, '/srv/text.js': 'x' }
    Object.assign(cache, entries)
    t.after(() => Object.keys(entries).forEach((file) => delete cache[file]))
    const queue = new WalkQueue()
    addModules({ queue, isOwn: () => false })
    assert.ok(!inLine(queue).some(([, name]) => name.includes('/srv/')))
  })
})
