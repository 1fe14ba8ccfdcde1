/**
 * require-in-the-middle, loaded without a trace: its logger, `debug`, asks as it is loaded whether
 * `process.stderr.fd` is a terminal. Node makes that stream when it is first asked for; over a pipe that
 * is an open handle more, in every process that NODE_OPTIONS reaches, and where an app replaces or
 * counts its streams, a difference.
 */
import type { Hook } from 'require-in-the-middle'

/** What `debug` sees meanwhile: the number, which is the same whatever the stream is. */
const STDERR_NUMBER = { fd: 2 }

export function loadRequireHook(): typeof Hook {
  const theirs = Object.getOwnPropertyDescriptor(process, 'stderr')
  if (!theirs?.configurable) return load()
  Object.defineProperty(process, 'stderr', { value: STDERR_NUMBER, configurable: true })
  try {
    return load()
  } finally {
    Object.defineProperty(process, 'stderr', theirs)
  }
}

function load(): typeof Hook {
  return (require('require-in-the-middle') as typeof import('require-in-the-middle')).Hook
}
