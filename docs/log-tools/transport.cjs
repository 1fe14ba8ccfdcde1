// memprof's lines, and the app's, through any transport of pino:
//   node -r memprof/register app.js | node transport.cjs pino-roll '{"file":"logs/shop","frequency":"daily","mkdir":true}'
const { once } = require('node:events')
const { createInterface } = require('node:readline')
const pino = require('pino')

// Ctrl+C reaches both ends of the pipe: the app's last lines are still to come.
process.on('SIGINT', () => {})

async function main([target, options = '{}']) {
  const transport = pino.transport({ target, options: JSON.parse(options) })
  await once(transport, 'ready')
  for await (const line of createInterface({ input: process.stdin })) {
    if (!transport.write(`${line}\n`)) await once(transport, 'drain')
  }
  transport.end()
}

main(process.argv.slice(2))
