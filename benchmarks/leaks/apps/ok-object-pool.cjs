// Leaks nothing: Express 4, and workers taken from a pool that grows with what is in flight and is
// given back; their buffers are used again.
const express = require('express4')

const app = express()
const pool = []
let made = 0

function acquire() {
  return pool.pop() ?? { id: ++made, scratch: Buffer.alloc(8192), used: 0, log: [] }
}

function release(worker) {
  worker.used++
  worker.log.push(worker.used)
  if (worker.log.length > 100) worker.log.length = 0
  pool.push(worker)
}

app.get('/resize/:id', function resize(req, res) {
  const worker = acquire()
  worker.scratch.fill(req.params.id)
  setTimeout(() => {
    release(worker)
    res.json({ by: worker.id })
  }, 4)
})

app.get('/hash/:text', function hash(req, res) {
  const worker = acquire()
  const length = worker.scratch.write(req.params.text)
  release(worker)
  res.json({ length })
})

app.get('/pool', function size(req, res) {
  res.json({ made, free: pool.length })
})

app.get('/gallery', function gallery(req, res) {
  res.json(Array.from({ length: 60 }, (_, i) => ({ picture: i, width: 640 })))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
