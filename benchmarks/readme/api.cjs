const express = require('express')
const { measure, profiler, snapshot, start } = require('memprof')

// The same as the preload. Options are the settings in camelCase.
const memprof = start({ interval: '5s', leakInterval: '10s' })

const app = express()

// The old connect.profiler(): six lines of text per request.
app.use(profiler())

app.get('/report', async (req, res) => {
  // A `measure` line: time and memory of one piece of work. Returns what the function returns.
  const rows = await measure('load rows', async () => Array.from({ length: 1000 }, String))
  // Bytes, now; { gc: true } forces a full GC first.
  res.json({ rows: rows.length, heapUsed: snapshot().heapUsed })
})

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${server.address().port}`)
})

process.once('SIGTERM', () => {
  server.close()
  memprof.flush() // writes the lines of the interval so far
  console.log(memprof.records().length, 'requests in the ring')
  console.log(memprof.verdicts()) // one entry per route
  memprof.stop() // the last lines; every hook is taken away
})
