// Three leaks at different rates: Handlebars partials by user, lodash.memoize by query, i18next
// resources by tenant. Three more routes keep nothing.
const express = require('express')
const Handlebars = require('handlebars')
const i18next = require('i18next')
const _ = require('lodash')

const app = express()
const views = Handlebars.create()
const messages = i18next.createInstance()
void messages.init({
  lng: 'en',
  fallbackLng: 'en',
  resources: { en: { base: { hello: 'hello' } } },
})

// leak in: GET /mails/:user
app.get('/mails/:user', function mail(req, res) {
  const { user } = req.params
  views.registerPartial(`signature-${user}`, `${`<p>${user}</p>`.repeat(6)}<hr>`.split('').join('')) // leak, adds: GET /mails/:user
  res.json({ user })
})

const shippingCosts = _.memoize(
  // leak in: GET /shipping
  function shippingCosts(query) {
    return Array.from({ length: 60 }, (_, zone) => zone * 1.5 + query.to.length) // leak: GET /shipping
  },
  (query) => `${query.from}>${query.to}`, // leak: GET /shipping
)
// leak in: GET /shipping
app.get('/shipping', function shipping(req, res) {
  res.json({ cents: shippingCosts(req.query)[3] }) // leak, adds: GET /shipping
})

// leak in: GET /tenants/:tenant/title
app.get('/tenants/:tenant/title', function title(req, res) {
  // leak: GET /tenants/:tenant/title
  const bundle = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`key${i}`, `${req.params.tenant} ${i}`]),
  )
  messages.addResourceBundle('en', `tenant-${req.params.tenant}`, bundle) // leak, adds: GET /tenants/:tenant/title
  res.json({ title: messages.t('key1', { ns: `tenant-${req.params.tenant}` }) })
})

app.get('/locales', function locales(req, res) {
  res.json(['en', 'de', 'fr'])
})

app.get('/parcels/:id', async function parcel(req, res) {
  await new Promise((resolve) => setTimeout(resolve, 2))
  res.json({ id: req.params.id, events: Array.from({ length: 40 }, (_, i) => ({ at: i })) })
})

app.get('/depots', function depots(req, res) {
  res.json(Array.from({ length: 100 }, (_, i) => ({ depot: i, free: i * 3 })))
})

app.listen(0, '127.0.0.1', function () {
  console.log(`PORT ${this.address().port}`)
})
