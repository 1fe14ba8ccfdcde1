/**
 * The path to an object as a reader is told it: `bus._events.news`. Names that programmers write are
 * told; keys that may be data are not.
 */
import { charCodeAt, ownValue, slice, startsWith, symbolText } from '../inspector/intrinsics'

/** How a value was reached from the one before. */
export type StepKind =
  | 'root'
  | 'variable' // in a scope of the function before
  | 'property'
  | 'getter' // of a property
  | 'key' // a property of an object that serves as a dictionary: part of the data
  | 'private'
  | 'element'
  | 'entry' // of a Map or Set
  | 'bound' // argument of the bound function before

export interface Step {
  readonly step: StepKind
  readonly name: string
}

/** A name longer than this is cut: it comes from the app. A round number. */
const MAX_NAME_CHARS = 64
/** The keys of an object that has more than this are data, not names: a round number. */
const MAX_NAMED_KEYS = 32
/** Properties of an object that is entered, at most: a round number, for modules export many names. */
export const MAX_PROPERTIES = 256

/** The first step of a path: the variable, and for `process` the property too. */
export function renderStart({ step, name }: Step, variable: string): string {
  return step === 'property' && variable === 'process' ? `process.${name}` : variable
}

export function renderStep({ step, name }: Step): string {
  switch (step) {
    case 'variable':
      return `.[[Scopes]].${name}`
    case 'private':
      return `.${name}`
    case 'element':
      return `[${name}]`
    case 'entry':
      return startsWith(name, 'key') ? '.keys()' : '.get(…)'
    case 'key':
      return '[…]'
    case 'bound':
      return name === 'target' ? '.[[TargetFunction]]' : `.[[BoundArgs]][${name}]`
    default:
      return startsWith(name, 'Symbol(') ? `[${name}]` : `.${name}`
  }
}

/** A key as a path tells it: cut where it is long. */
export function nameOf(key: string | symbol): string {
  const name = typeof key === 'symbol' ? symbolText(key) : key
  return name.length > MAX_NAME_CHARS ? `${slice(name, 0, MAX_NAME_CHARS - 1)}…` : name
}

export function nameOfFunction(of: object): string {
  const name = ownValue(of, 'name')
  return typeof name === 'string' ? nameOf(name) : ''
}

/** Whether a key may be a user's, and is not told: one that no programmer writes, or one of many. */
export function isData(key: string | symbol, keys: number): boolean {
  return typeof key === 'string' && (keys > MAX_NAMED_KEYS || !isIdentifier(key))
}

/** Without a regular expression: `test` runs the `exec` of the prototype, which the app may have patched. */
export function isIdentifier(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = charCodeAt(name, at)
    const letter = (code | 32) >= 97 && (code | 32) <= 122
    const digit = code >= 48 && code <= 57
    if (!letter && code !== 95 && code !== 36 && code < 128 && !(digit && at > 0)) return false
  }
  return name !== ''
}

/** A field's name without the `#` or `_` before it. */
export function bare(name: string): string {
  const first = charCodeAt(name, 0)
  return first === 35 || first === 95 ? slice(name, 1, name.length) : name
}
