/**
 * Sees a package's files as they are loaded, and hands those of interest to their patch.
 *
 * require-in-the-middle sees every file that passes through `require`, by the name of its folder.
 * What an ES module imports does not pass there, and a package installed under an alias has another
 * folder; both are still compiled by `Module.prototype._compile`: wrapped for just these.
 */
import { readFileSync } from 'node:fs'
import Module from 'node:module'
import { sep } from 'node:path'
import type { Guard } from './guard'
import type { AnyFunction } from './listener'
import { patch, type Unpatch } from './patch'
import { loadRequireHook } from './require-hook'
import { inRange, rangeText, SUPPORTED } from './supported'

export interface HookedFile {
  /** The package, as in package.json. */
  readonly packageName: string
  /** Its file, without extension: `express/lib/router/layer`; the bare name for its `index.js`. */
  readonly file: string
  /** Patches the loaded exports in place, or returns other exports. */
  apply(exports: unknown): { exports: unknown; unpatch: Unpatch }
}

export interface HookedPackage {
  readonly name: string
  readonly version: string
}

export interface HookReport {
  readonly hooked: readonly HookedPackage[]
  readonly notHooked: ReadonlyArray<HookedPackage & { readonly why: string }>
}

/** package.json is read to learn a version: at most this many bytes. */
const MAX_PACKAGE_JSON_BYTES = 1 << 20

interface PackageJson {
  readonly name: string
  readonly version: string
}

function packageJson(basedir: string): PackageJson {
  const text = readFileSync(`${basedir}${sep}package.json`, 'utf8')
  if (text.length > MAX_PACKAGE_JSON_BYTES) return { name: '', version: '0.0.0' }
  const { name, version } = JSON.parse(text) as Partial<PackageJson>
  return { name: String(name), version: String(version) }
}

/** `/x/node_modules/@a/b/lib/c.js` -> its package's folder and `lib/c.js`; the innermost one. */
function packageOf(filename: string): { basedir: string; inner: string } | null {
  const marker = `${sep}node_modules${sep}`
  const at = filename.lastIndexOf(marker)
  if (at < 0) return null
  const rest = filename.slice(at + marker.length).split(sep)
  const name = rest[0]?.startsWith('@') ? rest.slice(0, 2).join('/') : (rest[0] ?? '')
  const inner = rest.slice(name.includes('/') ? 2 : 1).join('/')
  return { basedir: filename.slice(0, at + marker.length) + name.split('/').join(sep), inner }
}

export function hookModules(
  files: readonly HookedFile[],
  guard: Guard,
): { report(): HookReport; unpatch: Unpatch } {
  const byFile = new Map(files.map((file) => [file.file, file]))
  /** `lib/router/layer.js`; `index.js` for main files. */
  const innerPaths = new Set(
    files.map(({ packageName, file }) => `${file.slice(packageName.length + 1) || 'index'}.js`),
  )
  const patched = new WeakMap<object, unknown>()
  const unpatches: Unpatch[] = []
  const hooked = new Map<string, HookedPackage>()
  const notHooked = new Map<string, HookedPackage & { why: string }>()

  function apply(file: HookedFile, exports: unknown, basedir: string): unknown {
    if (!isPatchable(exports)) return exports
    if (patched.has(exports)) return patched.get(exports)
    const { version } = packageJson(basedir)
    const name = file.packageName
    const key = `${name}@${version}`
    const range = SUPPORTED[name]!
    if (!inRange(version, range)) {
      notHooked.set(key, { name, version, why: `supported: ${rangeText(range)}` })
      return exports
    }
    try {
      const result = file.apply(exports)
      patched.set(exports, result.exports)
      // The result may come by again, through the other door.
      if (result.exports !== exports) patched.set(result.exports as object, result.exports)
      unpatches.push(result.unpatch)
      hooked.set(key, { name, version })
      return result.exports
    } catch (error) {
      // A fork, or a release that is built otherwise: left as it is.
      notHooked.set(key, {
        name,
        version,
        why: `${file.file}: ${String((error as Error)?.message)}`,
      })
      return exports
    }
  }

  /** A module is loaded whatever becomes of our hooks. */
  function hook(file: HookedFile, exports: unknown, basedir: string): unknown {
    return guard.guarded(`hooking ${file.file}`, apply)(file, exports, basedir) ?? exports
  }

  const packages = [...new Set(files.map((file) => file.packageName))]
  const Hook = loadRequireHook()
  const requireHook = new Hook(packages, { internals: true }, (exports, name, basedir) => {
    const file = byFile.get(name.replaceAll('\\', '/').replace(/\.js$/, ''))
    return file && basedir ? (hook(file, exports, basedir) as typeof exports) : exports
  })
  const unpatchCompile = patch(Module.prototype as unknown as object, '_compile', (original) =>
    wrapCompile(original, seeCompiled),
  )
  // Loaded before us, where `start()` is called by hand: prototypes can still be patched.
  for (const [filename, loaded] of Object.entries(require.cache)) {
    if (loaded?.loaded) seeCompiled(filename, loaded.exports)
  }

  function seeCompiled(filename: string, exports: unknown): unknown {
    if (!isPatchable(exports)) return exports
    const found = packageOf(filename)
    if (!found || !innerPaths.has(found.inner)) return exports
    // Nearly every package has an index.js: its package.json is read for those alone that may be ours.
    if (found.inner === 'index.js' && typeof exports !== 'function') return exports
    try {
      const { name } = packageJson(found.basedir)
      const isMain = found.inner === 'index.js'
      const file = byFile.get(isMain ? name : `${name}/${found.inner.replace(/\.js$/, '')}`)
      return file ? hook(file, exports, found.basedir) : exports
    } catch {
      // No package.json, or none that can be read: not one of ours.
      return exports
    }
  }

  return {
    report: () => ({ hooked: [...hooked.values()], notHooked: [...notHooked.values()] }),
    unpatch: () => {
      requireHook.unhook()
      unpatchCompile()
      for (const unpatch of unpatches.splice(0)) unpatch()
    },
  }
}

function isPatchable(exports: unknown): exports is object {
  return typeof exports === 'function' || (typeof exports === 'object' && exports !== null)
}

type Replace = (filename: string, exports: unknown) => unknown

/** Node keeps the exports of a module for importers before `load` returns: hence not there. */
function wrapCompile(original: AnyFunction, replace: Replace): AnyFunction {
  return function _compile(this: { exports: unknown }, ...args: unknown[]): unknown {
    const result = original.apply(this, args)
    const filename = args[1]
    if (typeof filename === 'string' && filename.includes('node_modules')) {
      // Read once: abstract-logging's is a getter that makes a new object each time.
      const { exports } = this
      const replaced = replace(filename, exports)
      if (replaced !== exports) this.exports = replaced
    }
    return result
  }
}
