/**
 * The versions of each hooked package, in one table: what is outside is left alone, and named in the
 * `start` line. Both ends are run by `npm run frameworks`; the README repeats it.
 */

/** Supported versions, `>=min <below`, as [major, minor]. */
export interface VersionRange {
  readonly min: readonly [number, number]
  readonly below: readonly [number, number]
}

export const SUPPORTED: Readonly<Record<string, VersionRange>> = {
  express: { min: [4, 16], below: [6, 0] },
  connect: { min: [3, 0], below: [4, 0] },
  router: { min: [2, 0], below: [3, 0] },
  finalhandler: { min: [1, 0], below: [3, 0] },
  koa: { min: [2, 0], below: [4, 0] },
  'koa-compose': { min: [3, 2], below: [5, 0] },
  '@koa/router': { min: [8, 0], below: [16, 0] },
  'koa-router': { min: [7, 1], below: [15, 0] },
  fastify: { min: [4, 0], below: [6, 0] },
  'find-my-way': { min: [6, 0], below: [10, 0] },
  polka: { min: [0, 5], below: [1, 0] },
  // Older ones do not load on Node 20; of these, those before 12 not on Node 24.
  restify: { min: [10, 0], below: [13, 0] },
  next: { min: [15, 0], below: [17, 0] },
  hono: { min: [4, 0], below: [5, 0] },
  graphql: { min: [15, 0], below: [18, 0] },
  '@grpc/grpc-js': { min: [1, 0], below: [2, 0] },
  '@trpc/server': { min: [10, 0], below: [12, 0] },
  // The first with a build that `require` finds.
  '@modelcontextprotocol/sdk': { min: [1, 2], below: [2, 0] },
  ws: { min: [8, 0], below: [9, 0] },
  'socket.io': { min: [4, 0], below: [5, 0] },
  bullmq: { min: [3, 0], below: [7, 0] },
  bull: { min: [4, 0], below: [5, 0] },
  cron: { min: [3, 0], below: [5, 0] },
  'node-cron': { min: [3, 0], below: [4, 0] },
  croner: { min: [7, 0], below: [12, 0] },
  'toad-scheduler': { min: [1, 0], below: [5, 0] },
  amqplib: { min: [0, 10], below: [3, 0] },
  kafkajs: { min: [1, 0], below: [3, 0] },
  '@nestjs/core': { min: [9, 0], below: [12, 0] },
  // Older ones end the process at the first 404 on Node 20.
  '@hapi/hapi': { min: [20, 2], below: [22, 0] },
}

/** `>=4.16 <6.0`: by major and minor, patch numbers never decide here. */
export function rangeText({ min, below }: VersionRange): string {
  return `>=${min.join('.')} <${below.join('.')}`
}

export function inRange(version: string, range: VersionRange): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d/.exec(version) ?? []
  if (major === undefined) return false
  const order = ([a, b]: readonly [number, number]): number =>
    Number(major) - a || Number(minor) - b
  return order(range.min) >= 0 && order(range.below) < 0
}
