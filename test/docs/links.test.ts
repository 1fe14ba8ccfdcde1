import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, it } from 'node:test'
import { filesEndingWith, ROOT } from '../support/files'
import {
  anchorsOf,
  existsInRepository,
  namedPaths,
  namedScripts,
  readPages,
  relativeLinks,
} from '../support/markdown'

const pages = readPages()
const textOf = (file: string): string => pages.find((page) => page.file === file)!.text
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

describe('every page', () => {
  for (const { file, text } of pages) {
    it(`${file} links to pages and headings that exist`, () => {
      for (const link of relativeLinks(text)) {
        const [path, anchor] = link.split('#') as [string, string?]
        const target = path === '' ? file : posix.join(dirname(file), path)
        assert.ok(existsInRepository(target), `${link}: there is no ${target}`)
        if (anchor === undefined) continue
        assert.ok(anchorsOf(textOf(target)).has(anchor), `${link}: no such heading`)
      }
    })

    it(`${file} names files and npm scripts that exist`, () => {
      for (const path of namedPaths(text)) assert.ok(existsInRepository(path), path)
      for (const script of namedScripts(text)) assert.ok(script in scripts, `npm run ${script}`)
    })
  }
})

describe('docs/README.md', () => {
  it('leads to every page of the docs', () => {
    const linked = new Set(relativeLinks(textOf('docs/README.md')).map((to) => to.split('#')[0]))
    for (const name of readdirSync(join(ROOT, 'docs'))) {
      if (name.endsWith('.md') && name !== 'README.md') assert.ok(linked.has(name), name)
    }
  })
})

describe('README.md', () => {
  it('has at most 200 lines', () => {
    assert.ok(textOf('README.md').trimEnd().split('\n').length <= 200)
  })
})

describe('docs/warnings.md', () => {
  it('has a row for each code of a warning that lib writes, and for no other', () => {
    const codes = filesEndingWith(join(ROOT, 'lib'), '.ts').flatMap((file) => {
      const source = readFileSync(file, 'utf8')
      const written = source.matchAll(
        /\b(?:warn|this\.write)\(\s*'([a-z-]+)'|'warning', code: '([a-z-]+)'/g,
      )
      return [...written].map(([, called, line]) => (called ?? line)!)
    })
    const rows = textOf('docs/warnings.md').matchAll(/^\| `([a-z-]+)` \|/gm)
    assert.deepEqual([...rows].map(([, code]) => code!).sort(), [...new Set(codes)].sort())
  })
})

describe('anchorsOf', () => {
  it('follows GitHub: case, signs, spaces, and the second of a name', () => {
    const page =
      '# It says `steady`, and I don’t\n## A  b\n```sh\n# no heading\n```\n## [A](x.md)\n## A'
    assert.deepEqual([...anchorsOf(page)], ['it-says-steady-and-i-dont', 'a--b', 'a', 'a-1'])
  })
})
