import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { LineWriter } from '../../lib/emit/line-writer'
import { temporaryFolder } from '../support/files'
import { integer, seeded } from '../support/random'

const onWindows = process.platform === 'win32'

function open(destination: string): { writer: LineWriter; errors: unknown[] } {
  const errors: unknown[] = []
  return { writer: new LineWriter({ destination, onError: (error) => errors.push(error) }), errors }
}

/** A named pipe and a reader of it that never waits. */
function pipe(t: TestContext): { path: string; read: (most: number) => string } {
  const path = join(temporaryFolder(t), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  t.after(() => closeSync(reader))
  const buffer = Buffer.alloc(1 << 20)
  return {
    path,
    read(most) {
      try {
        return buffer.toString('latin1', 0, readSync(reader, buffer, 0, most, null))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return ''
        throw error
      }
    },
  }
}

describe('LineWriter', () => {
  it('writes lines to a file in order, behind what is there', (t) => {
    const path = join(temporaryFolder(t), 'log')
    for (const line of ['one\n', 'two\n', 'größe 大\n']) {
      const { writer, errors } = open(path)
      writer.write(line)
      writer.flush()
      writer.close()
      assert.deepEqual(errors, [])
    }
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\ngröße 大\n')
    if (!onWindows) assert.equal(statSync(path).mode & 0o133, 0)
  })

  it('writes nothing before the flush, and a large batch without one', (t) => {
    const path = join(temporaryFolder(t), 'log')
    const { writer } = open(path)
    writer.write('small\n')
    assert.equal(readFileSync(path, 'utf8'), '')
    const line = `${'x'.repeat(999)}\n`
    for (let at = 0; at < 20_000; at++) writer.write(line)
    writer.flushSync()
    writer.close()
    assert.equal(writer.lost, 0)
    assert.equal(statSync(path).size, 6 + 20_000 * 1000)
  })

  it('begins a line of its own behind half of one that another process left', (t) => {
    const path = join(temporaryFolder(t), 'log')
    writeFileSync(path, '{"whole":1}\n{"ha')
    for (const line of ['one\n', 'two\n']) {
      const { writer } = open(path)
      writer.write(line)
      writer.flush()
      writer.close()
    }
    assert.equal(readFileSync(path, 'utf8'), '{"whole":1}\n{"ha\none\ntwo\n')
  })

  it('throws where the path cannot be opened', (t) => {
    assert.throws(() => open(join(temporaryFolder(t), 'none/log')), { code: 'ENOENT' })
  })

  it('does not wait for the reader of a pipe', { skip: onWindows }, (t) => {
    const { path, read } = pipe(t)
    const { writer } = open(path)
    const random = seeded(7)
    const lines = Array.from({ length: 500 }, (_, at) => {
      return `${at} ${'x'.repeat(integer(random, 0, 1500))}\n`
    })
    for (const line of lines) writer.write(line)
    writer.flush()
    let received = ''
    for (;;) {
      const piece = read(integer(random, 1, 5000))
      received += piece
      writer.flush()
      if (piece === '' && received.length === lines.join('').length) break
    }
    assert.equal(received, lines.join(''))
    assert.equal(writer.lost, 0)
    writer.close()
  })

  it('never tears a line of up to 4,096 bytes', { skip: onWindows }, (t) => {
    const { path, read } = pipe(t)
    const { writer } = open(path)
    const lines = [4096, 4095, 1, 2048, 2048, 4096].map((length) => `${'y'.repeat(length - 1)}\n`)
    for (let round = 0; round < 50; round++) for (const line of lines) writer.write(line)
    let pieces = 0
    for (;;) {
      // Whatever is in the pipe now ends with a line: others may write to it here.
      writer.flush()
      const piece = read(1 << 20)
      if (piece === '') break
      assert.ok(piece.endsWith('\n'))
      pieces++
    }
    assert.ok(pieces > 1)
    writer.close()
  })

  it('finishes a longer line in pieces', { skip: onWindows }, (t) => {
    const { path, read } = pipe(t)
    const { writer } = open(path)
    const long = `${'z'.repeat(200_000)}\n`
    writer.write(long)
    writer.write('next\n')
    let received = ''
    for (;;) {
      writer.flush()
      const piece = read(7000)
      if (piece === '') break
      received += piece
    }
    assert.equal(received, `${long}next\n`)
    writer.close()
  })

  it('counts what has waited too long for a reader', { skip: onWindows }, (t) => {
    const { path } = pipe(t)
    const { writer } = open(path)
    const line = `${'x'.repeat(99_999)}\n`
    for (let at = 0; at < 400; at++) writer.write(line)
    const lost = writer.lost
    assert.ok(lost > 200 && lost < 400, `${lost}`)
    writer.close()
  })

  it('counts what a reader that is gone never got, and goes on', { skip: onWindows }, (t) => {
    const path = join(temporaryFolder(t), 'pipe')
    execFileSync('mkfifo', [path])
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const { writer, errors } = open(path)
    closeSync(reader)
    for (let at = 0; at < 3; at++) writer.write('lost\n')
    writer.flush()
    assert.equal(writer.lost, 3)
    assert.equal(writer.failing, true)
    assert.equal((errors[0] as NodeJS.ErrnoException).code, 'EPIPE')
    const again = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    writer.write('heard\n')
    writer.flush()
    assert.equal(writer.failing, false)
    const buffer = Buffer.alloc(100)
    assert.equal(buffer.toString('latin1', 0, readSync(again, buffer)), 'heard\n')
    closeSync(again)
    writer.close()
  })

  it('refuses a pipe that nobody reads instead of waiting', { skip: onWindows }, (t) => {
    const path = join(temporaryFolder(t), 'pipe')
    execFileSync('mkfifo', [path])
    assert.throws(() => open(path), { code: 'ENXIO' })
  })
})
