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
  /** Majors of Node that it runs on, where not on all. */
  readonly nodeFrom?: number
  readonly nodeBelow?: number
  readonly answers: Answers
}

export interface Framework {
  readonly name: string
  /** In test/fixtures/frameworks. */
  readonly app: string
  readonly protocol?: 'http' | 'http2'
  /** Too large to be installed for each run of the tests: only `npm run frameworks` asks it. */
  readonly onDemand?: boolean
  /** Why no leak is planted in it. */
  readonly noLeak?: string
  /** Oldest and newest; one where the version is Node's. */
  readonly ends: readonly FrameworkEnd[]
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

const KOA = ['koa', 'koa-compose', '@koa/router']

/** Without a framework: the path, with what varies folded. */
const NORMALISED: Answers = {
  ...USUAL,
  params: '/users/:n 200',
  'nested mounts': '/v1/teams/red/members/:n 200',
  wildcard: '/files/a/b.txt 200',
  'optional part': '/pages 200',
  HEAD: '/users/:n 200',
  OPTIONS: '/users/:n 200',
}

const FASTIFY = ['fastify', 'find-my-way']
/** It answers OPTIONS where a route says so, or a plugin. */
const FASTIFY_ANSWERS: Answers = { ...USUAL, OPTIONS: '(unmatched) 404' }

const HAPI_ANSWERS: Answers = {
  ...USUAL,
  params: '/users/{id} 200',
  'nested mounts': '/v1/teams/{team}/members/{id} 200',
  wildcard: '/files/{path*} 200',
  'optional part': '/pages/{page?} 200',
  HEAD: '/users/{id} 200',
  OPTIONS: '(unmatched) 404',
}

const HONO_ANSWERS: Answers = { ...USUAL, OPTIONS: '(unmatched) 404' }

const EXPRESS_5 = ['express', 'router', 'finalhandler']
const NEST_ANSWERS: Answers = { ...USUAL, OPTIONS: '(unmatched) 404', upload: '/upload 201' }

function nestPackages(version: string): Packages {
  return {
    '@nestjs/core': version,
    '@nestjs/common': version,
    '@nestjs/platform-express': version,
    '@nestjs/platform-fastify': version,
    'reflect-metadata': version.startsWith('9.') ? '0.1.14' : '0.2.2',
    rxjs: '7.8.2',
  }
}

function nestOnExpress(version: string, wildcard: string): FrameworkEnd {
  return {
    packages: nestPackages(version),
    args: ['@nestjs/platform-express', wildcard],
    hooked: ['@nestjs/core', ...(wildcard === '*' ? ['express', 'finalhandler'] : EXPRESS_5)],
    answers: { ...NEST_ANSWERS, wildcard: `/files/${wildcard} 200`, 'optional part': '/pages 200' },
  }
}

function nestOnFastify(version: string): FrameworkEnd {
  return {
    packages: nestPackages(version),
    args: ['@nestjs/platform-fastify', '*', 'pages/:page?'],
    hooked: ['@nestjs/core', ...FASTIFY],
    answers: NEST_ANSWERS,
  }
}

const EXPRESS_4 = ['express', 'finalhandler']

function express4(version: string): FrameworkEnd {
  return {
    packages: { express: version },
    args: ['/files/*', '/pages/:page?'],
    hooked: EXPRESS_4,
    answers: USUAL,
  }
}

function express5(version: string): FrameworkEnd {
  return {
    packages: { express: version },
    args: ['/files/*path', '/pages{/:page}'],
    hooked: EXPRESS_5,
    answers: { ...USUAL, wildcard: '/files/*path 200', 'optional part': '/pages{/:page} 200' },
  }
}

function restify(version: string): FrameworkEnd {
  return {
    packages: { restify: version },
    hooked: ['restify', 'find-my-way'],
    // It sets 444 where the client is gone, and its GET routes do not answer HEAD.
    answers: {
      ...USUAL,
      aborted: '/slow 444 aborted',
      HEAD: '(unmatched) 405',
      OPTIONS: '(options) 405',
    },
  }
}

function nextEnd(version: string): FrameworkEnd {
  const react = version.startsWith('15.') ? '18.3.1' : '19.2.0'
  return {
    packages: { next: version, react, 'react-dom': react },
    hooked: ['next'],
    answers: {
      ...USUAL,
      params: '/users/[id] 200',
      'nested mounts': '/v1/teams/[team]/members/[id] 200',
      wildcard: '/files/[...path] 200',
      'optional part': '/pages/[[...page]] 200',
      HEAD: '/users/[id] 200',
      // Its pages answer GET and HEAD.
      OPTIONS: '/users/[id] 400',
    },
  }
}

const CONNECT_ANSWERS: Answers = {
  ...USUAL,
  params: '/users 200',
  'nested mounts': '/v1/teams 200',
  wildcard: '/files 200',
  'optional part': '/pages 200',
  HEAD: '/users 200',
  OPTIONS: '/users 200',
}

export const FRAMEWORKS: readonly Framework[] = [
  {
    name: 'Express 5',
    app: 'express.cjs',
    ends: [express5('5.0.0'), express5('5.3.0')],
  },
  {
    name: 'Express 4',
    app: 'express.cjs',
    ends: [express4('4.16.0'), express4('4.22.3')],
  },
  {
    name: 'Connect',
    app: 'connect.cjs',
    ends: [
      {
        packages: { connect: '3.0.0' },
        hooked: ['connect'],
        answers: CONNECT_ANSWERS,
      },
      {
        packages: { connect: '3.7.0' },
        hooked: ['connect', 'finalhandler'],
        answers: CONNECT_ANSWERS,
      },
    ],
  },
  {
    name: 'router',
    app: 'router.cjs',
    ends: ['2.0.0', '2.3.0'].map((version) => ({
      packages: { router: version, finalhandler: '2.1.1' },
      hooked: ['router', 'finalhandler'],
      answers: express5(version).answers,
    })),
  },
  {
    name: 'Koa, @koa/router',
    app: 'koa.cjs',
    ends: [
      {
        packages: { '@koa/router': '8.0.0', koa: '2.0.0' },
        args: ['@koa/router', 'old'],
        hooked: KOA,
        answers: KOA_OLD,
      },
      {
        packages: { '@koa/router': '15.7.0', koa: '3.3.0' },
        args: ['@koa/router', 'new'],
        hooked: KOA,
        answers: KOA_NEW,
      },
    ],
  },
  {
    name: 'Koa, koa-router',
    app: 'koa.cjs',
    ends: [
      {
        packages: { 'koa-router': '7.1.0', koa: '2.0.0' },
        args: ['koa-router', 'old'],
        hooked: ['koa', 'koa-compose', 'koa-router'],
        answers: { ...KOA_OLD, OPTIONS: '(options) 204' },
      },
      {
        packages: { 'koa-router': '14.0.0', koa: '3.3.0' },
        args: ['koa-router', 'new'],
        hooked: ['koa', 'koa-compose', 'koa-router'],
        answers: KOA_NEW,
      },
    ],
  },
  {
    name: 'Koa over http2',
    app: 'koa.cjs',
    protocol: 'http2',
    ends: [
      {
        packages: { '@koa/router': '15.7.0', koa: '3.3.0' },
        args: ['@koa/router', 'new', 'http2'],
        hooked: KOA,
        answers: KOA_NEW,
      },
    ],
  },
  {
    name: 'Fastify 5',
    app: 'fastify.cjs',
    ends: [
      { packages: { fastify: '5.0.0' }, hooked: FASTIFY, answers: FASTIFY_ANSWERS },
      { packages: { fastify: '5.12.8' }, hooked: FASTIFY, answers: FASTIFY_ANSWERS },
    ],
  },
  {
    name: 'Fastify 4',
    app: 'fastify.cjs',
    ends: [
      { packages: { fastify: '4.0.0' }, hooked: FASTIFY, answers: FASTIFY_ANSWERS },
      { packages: { fastify: '4.29.1' }, hooked: FASTIFY, answers: FASTIFY_ANSWERS },
    ],
  },
  {
    name: 'Fastify over http2',
    app: 'fastify.cjs',
    protocol: 'http2',
    ends: [
      {
        packages: { fastify: '5.12.8' },
        args: ['http2'],
        hooked: FASTIFY,
        answers: FASTIFY_ANSWERS,
      },
    ],
  },
  {
    name: 'hapi',
    app: 'hapi.cjs',
    ends: ['20.2.0', '21.4.10'].map((version) => ({
      packages: { '@hapi/hapi': version },
      hooked: ['@hapi/hapi'],
      answers: HAPI_ANSWERS,
    })),
  },
  {
    name: 'Hono on @hono/node-server',
    app: 'hono.cjs',
    ends: [
      {
        packages: { hono: '4.0.0', '@hono/node-server': '1.7.0' },
        hooked: ['hono'],
        answers: HONO_ANSWERS,
      },
      {
        packages: { hono: '4.13.19', '@hono/node-server': '2.1.8' },
        hooked: ['hono'],
        answers: HONO_ANSWERS,
      },
    ],
  },
  {
    name: 'Polka',
    app: 'polka.cjs',
    ends: ['0.5.0', '0.5.2'].map((version) => ({
      packages: { polka: version },
      hooked: ['polka'],
      // Its GET routes do not answer HEAD.
      answers: { ...USUAL, HEAD: '(unmatched) 404', OPTIONS: '(unmatched) 404' },
    })),
  },
  {
    name: 'restify',
    app: 'restify.cjs',
    ends: [
      { ...restify('10.0.0'), nodeBelow: 24 },
      { ...restify('12.0.0'), nodeFrom: 22 },
    ],
  },
  {
    name: 'NestJS on Express',
    app: 'nest.mjs',
    onDemand: true,
    ends: [nestOnExpress('9.0.0', '*'), nestOnExpress('11.1.27', '*path')],
  },
  {
    name: 'NestJS on Fastify',
    app: 'nest.mjs',
    onDemand: true,
    ends: [nestOnFastify('9.0.0'), nestOnFastify('11.1.27')],
  },
  {
    name: 'NestJS 12 on Express',
    app: 'nest.mjs',
    onDemand: true,
    ends: [{ ...nestOnExpress('12.5.0', '*path'), hooked: EXPRESS_5 }],
  },
  {
    name: 'NestJS 12 on Fastify',
    app: 'nest.mjs',
    onDemand: true,
    ends: [{ ...nestOnFastify('12.5.0'), hooked: FASTIFY }],
  },
  {
    name: 'Next.js',
    app: 'next.cjs',
    onDemand: true,
    noLeak: 'not planted: its functions run in bundles, without labels',
    ends: [nextEnd('15.0.0'), nextEnd('16.4.6')],
  },
  {
    name: 'http',
    app: 'node.cjs',
    ends: [{ packages: {}, args: ['http'], hooked: [], answers: NORMALISED }],
  },
  {
    name: 'http2, compatibility API',
    app: 'node.cjs',
    protocol: 'http2',
    ends: [{ packages: {}, args: ['http2'], hooked: [], answers: NORMALISED }],
  },
  {
    name: 'http2, streams',
    app: 'http2-streams.cjs',
    protocol: 'http2',
    ends: [{ packages: {}, hooked: [], answers: NORMALISED }],
  },
]

export function runsHere({ nodeFrom = 0, nodeBelow = Infinity }: FrameworkEnd): boolean {
  const major = Number(process.versions.node.split('.')[0])
  return major >= nodeFrom && major < nodeBelow
}

/** Its version, as in `Koa 3.3.0`. */
export function versionOf({ packages }: FrameworkEnd): string {
  return Object.values(packages)[0] ?? process.versions.node
}
