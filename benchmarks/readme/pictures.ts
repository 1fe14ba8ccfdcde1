/**
 * The README's pictures of `memprof report --html`: the demo's shop under its traffic, its log as a
 * page, the page in Chromium (`apt-get install chromium`).
 *
 *   node dist/benchmarks/readme/pictures.js [--seconds 120]
 */
import { spawnSync } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { finished } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { launchApp } from '../../test/support/app'
import { inRepository, ROOT } from '../../test/support/files'
import { visitShop } from '../demo/traffic'
import { SHOP } from '../demo/truth'

const FOLDER = path.join(ROOT, 'docs', 'images')
const MEMPROF = path.join(ROOT, 'dist', 'lib', 'cli', 'main.js')
const CHROMIUM = '/usr/bin/chromium'
/** A picture in a README is loaded by everyone who reads it. */
const MAX_BYTES = 150_000

/** As `memprof run` sets it up. */
const SETTINGS = {
  MEMPROF_SERVICE: 'shop',
  MEMPROF_INTERVAL: '5s',
  MEMPROF_LEAK_INTERVAL: '2s',
  MEMPROF_PAUSE_BUDGET: '0.05',
}

const PICTURES = [
  { name: 'report.png', from: 'html', width: 1080, height: 1060, scale: 1, colorScheme: 'light' },
  {
    name: 'report-phone.png',
    from: '#routes',
    width: 390,
    height: 1060,
    scale: 1,
    colorScheme: 'dark',
  },
] as const

async function writeLog(file: string, seconds: number): Promise<void> {
  const log = createWriteStream(file)
  const server = await launchApp(SHOP, {
    env: SETTINGS,
    control: null,
    onLine: (line) => log.write(`${line}\n`),
  })
  const { failed } = await visitShop(server.port, seconds)
  await server.end('SIGTERM')
  log.end()
  await finished(log)
  if (failed > 0) throw new Error(`${failed} requests failed`)
}

function writePage(log: string, page: string): void {
  const { status, stderr } = spawnSync(process.execPath, [MEMPROF, 'report', '--html', page, log], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
}

async function takePicture(
  browser: Browser,
  page: string,
  { name, from, width, height, scale, colorScheme }: (typeof PICTURES)[number],
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme,
  })
  const opened = await context.newPage()
  await opened.goto(pathToFileURL(page).href)
  if (!(await opened.getByText('GET /search keeps').first().isVisible())) {
    throw new Error('the leak is not in the page')
  }
  await opened.evaluate(`document.querySelector('${from}').scrollIntoView()`)
  const file = path.join(FOLDER, name)
  await opened.screenshot({ path: file })
  await context.close()
  const { size } = statSync(file)
  if (size > MAX_BYTES) throw new Error(`${name} has ${size} bytes, more than ${MAX_BYTES}`)
  process.stderr.write(`${inRepository(file)}: ${size} bytes\n`)
}

async function takePictures(page: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    // Letters in shades of grey: in those of colour, a picture is a third larger.
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-lcd-text'],
  })
  try {
    for (const picture of PICTURES) await takePicture(browser, page, picture)
  } finally {
    await browser.close()
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '120' } } })
  if (!existsSync(CHROMIUM)) throw new Error(`no ${CHROMIUM}: apt-get install chromium`)
  const folder = mkdtempSync(path.join(tmpdir(), 'memprof-pictures-'))
  try {
    const log = path.join(folder, 'shop.ndjson')
    const page = path.join(folder, 'report.html')
    await writeLog(log, Number(values.seconds))
    writePage(log, page)
    await takePictures(page)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`)
  process.exitCode = 1
})
