import type { StackFrame } from './stack-frame'

/** The inspector's `HeapProfiler.SamplingHeapProfile`, with the fields its published types leave out. */
export interface SampledProfile {
  readonly head: SampledNode
  readonly samples: readonly Sample[]
}

export interface SampledNode {
  readonly id: number
  readonly callFrame: StackFrame
  readonly selfSize: number
  readonly children: readonly SampledNode[]
}

/** A sample whose object still lives. */
export interface Sample {
  /** Bytes it stands for. */
  readonly size: number
  readonly nodeId: number
  /** Counts up over all samples taken, living or not: the order of birth. */
  readonly ordinal: number
}
