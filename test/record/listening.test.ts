import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { connectionsOf } from '../../lib/record/listening'

describe('connectionsOf', () => {
  it('counts those that are open to all servers, and none of what is no server', async (t) => {
    const servers = [createServer(), createServer()]
    const clients: net.Socket[] = []
    t.after(() => {
      for (const client of clients) client.destroy()
      for (const server of servers) server.close()
    })
    for (const server of servers) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      for (let count = 0; count < 2; count++) {
        const { port } = server.address() as AddressInfo
        clients.push(net.connect(port, '127.0.0.1'))
        await once(server, 'connection')
      }
    }
    assert.equal(connectionsOf([...servers, {}]), 4)
    const [first] = clients
    const gone = new Promise<void>((resolve) => {
      const poll = (): void => void (connectionsOf(servers) < 4 ? resolve() : setImmediate(poll))
      poll()
    })
    first!.destroy()
    await gone
    assert.equal(connectionsOf(servers), 3)
  })
})
