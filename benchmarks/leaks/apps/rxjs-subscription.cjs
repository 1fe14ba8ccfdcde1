// rxjs: a subscription per request to a subject that never completes, never unsubscribed.
const express = require('express')
const { Subject, filter, map } = require('rxjs')

const app = express()
const ticks = new Subject()

// leak in: GET /tickers/:symbol
app.get('/tickers/:symbol', function ticker(req, res) {
  const { symbol } = req.params
  let last = 0
  ticks // leak: GET /tickers/:symbol
    .pipe(
      filter((tick) => tick.symbol === symbol), // leak: GET /tickers/:symbol
      map((tick) => tick.price), // leak: GET /tickers/:symbol
    )
    // leak, adds: GET /tickers/:symbol
    .subscribe((price) => {
      last = price
    })
  res.json({ symbol, last })
})

app.get('/symbols', function symbols(req, res) {
  res.json(Array.from({ length: 100 }, (_, i) => `SYM${i}`))
})

app.get('/candles/:symbol', async function candles(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json(Array.from({ length: 60 }, (_, i) => [i, i + 1, i - 1, i / 2]))
})

app.get('/holidays', function holidays(req, res) {
  res.json(['2024-01-01', '2024-12-25'])
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
