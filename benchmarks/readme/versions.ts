/** The README's table of versions, from the ranges the hooks go by. */
import { rangeText, SUPPORTED } from '../../lib/hooks/supported'

/** Those the tests run on. */
const NODE = '20, 22, 24, 26'

/** By what a person installs. The rest of the table of ranges are parts of these. */
const NAMES: Readonly<Record<string, string>> = {
  express: 'express',
  connect: 'connect',
  router: 'router',
  fastify: 'fastify',
  koa: 'koa',
  '@koa/router': '@koa/router',
  'koa-router': 'koa-router',
  '@hapi/hapi': '@hapi/hapi',
  hono: 'hono, on @hono/node-server >=1.7',
  '@nestjs/core': '@nestjs/core, on Express or Fastify',
  next: 'next',
  polka: 'polka',
  restify: 'restify',
  graphql: 'graphql',
  '@grpc/grpc-js': '@grpc/grpc-js',
  '@trpc/server': '@trpc/server, loaded by `require`',
  '@modelcontextprotocol/sdk': '@modelcontextprotocol/sdk, loaded by `require`',
  ws: 'ws',
  'socket.io': 'socket.io',
  bullmq: 'bullmq',
  bull: 'bull',
  cron: 'cron',
  'node-cron': 'node-cron',
  croner: 'croner, loaded by `require`',
  'toad-scheduler': 'toad-scheduler',
  amqplib: 'amqplib',
  kafkajs: 'kafkajs',
}
const PARTS: ReadonlySet<string> = new Set(['finalhandler', 'koa-compose', 'find-my-way'])

/** @throws Error where a range has no row here: a framework was added, and not named */
export function versionsTable(): string {
  const unnamed = Object.keys(SUPPORTED).filter((name) => !(name in NAMES) && !PARTS.has(name))
  if (unnamed.length > 0) throw new Error(`${unnamed.join(', ')}: no name for the README`)
  return [
    '| what | versions |',
    '| --- | --- |',
    `| Node | ${NODE} |`,
    ...Object.entries(NAMES).map(([name, shown]) => {
      const range = SUPPORTED[name]
      if (!range) throw new Error(`${name} has no range`)
      return `| ${shown} | ${rangeText(range).replaceAll(/\.0\b/g, '')} |`
    }),
  ].join('\n')
}
