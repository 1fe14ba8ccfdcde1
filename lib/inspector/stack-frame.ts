/**
 * Functions as V8 names them in sampled stacks and scopes. Imports nothing: the rooms that read the heap,
 * judge it and tell of it mean the same function by the same key.
 */

/** Where a function's text begins: line and column from 0. */
export interface FunctionPosition {
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber: number
}

/** A function in a sampled stack. */
export interface StackFrame extends FunctionPosition {
  readonly functionName: string
  /** A path for CommonJS, a URL for ES modules; '' for V8's own. */
  readonly url: string
  /** Of the script's text, as `sourceHash` makes it; where a trace has asked V8. */
  readonly sourceHash?: string
}

/** `scriptId:line:column`: one function, whatever it is called. */
export function positionKey({ scriptId, lineNumber, columnNumber }: FunctionPosition): string {
  return `${scriptId}:${lineNumber}:${columnNumber}`
}
