/** Every file of every framework that is hooked. */
import { connectFiles } from './connect'
import { expressFiles } from './express'
import { fastifyFiles } from './fastify'
import { hapiFiles } from './hapi'
import { honoFiles } from './hono'
import { koaFiles } from './koa'
import type { HookListener } from './listener'
import type { HookedFile } from './modules'
import { nestFiles } from './nest'
import { nextFiles } from './next'
import { polkaFiles } from './polka'
import { restifyFiles } from './restify'

export function frameworkFiles(listener: HookListener): HookedFile[] {
  return [
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
  ].flatMap((filesOf) => filesOf(listener))
}
