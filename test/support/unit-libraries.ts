/** Every supported library that runs units of work, at both ends of its range, and the unit of its app that leaks. */
import { join } from 'node:path'
import type { UnitName } from '../../lib/schema/lines'
import { ROOT } from './files'
import type { Packages } from './framework-folders'

export const UNIT_FIXTURES: string = join(ROOT, 'test/fixtures/units')

export interface UnitLibrary {
  /** Its package. */
  readonly name: string
  /** The app in test/fixtures/units, which asks for its work itself; its package with `.cjs`, unless said here. */
  readonly app?: string
  /** Oldest and newest; what the range is of first. */
  readonly ends: readonly Packages[]
  /** The app is given the path of its socket. */
  readonly needsRedis?: true
  /** What the function `keep` of the app is run for, which leaks; nothing else does. */
  readonly keeps: UnitName
}

export function unitApp({ name, app = `${name}.cjs` }: UnitLibrary): string {
  return join(UNIT_FIXTURES, app)
}

export const UNIT_LIBRARIES: readonly UnitLibrary[] = [
  {
    name: 'graphql',
    ends: [{ graphql: '15.0.0' }, { graphql: '16.15.0' }, { graphql: '17.1.0' }],
    keeps: { kind: 'operation', name: 'mutation Keep' },
  },
  {
    name: '@grpc/grpc-js',
    app: 'grpc.cjs',
    ends: [{ '@grpc/grpc-js': '1.0.0' }, { '@grpc/grpc-js': '1.14.7' }],
    keeps: { kind: 'call', name: 'shop.v1.Basket/Keep' },
  },
  {
    name: '@trpc/server',
    app: 'trpc.cjs',
    ends: [{ '@trpc/server': '10.0.0' }, { '@trpc/server': '11.25.2' }],
    keeps: { kind: 'operation', name: 'mutation basket.keep' },
  },
  {
    name: '@modelcontextprotocol/sdk',
    app: 'mcp.cjs',
    ends: [{ '@modelcontextprotocol/sdk': '1.2.0' }, { '@modelcontextprotocol/sdk': '1.32.2' }],
    keeps: { kind: 'operation', name: 'tools/call keep' },
  },
  {
    name: 'ws',
    ends: [{ ws: '8.0.0' }, { ws: '8.23.0' }],
    keeps: { kind: 'message', name: '/keep' },
  },
  {
    name: 'socket.io',
    ends: [
      { 'socket.io': '4.0.0', 'socket.io-client': '4.0.0' },
      { 'socket.io': '4.8.4', 'socket.io-client': '4.8.4' },
    ],
    keeps: { kind: 'message', name: '/chat keep' },
  },
  {
    name: 'bullmq',
    ends: [{ bullmq: '3.0.0' }, { bullmq: '6.7.0' }],
    needsRedis: true,
    keeps: { kind: 'job', name: 'mail keep' },
  },
  {
    name: 'bull',
    ends: [{ bull: '4.0.0' }, { bull: '4.16.5' }],
    needsRedis: true,
    keeps: { kind: 'job', name: 'mail keep' },
  },
  {
    name: 'cron',
    ends: [{ cron: '3.0.0' }, { cron: '4.4.0' }],
    keeps: { kind: 'tick', name: '0-59 * * * * *' },
  },
  {
    name: 'node-cron',
    // 3.0.1 does not load, and of 3.0.0 no tick can be asked for.
    ends: [{ 'node-cron': '3.0.2' }, { 'node-cron': '3.0.3' }],
    keeps: { kind: 'tick', name: 'keep' },
  },
  {
    name: 'croner',
    ends: [{ croner: '7.0.0' }, { croner: '11.0.1' }],
    keeps: { kind: 'tick', name: 'keep' },
  },
  {
    name: 'toad-scheduler',
    ends: [{ 'toad-scheduler': '1.0.2' }, { 'toad-scheduler': '4.1.0' }],
    keeps: { kind: 'tick', name: 'keep' },
  },
  {
    name: 'amqplib',
    ends: [{ amqplib: '0.10.0' }, { amqplib: '2.3.1' }],
    keeps: { kind: 'message', name: 'keep' },
  },
  {
    name: 'kafkajs',
    ends: [{ kafkajs: '1.0.0' }, { kafkajs: '2.2.4' }],
    keeps: { kind: 'message', name: 'keep' },
  },
]
