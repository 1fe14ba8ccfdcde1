/** Sampled profiles by hand: few enough nodes and samples to be summed up by eye. */
import type { Sample, SampledNode } from '../../lib/inspector/sampled-profile'
import type { StackFrame } from '../../lib/inspector/stack-frame'

/** `name@url:line`; without a url a function of V8's. The script's id is its url. */
export function frame(text: string): StackFrame {
  const [functionName = '', place = ''] = text.split('@')
  const [, url = '', line = '0'] = /^(.*?)(?::(\d+))?$/.exec(place) ?? []
  return { functionName, url, scriptId: url, lineNumber: Number(line), columnNumber: 0 }
}

/** A node with its id, its own bytes, and what it called. */
export function node(
  id: number,
  text: string,
  selfSize: number,
  ...children: SampledNode[]
): SampledNode {
  return { id, callFrame: frame(text), selfSize, children }
}

/** `node x bytes` in order of birth: `'2x100 2x100 5x40'`. Ordinals count from `first`. */
export function samples(text: string, first = 1): Sample[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((one, at) => {
      const [nodeId = 0, size = 0] = one.split('x').map(Number)
      return { nodeId, size, ordinal: first + at }
    })
}
