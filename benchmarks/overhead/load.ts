/**
 * The load, in a process of its own that serves the whole run: a closed loop over keep-alive
 * connections. Bare sockets, because a full HTTP client costs more than the servers it would ask.
 *
 * Told over IPC what to send; answers when the last response has come.
 */
import net from 'node:net'

export interface LoadOrder {
  readonly port: number
  readonly path: string
  readonly requests: number
  readonly connections: number
}

export interface LoadReport {
  readonly ms: number
  /** Responses other than 200, and connections that broke. */
  readonly failed: number
  /** Of all requests, as the client saw them. */
  readonly p50Ms: number
  readonly p99Ms: number
}

const HEAD_END = '\r\n\r\n'

function run({ port, path, requests, connections }: LoadOrder): Promise<LoadReport> {
  const request = Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n`,
  )
  const startedMs = performance.now()
  const latenciesMs = new Float64Array(requests)
  let left = requests
  let answered = 0
  let failed = 0

  /** One request at a time until none is left. A response without a length breaks the connection. */
  function serve(): Promise<void> {
    return new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1')
      let received = ''
      let over = false
      let sentMs = 0
      const end = (): void => {
        over = true
        socket.destroy()
        resolve()
      }
      const next = (): void => {
        if (left === 0) return end()
        left--
        received = ''
        sentMs = performance.now()
        socket.write(request)
      }
      socket.setEncoding('latin1').setNoDelay(true)
      socket.once('connect', next)
      socket.on('data', (chunk: string) => {
        received += chunk
        const headEnd = received.indexOf(HEAD_END)
        if (headEnd < 0) return
        const length = Number(/content-length: (\d+)/i.exec(received)?.[1])
        if (Number.isNaN(length)) {
          socket.destroy()
          return
        }
        if (received.length < headEnd + HEAD_END.length + length) return
        if (!received.startsWith('HTTP/1.1 200')) failed++
        latenciesMs[answered++] = performance.now() - sentMs
        next()
      })
      socket.on('error', () => {})
      socket.once('close', () => {
        if (!over) failed++
        resolve()
      })
    })
  }

  return Promise.all(Array.from({ length: connections }, serve)).then(() => {
    const ms = performance.now() - startedMs
    const sorted = latenciesMs.subarray(0, answered).sort()
    const at = (share: number): number => sorted[Math.floor(share * (answered - 1))] ?? Number.NaN
    return { ms, failed: failed + left, p50Ms: at(0.5), p99Ms: at(0.99) }
  })
}

process.on('message', (order: LoadOrder) => {
  void run(order).then((report) => process.send?.(report))
})
