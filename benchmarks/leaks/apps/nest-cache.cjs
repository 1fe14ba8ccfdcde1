// NestJS, without decorators' syntax: a service caches preferences by user in a private field, never
// drops any, and serves two controllers, one of which asks for three users only.
require('reflect-metadata')
const { setTimeout: wait } = require('node:timers/promises')
const { Controller, Get, Inject, Injectable, Module, Param } = require('@nestjs/common')
const { NestFactory } = require('@nestjs/core')

class PreferencesRepository {
  async find(user) {
    await wait(2)
    return Array.from({ length: 25 }, (_, i) => user.length * i)
  }
}

class PreferencesService {
  #entries = new Map()

  constructor(repository) {
    this.repository = repository
  }

  // leak in: GET /users/:user/preferences
  async of(user) {
    if (!this.#entries.has(user)) {
      const found = await this.repository.find(user)
      const settings = found.map((value, i) => ({ name: `setting-${i}`, value })) // leak: GET /users/:user/preferences
      this.#entries.set(user, { user, settings }) // leak, adds: GET /users/:user/preferences
    }
    return this.#entries.get(user)
  }
}
Injectable()(PreferencesService)
Inject(PreferencesRepository)(PreferencesService, undefined, 0)

class Users {
  constructor(service) {
    this.service = service
  }
  async preferences(user) {
    const { settings } = await this.service.of(user)
    return { first: settings[0], settings: settings.length }
  }
  async defaults(role) {
    const { settings } = await this.service.of(`role-${Number(role) % 3}`)
    return { settings: settings.length }
  }
  async profile(user) {
    await wait(2)
    return { user, name: `user ${user}` }
  }
  async list() {
    await wait(1)
    return Array.from({ length: 40 }, (_, i) => ({ user: i }))
  }
}
for (const [name, path, parameter] of [
  ['preferences', 'users/:user/preferences', 'user'],
  ['defaults', 'roles/:role/preferences', 'role'],
  ['profile', 'users/:user', 'user'],
  ['list', 'users'],
]) {
  const method = Object.getOwnPropertyDescriptor(Users.prototype, name)
  if (parameter) Param(parameter)(Users.prototype, name, 0)
  Get(path)(Users.prototype, name, method)
}
Inject(PreferencesService)(Users, undefined, 0)
Controller()(Users)

class App {}
Module({ controllers: [Users], providers: [PreferencesRepository, PreferencesService] })(App)

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
