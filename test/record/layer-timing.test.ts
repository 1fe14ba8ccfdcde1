import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { handlerLayer, routeLayer } from '../../lib/hooks/layers'
import { GcLog } from '../../lib/record/gc'
import { openMemoryReader } from '../../lib/record/reading'
import { Recorder } from '../../lib/record/recorder'

const ROUTES = ['/page', '/asset'].map((path) => ({
  path,
  layers: [routeLayer(path), handlerLayer(function answer() {})],
}))

function openRecorder(): Recorder {
  return new Recorder({
    ringSize: 1024,
    maxRoutes: 16,
    gc: 'off',
    keepPaths: false,
    makeLabel: () => null,
    reader: openMemoryReader(),
    gcLog: new GcLog(),
    onNearlyFull: () => {},
    onEnded: null,
    onRecorded: null,
    run: (work) => work(),
  })
}

const server = {}
/** Handed over without a listener of its own: nothing is sent. */
const socket = { on() {}, once() {}, removeListener() {} } as unknown as Socket

/** A page, then what is on it, and so on: so many of each. */
function serve(recorder: Recorder, count: number): void {
  for (let at = 0; at < count; at++) {
    for (const { path, layers } of ROUTES) {
      const req = new IncomingMessage(socket)
      req.method = 'GET'
      req.url = path
      const res = new ServerResponse(req)
      recorder.start(server, req, res)
      for (const layer of layers) recorder.enterLayer(res, layer)
      recorder.finish(res)
      recorder.close(res)
    }
  }
}

/** Requests of each route whose layers were timed, since the last question. */
function timed(recorder: Recorder): number[] {
  return ROUTES.map(({ path }) => {
    const stats = recorder.stats.find(({ route }) => route.pattern === path)
    const requests = stats?.layers.get('answer')?.requests ?? 0
    stats?.layers.clear()
    return requests
  })
}

describe('the layers of requests', () => {
  const PAIRS = 8000

  it('are timed of all at first, then of one in 16, whatever the rhythm of routes', () => {
    const recorder = openRecorder()
    serve(recorder, 32)
    assert.deepEqual(timed(recorder), [32, 32])
    serve(recorder, PAIRS)
    for (const requests of timed(recorder)) {
      assert.ok(Math.abs(requests / (PAIRS / 16) - 1) < 0.1, `${requests}`)
    }
  })

  it('are timed of fewer where many come, and of all where few do', () => {
    const recorder = openRecorder()
    serve(recorder, PAIRS)
    const [before] = timed(recorder)
    recorder.drain(() => {})
    serve(recorder, PAIRS)
    const [under] = timed(recorder)
    assert.ok(under! < before! / 2, `${under} of ${before}`)
    // Between these two nothing comes.
    recorder.drain(() => {})
    recorder.drain(() => {})
    serve(recorder, 1024)
    timed(recorder)
    serve(recorder, 100)
    assert.deepEqual(timed(recorder), [100, 100])
  })
})
