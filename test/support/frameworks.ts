/** Every supported framework at both ends of its range, and what it is to show of the twelve. */
import { join } from 'node:path'
import { ROOT } from './files'
import type { Packages } from './framework-folders'
import type { Answers } from './twelve-requests'

export const FRAMEWORK_FIXTURES: string = join(ROOT, 'test/fixtures/frameworks')

export interface FrameworkEnd {
  /** What the range is of first. */
  readonly packages: Packages
  /** Arguments of the app. */
  readonly args?: readonly string[]
  /** Named in the `start` line. */
  readonly hooked: readonly string[]
  readonly answers: Answers
}

export interface Framework {
  readonly name: string
  /** In test/fixtures/frameworks. */
  readonly app: string
  readonly protocol?: 'http' | 'http2'
  readonly oldest: FrameworkEnd
  readonly newest: FrameworkEnd
}

/** As frameworks with `:param` patterns show the twelve. */
const USUAL: Answers = {
  params: '/users/:id 200',
  'nested mounts': '/v1/teams/:team/members/:id 200',
  wildcard: '/files/* 200',
  'optional part': '/pages/:page? 200',
  '404': '(unmatched) 404',
  'thrown error': '/throws 500',
  redirect: '/go 302',
  aborted: '/slow 200 aborted',
  streamed: '/stream 200',
  HEAD: '/users/:id 200',
  OPTIONS: '(options) 200',
  upload: '/upload 200',
}

const KOA_NEW: Answers = {
  ...USUAL,
  wildcard: '/files/*path 200',
  'optional part': '/pages{/:page} 200',
}
const KOA_OLD: Answers = { ...USUAL, wildcard: '/files/(.*) 200' }

const FASTIFY = ['fastify', 'find-my-way']
/** It answers OPTIONS where a route says so, or a plugin. */
const FASTIFY_ANSWERS: Answers = { ...USUAL, OPTIONS: '(unmatched) 404' }

export const FRAMEWORKS: readonly Framework[] = [
  {
    name: 'Koa, @koa/router',
    app: 'koa.cjs',
    oldest: {
      packages: { '@koa/router': '8.0.0', koa: '2.0.0' },
      args: ['@koa/router', 'old'],
      hooked: ['koa', 'koa-compose', '@koa/router'],
      answers: KOA_OLD,
    },
    newest: {
      packages: { '@koa/router': '15.7.0', koa: '3.3.0' },
      args: ['@koa/router', 'new'],
      hooked: ['koa', 'koa-compose', '@koa/router'],
      answers: KOA_NEW,
    },
  },
  {
    name: 'Koa, koa-router',
    app: 'koa.cjs',
    oldest: {
      packages: { 'koa-router': '7.1.0', koa: '2.0.0' },
      args: ['koa-router', 'old'],
      hooked: ['koa', 'koa-compose', 'koa-router'],
      answers: { ...KOA_OLD, OPTIONS: '(options) 204' },
    },
    newest: {
      packages: { 'koa-router': '14.0.0', koa: '3.3.0' },
      args: ['koa-router', 'new'],
      hooked: ['koa', 'koa-compose', 'koa-router'],
      answers: KOA_NEW,
    },
  },
  {
    name: 'Fastify',
    app: 'fastify.cjs',
    oldest: { packages: { fastify: '5.0.0' }, hooked: FASTIFY, answers: FASTIFY_ANSWERS },
    newest: { packages: { fastify: '5.12.8' }, hooked: FASTIFY, answers: FASTIFY_ANSWERS },
  },
  {
    name: 'Fastify',
    app: 'fastify.cjs',
    oldest: { packages: { fastify: '4.0.0' }, hooked: FASTIFY, answers: FASTIFY_ANSWERS },
    newest: { packages: { fastify: '4.29.1' }, hooked: FASTIFY, answers: FASTIFY_ANSWERS },
  },
]

/** Its version, as in `Koa 3.3.0`. */
export function versionOf({ packages }: FrameworkEnd): string {
  return Object.values(packages)[0] ?? process.versions.node
}
