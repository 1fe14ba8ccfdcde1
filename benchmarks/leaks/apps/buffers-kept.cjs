// Uploads kept as Buffers: the bytes are off the heap, a small wrapper each is on it.
const express = require('express')

const app = express()
const uploads = new Map()
let uploaded = 0

// leak in: POST /uploads
app.post('/uploads', express.raw({ limit: '1mb' }), function upload(req, res) {
  const copy = Buffer.alloc(6000) // leak: POST /uploads
  req.body.copy(copy)
  uploads.set(++uploaded, copy) // leak, adds: POST /uploads
  res.status(201).json({ id: uploaded })
})

app.get('/thumbnails/:id', async function thumbnail(req, res) {
  const scratch = Buffer.alloc(16_384, req.params.id)
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.type('application/octet-stream').send(scratch.subarray(0, 1024))
})

app.get('/albums', function albums(req, res) {
  res.json(Array.from({ length: 50 }, (_, i) => ({ album: i, photos: i * 2 })))
})

app.get('/albums/:id', function album(req, res) {
  res.json({ id: req.params.id, cover: Buffer.from(req.params.id).toString('base64') })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
