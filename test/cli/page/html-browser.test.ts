/**
 * The page in a real browser. The code that runs there is given as text: these files know nothing of
 * a document.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { htmlReport } from '../../../lib/cli/view/html'
import { frames, noBrowser, openBrowser, type OpenedPage, openPage } from '../../support/browser'
import { HOSTILE_TEXT, madeHostile, MadeLog, madeShop } from '../../support/made-log'

const LOGS: Readonly<Record<string, MadeLog>> = {
  shop: madeShop(),
  large: madeShop(120),
  hostile: madeHostile(),
  empty: new MadeLog(),
  'one line': new MadeLog().start({}, 0),
}

describe('the page in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  let server: Server
  const folder = mkdtempSync(join(tmpdir(), 'memprof-html-'))
  /** Paths that the server was asked for. */
  const served: string[] = []

  before(async () => {
    for (const [name, log] of Object.entries(LOGS)) {
      const { summary, counts } = log.read()
      writeFileSync(join(folder, `${name}.html`), htmlReport(summary, counts))
    }
    server = createServer((request, response) => {
      served.push(request.url!)
      response.setHeader('content-type', 'text/html')
      response.end(readFileSync(join(folder, 'shop.html')))
    }).listen(0, '127.0.0.1')
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open(
    t: TestContext,
    name: keyof typeof LOGS,
    options?: BrowserContextOptions,
  ): Promise<OpenedPage> {
    const address = pathToFileURL(join(folder, `${name}.html`)).href
    const opened = await openPage(browser, address, options)
    t.after(() => opened.close())
    return opened
  }

  const textOf = (page: Page, selector: string): Promise<string[]> =>
    page.locator(selector).allTextContents()
  const shownRows = (page: Page): Promise<string[]> =>
    page.locator('.routes tbody tr:visible th').allTextContents()
  /** Looks at a chart; the picture stays in the browser, under the number returned. */
  const drawn = (page: Page, section: string): Promise<number> =>
    page.evaluate(`(() => {
      const canvas = document.querySelector('#${section} canvas')
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      window.pictures ??= []
      return window.pictures.push(data) - 1
    })()`)
  /** Whether two pictures differ by more than how a curve's edge was smoothed. */
  const differ = (page: Page, one: number, other: number): Promise<boolean> =>
    page.evaluate(`(() => {
      const [one, other] = [window.pictures[${one}], window.pictures[${other}]]
      return one.length !== other.length || one.some((value, at) => Math.abs(value - other[at]) > 8)
    })()`)
  const focused = (page: Page): Promise<string> =>
    page.evaluate(
      'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
    )

  for (const name of Object.keys(LOGS)) {
    it(`of the log '${name}' draws without a word in the console, and asks for nothing`, async (t) => {
      const { page, said, asked } = await open(t, name)
      assert.deepEqual([said, asked.length], [[], 1])
      assert.equal(await page.evaluate('document.scripts.length'), 2)
      // All that is closed is opened, all that can be chosen is chosen.
      for (const summary of await page.locator('summary').all()) await summary.click()
      for (const select of await page.locator('select').all())
        await select.selectOption({ index: 1 })
      await frames(page)
      assert.deepEqual([said, asked.length], [[], 1])
    })
  }

  it('served by http, it is the only thing asked for', async (t) => {
    const { port } = server.address() as AddressInfo
    const opened = await openPage(browser, `http://127.0.0.1:${port}/report`)
    t.after(() => opened.close())
    await frames(opened.page)
    assert.deepEqual([opened.said, served], [[], ['/report']])
  })

  it('a hostile text is only text', async (t) => {
    const { page } = await open(t, 'hostile')
    assert.equal(await page.locator('img').count(), 0)
    const shown = await page.locator('body').innerText()
    assert.ok(shown.includes('</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>'))
    for (const character of ['\u202e', '\u2028', '\u0007', '\u001b']) {
      assert.ok(HOSTILE_TEXT.includes(character) && !shown.includes(character))
    }
  })

  it('its policy stops a script, a handler, a style and markup that come later', async (t) => {
    const { page, said } = await open(t, 'shop')
    const tries = [
      "const s = document.createElement('script'); s.text = 'window.broken = 1'; document.body.append(s)",
      "document.body.innerHTML = '<p>'",
      "document.body.setAttribute('onclick', 'window.broken = 1'); document.body.click()",
      "fetch('http://127.0.0.1:9/')",
    ]
    for (const code of tries) await page.evaluate(code).catch(() => {})
    await frames(page)
    assert.equal(await page.evaluate('window.broken'), undefined)
    assert.ok(said.filter((text) => /Content Security Policy|Trusted/i.test(text)).length >= 2)
    assert.ok((await page.locator('main').count()) === 1)
  })

  it('columns sort by mouse and key, and tell screen readers', async (t) => {
    const { page } = await open(t, 'large')
    const first = async (): Promise<string> => (await shownRows(page))[0]!
    assert.equal(await first(), 'GET /search')
    await page.getByRole('button', { name: 'p50' }).click()
    assert.equal(await first(), 'GET /items-117')
    const header = page.getByRole('columnheader', { name: 'p50' })
    assert.equal(await header.getAttribute('aria-sort'), 'descending')
    await page.keyboard.press('Enter')
    assert.equal(await first(), 'GET /search')
    assert.equal(await header.getAttribute('aria-sort'), 'ascending')
    await page.getByRole('button', { name: 'Route', exact: true }).click()
    assert.equal(await first(), 'GET /cache')
    assert.equal(await header.getAttribute('aria-sort'), null)
    assert.equal(await page.locator('[aria-sort]').count(), 1)
  })

  it('the filter leaves the routes that fit, and says how many', async (t) => {
    const { page } = await open(t, 'large')
    await page.getByLabel('Filter').fill('ITEMS-11')
    const fitting = ['GET /items-11', ...[0, 1, 2, 3, 4, 5, 6, 7].map((at) => `GET /items-11${at}`)]
    assert.deepEqual((await shownRows(page)).sort(), fitting.sort())
    assert.equal(await page.getByRole('status').textContent(), '9 of 120 routes')
    await page.getByLabel('Filter').fill('')
    await page.getByRole('combobox', { name: 'Verdict' }).selectOption('leaking')
    assert.deepEqual(await shownRows(page), ['GET /search'])
  })

  it('curves are switched on and off, in the table and beside the chart', async (t) => {
    const { page } = await open(t, 'large')
    const chips = (): Promise<number> => page.locator('#routes .chip').count()
    const before = await drawn(page, 'routes')
    assert.equal(await chips(), 5)
    await page.getByLabel('Curve of GET /items-20').check()
    await frames(page)
    assert.equal(await chips(), 6)
    const more = await drawn(page, 'routes')
    assert.ok(await differ(page, more, before))
    await page.locator('.chip', { hasText: 'GET /items-20' }).click()
    await frames(page)
    assert.equal(await page.getByLabel('Curve of GET /items-20').isChecked(), false)
    assert.ok(!(await differ(page, await drawn(page, 'routes'), before)))
    const memory = await drawn(page, 'memory')
    await page.getByLabel(/^rss/).uncheck()
    await frames(page)
    assert.ok(await differ(page, await drawn(page, 'memory'), memory))
  })

  it('a moment is pointed at by key and by mouse, in both charts', async (t) => {
    const { page } = await open(t, 'shop')
    const slider = page.getByRole('slider', { name: /memory/ })
    await slider.focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('PageUp')
    const [inMemory, inRoutes] = await textOf(page, '.moment')
    assert.match(inMemory!, /^Values, \d+ s \(09:00:\d\d\)$/)
    assert.match(inRoutes!, /^Values, /)
    assert.match((await slider.getAttribute('aria-valuetext'))!, /^.+: rss 100 MB, live heap/)
    await page.locator('#memory .u-over').first().hover()
    assert.match((await textOf(page, '.moment'))[0]!, /^Values, (2:\d\d|3) min/)
  })

  it('the time is zoomed by button and drag, and shown whole again', async (t) => {
    const { page } = await open(t, 'shop')
    const whole = await drawn(page, 'memory')
    const buttons = page.locator('#memory .zoom button')
    await buttons.nth(0).click()
    await frames(page)
    const zoomed = await drawn(page, 'memory')
    assert.ok(await differ(page, zoomed, whole))
    await buttons.nth(2).click()
    await frames(page)
    assert.ok(!(await differ(page, await drawn(page, 'memory'), whole)))
    const box = (await page.locator('#memory .u-over').first().boundingBox())!
    await page.mouse.move(box.x + 200, box.y + 50)
    await page.mouse.down()
    await page.mouse.move(box.x + 500, box.y + 60, { steps: 4 })
    await page.mouse.up()
    await frames(page)
    assert.equal(await buttons.nth(2).isDisabled(), false)
    assert.ok(await differ(page, await drawn(page, 'memory'), whole))
  })

  it('one process of several is drawn alone', async (t) => {
    const { page } = await open(t, 'shop')
    const all = await drawn(page, 'memory')
    await page.getByRole('combobox', { name: 'Process' }).selectOption({ label: 'pid 12' })
    await frames(page)
    assert.ok(await differ(page, await drawn(page, 'memory'), all))
  })

  it('the icicle is a tree that keys walk and zoom', async (t) => {
    const { page } = await open(t, 'shop')
    /** 0 where it is not shown. */
    const width = async (name: RegExp): Promise<number> => {
      const box = page.getByRole('treeitem', { name })
      return (await box.count()) === 0 ? 0 : ((await box.boundingBox())?.width ?? 0)
    }
    await page.getByRole('treeitem', { name: /^All leaks/ }).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    assert.match(await focused(page), /^search \(services\/search\.js:3\): \d+ MB, \d+ % of all$/)
    const narrow = await width(/^search/)
    await page.keyboard.press('ArrowRight')
    assert.match(await focused(page), /^other functions: /)
    await page.keyboard.press('Enter')
    await frames(page)
    assert.equal(await width(/^search/), 0)
    assert.ok((await width(/^other functions/)) > narrow)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await frames(page)
    assert.equal(await width(/^search/), narrow)
    assert.match(await focused(page), /^All leaks: /)
  })

  it('every control is reached by Tab, with a ring around it', async (t) => {
    const { page } = await open(t, 'shop')
    const total = await page
      .locator('button:visible:enabled, input:visible, select:visible, summary:visible')
      .count()
    const reached = new Set<string>()
    for (let at = 0; at < total + 10; at++) {
      await page.keyboard.press('Tab')
      const ring = await page.evaluate(`(() => {
        const it = document.activeElement
        if (it === document.body) return null
        const all = [...document.querySelectorAll('*')]
        const { outlineStyle, outlineWidth } = getComputedStyle(it)
        return [all.indexOf(it) + ' ' + it.tagName, outlineStyle, outlineWidth]
      })()`)
      if (ring === null) break
      const [which, style, outline] = ring as string[]
      reached.add(which!)
      assert.deepEqual([style, outline], ['solid', '2px'], which)
    }
    assert.ok(reached.size >= total, `${reached.size} of ${total}`)
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`${colorScheme}: axe finds nothing that keeps anybody out`, async (t) => {
      const { page } = await open(t, 'shop', { colorScheme })
      for (const summary of await page.locator('summary').all()) await summary.click()
      const axe = createRequire(__filename).resolve('axe-core/axe.min.js')
      await page.evaluate(readFileSync(axe, 'utf8'))
      const { violations } = (await page.evaluate('axe.run()')) as {
        violations: ReadonlyArray<{ id: string; nodes: ReadonlyArray<{ html: string }> }>
      }
      assert.deepEqual(
        violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map(({ html }) => html)]),
        [],
      )
    })
  }

  it('takes the colours of the system, charts too, also when they change', async (t) => {
    const { page } = await open(t, 'shop', { colorScheme: 'dark' })
    const background = (): Promise<string> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert.equal(await background(), 'rgb(20, 24, 28)')
    const dark = await drawn(page, 'memory')
    await page.emulateMedia({ colorScheme: 'light' })
    await frames(page)
    assert.equal(await background(), 'rgb(255, 255, 255)')
    assert.ok(await differ(page, await drawn(page, 'memory'), dark))
  })

  for (const name of Object.keys(LOGS)) {
    it(`of the log '${name}' fits a phone without scrolling sideways`, async (t) => {
      const viewport = { width: 320, height: 640 }
      const { page } = await open(t, name, { viewport, hasTouch: true, isMobile: true })
      for (const summary of await page.locator('summary').all()) await summary.click()
      await frames(page)
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
    })
  }

  it('charts follow the width of the window', async (t) => {
    const { page } = await open(t, 'shop')
    await page.setViewportSize({ width: 500, height: 800 })
    await frames(page)
    const width = await page.evaluate("document.querySelector('#memory .uplot').clientWidth")
    const room = await page.evaluate("document.querySelector('#memory .plot').clientWidth")
    assert.equal(width, room)
  })

  it('prints in light colours, without controls and what is closed, and is as before after', async (t) => {
    const { page, said } = await open(t, 'shop', { colorScheme: 'dark' })
    await page.getByText('What happened when').click()
    const dark = await drawn(page, 'memory')
    const paper = await page.pdf({ format: 'A4' })
    assert.ok(paper.length > 20_000)
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    await frames(page)
    const background = 'getComputedStyle(document.body).backgroundColor'
    assert.equal(await page.evaluate(background), 'rgb(255, 255, 255)')
    const hidden =
      'input[type=range]:visible, button:visible:not(.chip, th button), summary:visible'
    assert.equal(await page.locator(hidden).count(), 0)
    assert.equal(await page.locator('details:visible').count(), 1)
    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' })
    await page.evaluate("dispatchEvent(new Event('afterprint'))")
    await frames(page)
    assert.ok(!(await differ(page, await drawn(page, 'memory'), dark)))
    // Chromium's advice to this test, which reads the picture more than once.
    assert.deepEqual(
      said.filter((text) => !text.includes('willReadFrequently')),
      [],
    )
  })
})
