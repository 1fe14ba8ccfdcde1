/**
 * Visits a function: the variables of its scopes, its own properties, what is bound to it. The inspector
 * alone can tell scopes, at 0.1 ms for each function: a function whose scopes led to no container is not
 * asked again in the next look.
 */
import type { OpenFunction, Scope } from '../inspector/inspection'
import {
  endsWith,
  enumerableKeys,
  functionText,
  getOwnPropertyDescriptor,
  hasOwn,
  includes,
  mapGet,
  mapSet,
  ownKeys,
  slice,
  startsWith,
  valueIfBound,
  weakMapGet,
  weakMapSet,
} from '../inspector/intrinsics'
import { type FunctionPosition, positionKey } from '../inspector/stack-frame'
import type { Variable } from './container'
import { objectSample } from './entry-weight'
import { MAX_PROPERTIES, nameOf, nameOfFunction } from './object-path'
import { visitFields, visitProperties } from './visit-shapes'
import { isClosed, urlOf, type WalkContext } from './walk-context'
import type { FunctionFacts } from './walk-memory'
import type { Node } from './walk-queue'

/** Characters kept of a function's text, in which the names of variables are searched for. */
const MAX_TEXT_CHARS = 20_000
/** Arguments bound to a function that are put in line, at most: a round number. */
const MAX_BOUND_ARGUMENTS = 32
const NATIVE_END = '[native code] }'

export function visitFunction(context: WalkContext, node: Node): void {
  const { memory, queue, findings, privates } = context
  const known = weakMapGet(memory.functions, node.value) as FunctionFacts | undefined
  if (known?.isClosed) return
  // What the closures of a package lead to is the package's business: one is opened, not the next.
  const isPassedOver = node.isInPackage || (known !== undefined && !known.ledToContainer)
  const opened = isPassedOver ? null : open(context, node.value, known)
  const own = node.variable
    ? node
    : { ...node, variable: variableOf(context, node.value, opened?.position ?? null) }
  // Functions are dictionaries too, now and then.
  const keys = enumerableKeys(node.value)
  findings.add(own, 'Object', keys.length, objectSample, keys)
  if (keys.length <= MAX_PROPERTIES) visitProperties(context, own)
  if (!opened) return
  for (let at = 0; at < opened.scopes.length; at++) {
    visitScope(context, node, opened.scopes[at]!, opened.position)
  }
  privates.note(node.value, opened.privates)
  visitFields(context, own, opened.privates)
  const bound = opened.boundArguments
  for (let at = 0; bound && at < bound.length && at < MAX_BOUND_ARGUMENTS; at++) {
    queue.addNext(own, bound[at], 'bound', `${at}`)
  }
  if (opened.boundFunction) queue.addNext(own, opened.boundFunction, 'bound', 'target')
}

/** @returns null for natives, for Node's and memprof's own functions, and beyond the bound */
function open(
  context: WalkContext,
  fn: object,
  known: FunctionFacts | undefined,
): OpenFunction | null {
  const { memory, inspection } = context
  const text = functionText(fn)
  if (endsWith(text, NATIVE_END) && !isBound(fn)) return null
  if (!context.budget.takeFunction()) return null
  const opened = inspection.open(fn, (position) => !isClosed(context, urlOf(context, position)))
  const closed = opened === null || isClosed(context, urlOf(context, opened.position))
  if (!known) {
    const facts = { id: memory.nextId++, ledToContainer: false, isClosed: closed }
    weakMapSet(memory.functions, fn, facts)
  }
  if (closed) return null
  keepText(context, opened.position, text)
  return opened
}

function isBound(fn: object): boolean {
  const descriptor = getOwnPropertyDescriptor(fn, 'name')
  const name = descriptor && hasOwn(descriptor, 'value') ? (descriptor.value as unknown) : ''
  return typeof name === 'string' && startsWith(name, 'bound ')
}

/** A function that a walk begins with is itself the variable of its properties and private fields. */
function variableOf(context: WalkContext, fn: object, seenFrom: FunctionPosition | null): Variable {
  const name = nameOfFunction(fn) || '(anonymous)'
  return { name, scope: '', seenFrom, url: urlOf(context, seenFrom) }
}

function keepText({ memory }: WalkContext, position: FunctionPosition | null, text: string): void {
  if (!position) return
  const key = positionKey(position)
  if (mapGet(memory.texts, key) === '') mapSet(memory.texts, key, slice(text, 0, MAX_TEXT_CHARS))
}

function visitScope(
  context: WalkContext,
  node: Node,
  { description, object }: Scope,
  seenFrom: FunctionPosition | null,
): void {
  if (startsWith(description, 'Global')) return
  const url = urlOf(context, seenFrom)
  const isOfPackage = includes(url, '/node_modules/')
  // Within a package's closure, the variable of the app's that leads there says more.
  const before = isOfPackage ? node.variable : null
  const steps = node.steps + (node.before ? 1 : 0)
  const names = ownKeys(object)
  for (let at = 0; at < names.length && !context.budget.isSpent(); at++) {
    const name = nameOf(names[at]!)
    const value = valueIfBound(object, names[at]!)
    if (typeof value !== 'object' && typeof value !== 'function') continue
    const variable = before ?? { name, scope: description, seenFrom, url }
    context.queue.addVariable(value, node, name, steps, variable, isOfPackage)
  }
}
