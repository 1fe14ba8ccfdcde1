/** Every file of every package that is hooked. */
import { amqpFiles } from './amqp'
import { connectFiles } from './connect'
import { expressFiles } from './express'
import { fastifyFiles } from './fastify'
import { graphqlFiles } from './graphql'
import { grpcFiles } from './grpc'
import type { Guard } from './guard'
import { hapiFiles } from './hapi'
import { honoFiles } from './hono'
import { jobFiles } from './jobs'
import { kafkaFiles } from './kafka'
import { koaFiles } from './koa'
import { mcpFiles } from './mcp'
import type { HookedFile } from './modules'
import { nestFiles } from './nest'
import { nextFiles } from './next'
import { polkaFiles } from './polka'
import { restifyFiles } from './restify'
import { socketIoFiles } from './socket-io'
import { trpcFiles } from './trpc'
import { wsFiles } from './ws'

const PACKAGES: ReadonlyArray<(guard: Guard) => HookedFile[]> = [
  expressFiles,
  connectFiles,
  koaFiles,
  fastifyFiles,
  hapiFiles,
  nestFiles,
  honoFiles,
  polkaFiles,
  restifyFiles,
  nextFiles,
  graphqlFiles,
  grpcFiles,
  trpcFiles,
  mcpFiles,
  wsFiles,
  socketIoFiles,
  jobFiles,
  amqpFiles,
  kafkaFiles,
]

export function frameworkFiles(guard: Guard): HookedFile[] {
  return PACKAGES.flatMap((filesOf) => filesOf(guard))
}
