/** Requests as a client sends them: through node:http, and as bytes where the bytes matter. */
import http from 'node:http'
import net from 'node:net'

export interface Answer {
  status: number
  headers: http.IncomingHttpHeaders
  body: string
}

export interface RequestOptions {
  method?: string
  headers?: Record<string, string>
  body?: string
  agent?: http.Agent | false
}

/** One request on a connection of its own, unless an agent is given. */
export function request(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, agent = false } = options
  return new Promise((resolve, reject) => {
    const req = http.request({ port, path, method, headers, agent }, (res) => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', (chunk: string) => {
        text += chunk
      })
      res.on('end', () => {
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text })
      })
      res.on('error', reject)
    })
    req.on('error', reject)
    req.end(body)
  })
}

/** A raw connection; everything received so far is in `received`. */
export class RawConnection {
  readonly socket: net.Socket
  received = ''

  constructor(port: number) {
    this.socket = net.connect(port, '127.0.0.1').setEncoding('latin1')
    this.socket.on('data', (text: string) => {
      this.received += text
    })
    // A reset by the server is what some tests are after.
    this.socket.on('error', () => {})
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** Resolves once what was received matches, or the connection is gone. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received) && !this.socket.closed) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.socket.off('data', done).off('close', done)
          resolve()
        }
        this.socket.once('data', done).once('close', done)
      })
    }
    return this.received
  }

  async closed(): Promise<string> {
    return this.until(/(?!)/)
  }

  async destroy(): Promise<void> {
    this.socket.destroy()
    if (!this.socket.closed) await new Promise((resolve) => this.socket.once('close', resolve))
  }
}

export function get(path: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
}
