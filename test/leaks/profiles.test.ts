import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { MAX_PROFILES, Profiles } from '../../lib/leaks/profiles'
import { temporaryFolder } from '../support/files'
import { node } from '../support/profiles'

const PROFILE = { head: node(1, '(root)', 0), samples: [] }

function open(directory: string | null): { profiles: Profiles; warnings: string[] } {
  const warnings: string[] = []
  const warn = (code: string): void => void warnings.push(code)
  return {
    warnings,
    profiles: new Profiles({ directory, instance: 'x', warn, labelOf: () => null }),
  }
}

describe('the profiles of a process', () => {
  it('are none without a folder for them', () => {
    const { profiles, warnings } = open(null)
    profiles.save('leak', PROFILE)
    assert.deepEqual([profiles.areWanted, warnings], [false, []])
  })

  it('are sixteen at most, those that could not be written too', (t) => {
    // A file of that name is there already, in the place of a folder.
    const { profiles, warnings } = open(join(__filename, 'profiles'))
    const directory = temporaryFolder(t)
    const written = open(directory)
    for (let at = 1; at <= MAX_PROFILES; at++) {
      assert.deepEqual([profiles.areWanted, written.profiles.areWanted], [true, true])
      profiles.save('leak', PROFILE)
      written.profiles.save(at % 2 === 0 ? 'leak' : 'signal', PROFILE)
    }
    profiles.save('leak', PROFILE)
    written.profiles.save('near-heap-limit', PROFILE)
    assert.deepEqual([profiles.areWanted, written.profiles.areWanted], [false, false])
    assert.deepEqual(warnings, new Array(MAX_PROFILES).fill('profile-failed'))
    assert.equal(readdirSync(directory).filter((name) => name.includes('limit')).length, 0)
  })
})
