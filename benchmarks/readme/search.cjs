const express = require('express')
const app = express()
const seen = []

app.get('/search', function search(req, res) {
  const titles = []
  for (let at = 0; at < 60; at++) titles.push(`${req.query.q} ${at}`)
  seen.push({ q: req.query.q, titles })
  res.json(titles.slice(0, 10))
})

app.get('/health', (req, res) => {
  res.send('ok')
})

app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log('ready'))
