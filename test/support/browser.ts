/** Debian's Chromium, without a window: what a person sees of a page. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((file) => existsSync(file))

/** Why there is none, for a test's `skip`; false where there is one. */
export const noBrowser: string | false =
  process.env['CI'] !== undefined
    ? 'CI has no browser'
    : CHROMIUM === undefined
      ? 'Chromium is not installed: apt-get install chromium'
      : false

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM!,
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  })
}

export interface OpenedPage {
  readonly page: Page
  /** Every message of the console, and every error that nobody caught. */
  readonly said: string[]
  /** Every address asked for, the page's own included. */
  readonly asked: string[]
  close(): Promise<void>
}

/** A page in a context of its own, drawn. */
export async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 900 },
    locale: 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...options,
  })
  const said: string[] = []
  const asked: string[] = []
  context.on('request', (request) => asked.push(request.url()))
  const page = await context.newPage()
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => said.push(String(error.stack ?? error)))
  // The page draws while it loads: it is ready, or it failed.
  await page.goto(address)
  // uPlot draws in a microtask, a resize in the frame after.
  await frames(page)
  return { page, said, asked, close: () => context.close() }
}

export async function frames(page: Page): Promise<void> {
  await page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))',
  )
}
