/**
 * GraphQL's operations: those of graphql, and of whoever calls its `execute`. That of 15 and 16 is read from the
 * exports of its file. 17 traces itself, an ES module or not:
 *
 *     tracing channel graphql:execute -> start.runStores(context, execute)   while anybody subscribes
 *
 * An operation is named by its type and name; one without a name by its type and the fields it asks for.
 */
import { tracingChannel } from 'node:diagnostics_channel'
import type { Guard } from './guard'
import type { HookedFile } from './modules'
import { patch, patchAll, type Unpatch } from './patch'
import { asUnit } from './units'

interface Document {
  readonly definitions: readonly Definition[]
}

interface Definition {
  readonly kind: string
  readonly operation?: string
  readonly name?: { readonly value: string }
  readonly selectionSet?: {
    readonly selections: ReadonlyArray<{ readonly name?: { value: string } }>
  }
}

/** Definitions of a document that are looked at, and fields of an operation that name it, at most. */
const MAX_DEFINITIONS = 64
const MAX_FIELDS = 8

export function graphqlFiles(guard: Guard): HookedFile[] {
  const execute = asUnit(guard, 'operation', (_self, args) => {
    // One object of arguments or, until 15, the arguments themselves.
    const { document, operationName } = isArguments(args[0])
      ? args[0]
      : { document: args[1] as Document, operationName: args[5] }
    return nameOf(document, operationName)
  })
  return [
    {
      packageName: 'graphql',
      file: 'graphql/execution/execute',
      apply: (exports) => ({
        exports,
        unpatch: tracesItself(exports as object)
          ? () => {}
          : patchAll(exports as object, { execute }),
      }),
    },
  ]
}

/** 17, whose parts took the first of each other's functions before anybody else could. */
function tracesItself(exports: object): boolean {
  return 'executeRootSelectionSet' in exports
}

/** Subscribes to what graphql 17 tells, if it will ever be loaded. */
export function traceGraphql(guard: Guard): Unpatch {
  const { start } = tracingChannel('graphql:execute')
  // Before the patch: a channel with its first subscriber gets another prototype.
  start.subscribe(nothing)
  const unpatch = patch(
    start,
    'runStores',
    asUnit(guard, 'operation', (_channel, { 0: context }) =>
      isArguments(context) ? nameOf(context.document, context.operationName) : null,
    ),
  )
  return () => {
    unpatch()
    start.unsubscribe(nothing)
  }
}

/** The channel is traced while it has a subscriber. */
function nothing(): void {}

interface Arguments {
  readonly document: Document
  readonly operationName?: unknown
}

function isArguments(first: unknown): first is Arguments {
  return typeof first === 'object' && first !== null && 'document' in first
}

function nameOf({ definitions }: Document, operationName: unknown): string | null {
  const operations = definitions
    .slice(0, MAX_DEFINITIONS)
    .filter(({ kind }) => kind === 'OperationDefinition')
  const chosen =
    typeof operationName === 'string' && operationName !== ''
      ? operations.find(({ name }) => name?.value === operationName)
      : operations[0]
  if (!chosen) return null
  const { operation = 'query', name, selectionSet } = chosen
  return `${operation} ${name?.value ?? fieldsOf(selectionSet?.selections ?? [])}`
}

function fieldsOf(selections: ReadonlyArray<{ readonly name?: { value: string } }>): string {
  const names = selections.flatMap(({ name }) => name?.value ?? [])
  const shown = [...new Set(names)].sort().slice(0, MAX_FIELDS)
  return `{${shown.join(', ')}}`
}
