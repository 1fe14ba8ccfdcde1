/**
 * GraphQL's operations: graphql 15 and 16, and whoever calls its `execute`, which reads that from the exports
 * of its file.
 *
 * An operation is named by its type and name; one without a name by its type and the fields it asks for.
 */
import { patched } from './framework'
import type { Guard } from './guard'
import type { HookedFile } from './modules'
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
  return [
    patched('graphql', 'execution/execute', (exports) => exports as object, {
      execute: asUnit(guard, 'operation', (_self, args) => {
        // One object of arguments or, until 15, the arguments themselves.
        const { document, operationName } = isArguments(args[0])
          ? args[0]
          : { document: args[1] as Document, operationName: args[5] }
        return nameOf(document, operationName)
      }),
    }),
  ]
}

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
