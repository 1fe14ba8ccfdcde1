import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { numbered, openLoad, planSlices, seeded } from '../../../lib/cli/app/load'

async function serve(t: TestContext, handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('the plan of a load', () => {
  it('has exactly so many requests of each target, in as many slices as the time has', () => {
    for (const [targets, requests, seconds] of [
      [1, 1, 0],
      [3, 1000, 10],
      [2, 7, 15],
      [200, 33, 2],
    ] as const) {
      const slices = [...planSlices(targets, requests, seconds, seeded(1))]
      assert.equal(slices.length, Math.max(1, seconds * 2))
      for (let at = 0; at < targets; at++) {
        assert.equal(slices.flat().filter((one) => one === at).length, requests)
      }
    }
  })

  it('changes the mix from slice to slice', () => {
    const slices = [...planSlices(2, 5000, 15, seeded(1))]
    const shares = slices.map((slice) => slice.filter((one) => one === 0).length / slice.length)
    assert.ok(Math.max(...shares) - Math.min(...shares) > 0.3, shares.join(' '))
    assert.notDeepEqual(
      slices[0]!.toSorted((a, b) => a - b),
      slices[0],
    )
  })
})

describe('a load', () => {
  it('sends exactly what is asked, numbered on from call to call, never more at once than connections', async (t) => {
    const seen: string[] = []
    const sockets = new Set<unknown>()
    let open = 0
    let most = 0
    const url = await serve(t, (req, res) => {
      most = Math.max(most, ++open)
      sockets.add(req.socket)
      let body = ''
      req.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      req.on('end', () => {
        seen.push(`${req.method} ${req.url} ${String(req.headers['x-a'])} ${body}`)
        setImmediate(() => {
          open--
          res.end('ok')
        })
      })
    })
    const headers = { 'x-a': 'b' }
    const load = openLoad(
      { url },
      [
        { method: 'GET', path: '/a/{n}?q={n}', headers, body: undefined },
        { method: 'POST', path: '/b', headers, body: '{"n":{n}}' },
      ],
      3,
    )
    await load.send(1, 0)
    const [a, b] = await load.send(40, 0)
    await load.stop()
    assert.deepEqual([a?.sent, b?.sent], [40, 40])
    assert.deepEqual(
      [...a!.statuses, ...b!.statuses],
      [
        [200, 40],
        [200, 40],
      ],
    )
    const expected = Array.from({ length: 41 }, (_, n) => [
      `GET /a/${n}?q=${n} b `,
      `POST /b b {"n":${n}}`,
    ]).flat()
    assert.deepEqual(seen.toSorted(), expected.toSorted())
    assert.ok(most <= 3 && sockets.size <= 3, `${most} at once over ${sockets.size}`)
  })

  it('counts answers by status, and those that never came', async (t) => {
    let count = 0
    const url = await serve(t, (req, res) => {
      const turn = count++ % 3
      if (turn === 0) req.socket.destroy()
      else res.writeHead(turn === 1 ? 404 : 200).end()
    })
    const load = openLoad({ url }, [{ method: 'POST', path: '/', headers: {}, body: undefined }], 1)
    const [answers] = await load.send(9, 0)
    await load.stop()
    assert.deepEqual(
      [...answers!.statuses].sort(([x], [y]) => x - y),
      [
        [0, 3],
        [200, 3],
        [404, 3],
      ],
    )
  })

  it('ends when it is stopped, whatever is under way', async (t) => {
    let arrived = (): void => {}
    const first = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const url = await serve(t, () => arrived())
    const load = openLoad({ url }, [{ method: 'GET', path: '/', headers: {}, body: undefined }], 2)
    const sending = load.send(1000, 60)
    await first
    await load.stop()
    const [answers] = await sending
    assert.ok(answers!.sent < 1000)
  })

  it('numbers every {n} of a text', () => {
    assert.equal(numbered('/a/{n}/{m}?{n}', 7), '/a/7/{m}?7')
  })

  it('gives up the share that it is told, before and during the answer, and counts no status for those', async (t) => {
    let finished = 0
    let aborted = 0
    const url = await serve(t, (_req, res) => {
      res.on('close', () => (res.writableFinished ? finished++ : aborted++))
      res.write('half of it')
      // Far later than clients give up, on a busy machine too.
      setTimeout(() => res.end('the rest'), 60)
    })
    const target = { method: 'GET', path: '/', headers: {}, body: undefined }
    const load = openLoad({ url }, [target], 8)
    const [answers] = await load.send(240, 1, 0.3)
    await load.stop()
    const { sent, abandoned, statuses } = answers!
    assert.equal(sent, 240)
    assert.equal(statuses.get(200)! + abandoned, 240)
    assert.ok(abandoned > 24 && abandoned < 120, `${abandoned}`)
    assert.ok(aborted > abandoned / 2 && finished >= statuses.get(200)!, `${aborted} ${finished}`)
  })
})
