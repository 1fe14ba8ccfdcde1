/**
 * `.heapprofile` files, for Chrome DevTools and speedscope, with each route or layer as a frame.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dateNow } from '../clock'
import type { Label } from './labels'
import type { SampledNode, SampledProfile } from '../inspector/sampled-profile'

/** A profile tells function names and paths of the app; its owner alone may read it. */
const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700

export type ProfileReason = 'leak' | 'near-heap-limit' | 'signal'

/**
 * @returns the path of the new file
 * @throws the system's error; an existing file or link of that name is one: nothing is overwritten
 */
export function writeProfile(
  directory: string,
  instance: string,
  reason: ProfileReason,
  profile: SampledProfile,
  labelOf: (url: string) => Label | null,
): string {
  mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE })
  const time = new Date(dateNow()).toISOString().replaceAll(/[:.]/g, '-')
  const path = join(directory, `memprof-${instance}-${time}-${reason}.heapprofile`)
  const text = JSON.stringify({ head: named(profile.head, labelOf), samples: profile.samples })
  // `wx` creates, and never follows a link that somebody left there.
  writeFileSync(path, text, { flag: 'wx', mode: FILE_MODE })
  return path
}

/** The tree with each label frame under the name of its route or layer. */
function named(node: SampledNode, labelOf: (url: string) => Label | null): SampledNode {
  const label = node.callFrame.url === '' ? null : labelOf(node.callFrame.url)
  const callFrame = label
    ? { ...node.callFrame, functionName: label.name, url: '', lineNumber: -1, columnNumber: -1 }
    : node.callFrame
  return { ...node, callFrame, children: node.children.map((child) => named(child, labelOf)) }
}
