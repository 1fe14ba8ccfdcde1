// Leaks nothing: long polls, whose number grows to 150 and then stays; each is answered after some
// seconds and comes back.
const { EventEmitter } = require('node:events')
const express = require('express')

const app = express()
const bus = new EventEmitter()
bus.setMaxListeners(0)
let published = 0

app.get('/poll/:room', function poll(req, res) {
  const pending = { room: req.params.room, since: Date.now(), seen: [] }
  function onMessage(message) {
    pending.seen.push(message.number)
    if (pending.seen.length > 20) pending.seen.shift()
  }
  const timer = setTimeout(() => res.json(pending.seen), 6000 + (published % 4000))
  bus.on('message', onMessage)
  res.once('close', () => {
    clearTimeout(timer)
    bus.off('message', onMessage)
  })
})

app.post('/messages', express.json(), function publish(req, res) {
  bus.emit('message', { number: ++published, items: req.body.items })
  res.status(202).json({ published })
})

app.get('/rooms', function rooms(req, res) {
  res.json(Array.from({ length: 50 }, (_, i) => ({ room: i, polls: bus.listenerCount('message') })))
})

app.get('/rooms/:room', async function room(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ room: req.params.room, topic: 'x'.repeat(200) })
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
