import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Config, SETTINGS, settingsTable } from '../../lib/config/settings'

const NAMES = Object.keys(SETTINGS) as (keyof Config)[]

describe('SETTINGS', () => {
  it('gives each setting a variable of its own', () => {
    assert.equal(new Set(NAMES.map((name) => SETTINGS[name].env)).size, NAMES.length)
  })

  for (const name of NAMES) {
    const { env, option, kind } = SETTINGS[name]
    it(`${env} is options.${option} and config.${name}, its unit at the end`, () => {
      const words = env.replace(/^MEMPROF_/, '').toLowerCase()
      const camelCase = words.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
      assert.equal(option, camelCase)
      assert.equal(name, option.endsWith(kind.unit) ? option : option + kind.unit)
    })
  }
})

describe('settingsTable', () => {
  it('has a head and one row of four cells per setting', () => {
    const rows = settingsTable().split('\n')
    assert.equal(rows.length, NAMES.length + 2)
    for (const row of rows) assert.match(row, /^\|( [^|]+ \|| --- \|){4}$/)
    for (const [index, name] of NAMES.entries()) {
      assert.ok(rows[index + 2]?.startsWith(`| \`${SETTINGS[name].env}\` | `))
    }
  })
})
