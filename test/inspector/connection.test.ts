import assert from 'node:assert/strict'
import type { Debugger } from 'node:inspector'
import { afterEach, describe, it } from 'node:test'
import { Script } from 'node:vm'
import { Connection } from '../../lib/inspector/connection'
import { InspectorSession } from '../../lib/inspector/session'

const globals = globalThis as { passes?: number }
const open: Connection[] = []

function connect(): Connection {
  const connection = new Connection()
  open.push(connection)
  return connection
}

/** The script that defines a function of one line, and the function. */
function script(connection: Connection): { id: string; run: () => number } {
  let id = ''
  const run = { fn: (): number => 0 }
  connection.listening(
    'Debugger.scriptParsed',
    ({ scriptId, url }: Debugger.ScriptParsedEventDataType) => {
      if (url === 'counted.js') id = scriptId
    },
    () => {
      connection.post('Debugger.enable')
      run.fn = new Script('() => 1 + 1', {
        filename: 'counted.js',
      }).runInThisContext() as () => number
    },
  )
  return { id, run: run.fn }
}

describe('Connection', () => {
  afterEach(() => {
    for (const connection of open.splice(0)) connection.close()
    delete globals.passes
  })

  it('has the answer when post returns', () => {
    const answer = connect().post('Runtime.evaluate', { expression: '6 * 7' })
    assert.equal((answer as { result: { value: number } }).result.value, 42)
  })

  it('answers null for an error', () => {
    assert.equal(connect().post('Nobody.knows'), null)
    assert.equal(connect().post('HeapProfiler.getSamplingProfile'), null)
  })

  it('tells the events that the work causes, and none later, also where the work throws', () => {
    const connection = connect()
    let events = 0
    const parse = (): unknown => connection.post('Debugger.enable')
    const count = (): void => void events++
    connection.listening('Debugger.scriptParsed', count, parse)
    const caused = events
    assert.ok(caused > 0)
    connection.post('Debugger.disable')
    const fail = (): void => {
      throw new Error('in the middle')
    }
    assert.throws(() => connection.listening('Debugger.scriptParsed', count, fail))
    parse()
    assert.equal(events, caused)
  })

  it('keeps a breakpoint that pauses nowhere, while a session reads the scripts', () => {
    const connection = connect()
    const { id, run } = script(connection)
    globals.passes = 0
    const set = connection.post('Debugger.setBreakpoint', {
      location: { scriptId: id, lineNumber: 0, columnNumber: 6 },
      condition: '(globalThis.passes++, false)',
    })
    assert.ok(set)
    run()
    const session = new InspectorSession()
    assert.equal(session.scriptUrls().get(id), 'counted.js')
    session.close()
    run()
    assert.equal(globals.passes, 2)
    connection.post('Debugger.disable')
    run()
    assert.equal(globals.passes, 2)
  })
})
