// Leaks nothing: a chat over WebSockets; of what was said in a room the last 50 are kept.
const { setTimeout: wait } = require('node:timers/promises')
const express = require('express')
const { WebSocketServer } = require('ws')

const rooms = new Map()

async function lookUp(room) {
  await wait(1)
  let history = rooms.get(room)
  if (!history) rooms.set(room, (history = []))
  return history
}

async function say(room, text) {
  const history = await lookUp(room)
  const entry = { at: Date.now() / 3, words: text.split(' ') }
  history.push(entry)
  if (history.length > 50) history.shift()
  return { said: history.length }
}

async function look(room) {
  const history = await lookUp(room)
  return { last: history.at(-1) ?? null }
}

const app = express()
app.get('/rooms', function list(req, res) {
  res.json([...rooms.keys()])
})

const server = app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})

const chat = new WebSocketServer({ noServer: true })
chat.on('connection', (socket) => {
  socket.on('message', async (data) => {
    const { type, room, text } = JSON.parse(data)
    const answer = type === 'say' ? await say(room, text) : await look(room)
    socket.send(JSON.stringify(answer))
  })
})

const prices = new WebSocketServer({ noServer: true })
prices.on('connection', (socket) => {
  socket.on('message', async () => {
    await wait(1)
    socket.send(JSON.stringify(Array.from({ length: 40 }, (_, i) => i * 1.5)))
  })
})

server.on('upgrade', (req, socket, head) => {
  const of = req.url === '/chat' ? chat : prices
  of.handleUpgrade(req, socket, head, (opened) => of.emit('connection', opened, req))
})
