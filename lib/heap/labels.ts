/**
 * Labels and their trampolines: small functions, compiled for each route or layer, through which its
 * handlers are called. The script's name then stands in the stack of everything they allocate, and so in
 * the sampling heap profile; JavaScript runs one slice at a time, so this is exact under any concurrency.
 */
import { Script } from 'node:vm'
import type { Label as HookLabel, Trampoline } from '../hooks/listener'

const PREFIX = 'memprof:'
/** Labels of one process, at most: routes and layers together. What comes after runs without one. */
const MAX_LABELS = 2048

/**
 * Dead code that makes the functions too large for V8 to inline (460 bytes of bytecode): an inlined
 * function is missing from sampled stacks. test/heap/labels.test.ts fails without it. Constants of 31 bits
 * take the most bytecode for the least machine code, and no feedback: there is one of these functions
 * per label, and V8 keeps what it compiles of each.
 */
const PADDING = `if(fn===0){${Array.from({ length: 66 }, (_, at) => `x=${2 ** 29 + at};`).join('')}}`
const SOURCE = `({
call1:function route(fn,self,a){var x=1;${PADDING}return fn.call(self,a)},
call2:function route(fn,self,a,b){var x=1;${PADDING}return fn.call(self,a,b)},
call3:function route(fn,self,a,b,c){var x=1;${PADDING}return fn.call(self,a,b,c)},
call4:function route(fn,self,a,b,c,d){var x=1;${PADDING}return fn.call(self,a,b,c,d)}
})`

export interface Label extends HookLabel {
  readonly kind: 'route' | 'layer'
  /** `GET /users/:id`, or `jsonParser /` for a layer and its mount. */
  readonly name: string
}

export class LabelTable {
  readonly #labels: Label[] = []

  /** @returns null once the table is full */
  make(kind: Label['kind'], name: string): Label | null {
    if (this.#labels.length >= MAX_LABELS) return null
    const id = this.#labels.length
    const filename = `${PREFIX}${id}:${name}`
    const trampoline = new Script(SOURCE, { filename }).runInThisContext() as Trampoline
    const label: Label = { id, kind, name, trampoline }
    this.#labels.push(label)
    return label
  }

  /** The label whose trampoline a script of that name holds; null for any other script. */
  ofScript(url: string): Label | null {
    if (!url.startsWith(PREFIX)) return null
    return this.#labels[Number.parseInt(url.slice(PREFIX.length), 10)] ?? null
  }
}
