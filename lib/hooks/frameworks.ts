/** Every file of every framework that is hooked. */
import { connectFiles } from './connect'
import { expressFiles } from './express'
import { fastifyFiles } from './fastify'
import type { Guard } from './guard'
import { hapiFiles } from './hapi'
import { honoFiles } from './hono'
import { koaFiles } from './koa'
import type { HookedFile } from './modules'
import { nestFiles } from './nest'
import { nextFiles } from './next'
import { polkaFiles } from './polka'
import { restifyFiles } from './restify'

const FRAMEWORKS: ReadonlyArray<(guard: Guard) => HookedFile[]> = [
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
]

export function frameworkFiles(guard: Guard): HookedFile[] {
  return FRAMEWORKS.flatMap((filesOf) => filesOf(guard))
}
