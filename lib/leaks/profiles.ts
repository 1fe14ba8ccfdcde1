/** The profiles a process writes: with a leak that is told, before the heap is full, and when asked to. */
import type { LabelTable } from '../heap/labels'
import { type ProfileReason, writeProfile } from '../heap/profile-file'
import type { SampledProfile } from '../inspector/sampled-profile'

/** Written by one process, at most: a profile is a few hundred kB, and a verdict may come and go. */
export const MAX_PROFILES = 16

export interface ProfilesOptions {
  /** Null: none are written. */
  readonly directory: string | null
  /** In the names of the files: the same as in the lines. */
  readonly instance: string
  readonly warn: (code: string, message: string) => void
  readonly labelOf: LabelTable['ofScript']
}

export class Profiles {
  readonly #options: ProfilesOptions
  #written = 0

  constructor(options: ProfilesOptions) {
    this.#options = options
  }

  /** False: none is wanted, or no more are. */
  get areWanted(): boolean {
    return this.#options.directory !== null && this.#written < MAX_PROFILES
  }

  save(reason: ProfileReason, profile: SampledProfile): void {
    const { directory, instance, warn, labelOf } = this.#options
    if (directory === null || !this.areWanted) return
    this.#written++
    try {
      writeProfile(directory, instance, reason, profile, labelOf)
    } catch (error) {
      warn(
        'profile-failed',
        `a heap profile could not be written: ${String((error as Error)?.message)}`,
      )
    }
  }
}
