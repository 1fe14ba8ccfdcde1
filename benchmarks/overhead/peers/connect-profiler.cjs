// What `connect.profiler()` of Connect 1 did, from its description: two readings of the process's
// memory per request, and a report of its lines, to a file that keeps nothing.
const { openSync, writeSync } = require('node:fs')

const log = openSync('/dev/null', 'w')

module.exports = function profiler(req, res, next) {
  const began = { atMs: Date.now(), memory: process.memoryUsage() }
  const { end } = res
  res.end = function (...args) {
    res.end = end
    res.end(...args)
    const after = process.memoryUsage()
    const mb = (bytes) => `${(bytes / 2 ** 20).toFixed(2)}mb`
    writeSync(
      log,
      [
        `${req.method} ${req.url}`,
        `response time: ${Date.now() - began.atMs}ms`,
        `memory rss: ${mb(after.rss - began.memory.rss)}`,
        `heap before: ${mb(began.memory.heapUsed)} / ${mb(began.memory.heapTotal)}`,
        `heap after: ${mb(after.heapUsed)} / ${mb(after.heapTotal)}`,
        '',
      ].join('\n'),
    )
  }
  next()
}
