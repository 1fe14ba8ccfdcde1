/**
 * The report as one file for a browser: nothing is loaded from anywhere, and the file forbids itself
 * to. The log's texts are in one JSON block that the script reads; nothing of them is HTML.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReadCounts } from '../log/read-log'
import type { LogSummary } from '../summary/summary'
import { pageData } from './html-data'

export function htmlReport(summary: LogSummary, counts: ReadCounts): string {
  const script = readBuilt('page.js')
  const style = readBuilt('page.css')
  // Every sink that parses HTML is closed too: `require-trusted-types-for` without a policy.
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>memprof report</title>
<style>${style}</style>
</head>
<body>
<header>
<p class="product">memprof report</p>
<h1 id="title"></h1>
<div id="facts"></div>
</header>
<main>
<noscript><p>This page draws itself with a script that is in it. Allow scripts, or run memprof report without --html.</p></noscript>
<section id="verdicts" aria-labelledby="verdicts-title"><h2 id="verdicts-title">Verdicts</h2></section>
<section id="memory" aria-labelledby="memory-title"><h2 id="memory-title">Memory over time</h2></section>
<section id="routes" aria-labelledby="routes-title"><h2 id="routes-title">Routes</h2></section>
<section id="kept" aria-labelledby="kept-title"><h2 id="kept-title">Bytes kept, by route and function</h2></section>
<section id="processes" aria-labelledby="processes-title"><h2 id="processes-title">Processes</h2></section>
<section id="notes" aria-labelledby="notes-title"><h2 id="notes-title">About this page</h2></section>
</main>
<script type="application/json" id="data">${toJsonBlock(pageData(summary, counts))}</script>
<script>${script}</script>
</body>
</html>
`
}

/** The script and the style that tools/bundle-page.mjs makes of lib/cli/page stand beside this file. */
function readBuilt(file: string): string {
  return readFileSync(join(__dirname, file), 'utf8')
}

/** The hash of an inline element's text as a browser computes it. */
function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

/**
 * JSON that no HTML parser can leave: `<`, `>` and `&` as escapes, and the two line ends of Unicode
 * that older scripts break at.
 */
export function toJsonBlock(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
