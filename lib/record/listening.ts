import type { Server } from 'node:http'
import type { Listening } from '../schema/lines'

/** Where a server listens; undefined while it does not, or where it does not say. */
export function listeningOf(server: object): Listening | undefined {
  try {
    const address = (server as Server).address()
    if (address === null) return undefined
    if (typeof address === 'string') return { socket: address }
    // What makes a server of https is tls.Server under it; not loaded here to ask for its class.
    const protocol = 'setSecureContext' in server ? 'https' : 'http'
    return { protocol, host: address.address, port: address.port }
  } catch {
    return undefined
  }
}

/** Connections open now, as `getConnections` of net.Server has them, which answers a turn later. */
export function connectionsOf(servers: readonly object[]): number {
  return servers.reduce((sum, server) => {
    const { _connections: open } = server as { _connections?: unknown }
    return typeof open === 'number' ? sum + open : sum
  }, 0)
}
