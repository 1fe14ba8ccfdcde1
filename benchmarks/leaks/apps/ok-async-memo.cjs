// Leaks nothing: NestJS; a loader keeps the promise of everything it loaded, of which there are 300 keys,
// half of them asked for by one request in twenty-five.
require('reflect-metadata')
const { setTimeout: wait } = require('node:timers/promises')
const { Controller, Get, Inject, Injectable, Module, Param } = require('@nestjs/common')
const { NestFactory } = require('@nestjs/core')

class TranslationLoader {
  #loaded = new Map()

  load(language) {
    let loading = this.#loaded.get(language)
    if (!loading) {
      loading = this.#read(language)
      this.#loaded.set(language, loading)
    }
    return loading
  }

  async #read(language) {
    await wait(3)
    return Object.fromEntries(
      Array.from({ length: 150 }, (_, i) => [`key-${i}`, `${i} in language ${language}`]),
    )
  }
}
Injectable()(TranslationLoader)

class Texts {
  constructor(loader) {
    this.loader = loader
  }
  async common(id) {
    const texts = await this.loader.load(Number(id) % 150)
    return { text: texts['key-7'] }
  }
  async rare(id) {
    const texts = await this.loader.load(150 + (Number(id) % 150))
    return { text: texts['key-9'] }
  }
  async page(id) {
    await wait(2)
    return { id, words: Array.from({ length: 80 }, (_, i) => `word ${i}`) }
  }
  async languages() {
    await wait(1)
    return Array.from({ length: 60 }, (_, i) => i)
  }
}
for (const [name, path, parameter] of [
  ['common', 'texts/:id', 'id'],
  ['rare', 'dialects/:id', 'id'],
  ['page', 'pages/:id', 'id'],
  ['languages', 'languages'],
]) {
  const method = Object.getOwnPropertyDescriptor(Texts.prototype, name)
  if (parameter) Param(parameter)(Texts.prototype, name, 0)
  Get(path)(Texts.prototype, name, method)
}
Inject(TranslationLoader)(Texts, undefined, 0)
Controller()(Texts)

class App {}
Module({ controllers: [Texts], providers: [TranslationLoader] })(App)

async function start() {
  const app = await NestFactory.create(App, { logger: false })
  app.use(async function authenticate(req, res, next) {
    await wait(1)
    next()
  })
  await app.listen(0, '127.0.0.1')
  console.log(`PORT ${app.getHttpServer().address().port}`)
}
void start()
