/**
 * One Express app, written for each way in which apps are loaded. Prints `PORT n`; `GET /items/:id`
 * prints what `globalThis.witness()` says, if there is one; after `GET /bye` the process ends.
 */

const ROUTES = `
const app = express()
app.get('/items/:id', (req, res) => {
  if (globalThis.witness) console.log('WITNESS ' + globalThis.witness())
  res.json(req.params)
})
app.get('/bye', (_req, res) => {
  res.on('finish', () => server.close()).set('Connection', 'close').end()
  // Agents keep their process alive.
  setTimeout(() => process.exit(), 2000).unref()
})
const server = app.listen(0, '127.0.0.1', () => console.log('PORT ' + server.address().port))
`

/** `server.address()` has a type in TypeScript that a plain app does not narrow. */
const TYPED_ROUTES = `
interface Params { id: string }
const app = express()
app.get('/items/:id', (req: { params: Params }, res: { json(body: Params): void }) => { res.json(req.params) })
app.get('/bye', (_req: unknown, res: { on(event: string, listener: () => void): void, set(name: string, value: string): void, end(): void }): void => {
  res.on('finish', () => server.close())
  res.set('Connection', 'close')
  res.end()
})
const server = app.listen(0, '127.0.0.1', (): void => console.log('PORT ' + (server.address() as { port: number }).port))
`

export type AppFile =
  | 'app.cjs'
  | 'app.mjs'
  | 'app-dynamic.mjs'
  | 'app-dynamic.cjs'
  | 'app.cts'
  | 'app.mts'

export const APPS: Readonly<Record<AppFile, string>> = {
  'app.cjs': `const express = require('express')${ROUTES}`,
  'app.mjs': `import express from 'express'${ROUTES}`,
  'app-dynamic.mjs': `const { default: express } = await import('express')${ROUTES}`,
  'app-dynamic.cjs': `import('express').then(({ default: express }) => {${ROUTES}})`,
  'app.cts': `const express = require('express')${TYPED_ROUTES}`,
  'app.mts': `// @ts-expect-error without its types\nimport express from 'express'${TYPED_ROUTES}`,
}
