/** The outcome of a check as a JUnit file: what CI systems show beside the other tests. */
import { type CheckResult, isOverLimit } from '../app/check-result'
import { OPEN_SUBJECT } from '../../emit/leak-words'
import type { LeakSummary } from '../summary/summary'
import { formatBytes } from './numbers'
import { explain, urlName } from './check-text'
import { leakDetails, leakSentence, leakSubject } from './sentences'

export function junitXml(result: CheckResult, seconds: number): string {
  const cases = result.urls.map((url) => {
    const [first = '', ...more] = explain(url, result.limitBytesPerRequest)
    return testCase(urlName(url), url.outcome, first, more)
  })
  for (const leak of result.processLeaks) {
    const name = subjectOf(leak)
    const outcome = isOverLimit(leak, result.limitBytesPerRequest) ? 'leaking' : 'passed'
    cases.push(testCase(name, outcome, leakSentence(leak), leakDetails(leak)))
  }
  const failures = cases.filter((one) => one.includes('<failure ')).length
  const errors = cases.filter((one) => one.includes('<error ')).length
  const name = `memprof check, limit ${formatBytes(result.limitBytesPerRequest)} per request`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite name="${xml(name)}" tests="${cases.length}" failures="${failures}" errors="${errors}" time="${seconds.toFixed(1)}">`,
    ...cases,
    '</testsuite></testsuites>',
    '',
  ].join('\n')
}

function subjectOf(leak: LeakSummary): string {
  if (leak.scope === 'route') return leakSubject(leak)
  return leak.scope === 'open' ? OPEN_SUBJECT : 'the process'
}

function testCase(
  name: string,
  outcome: 'passed' | 'leaking' | 'unknown',
  first: string,
  more: readonly string[],
): string {
  const open = `  <testcase classname="memprof" name="${xml(name)}">`
  const body = more.map(xml).join('\n')
  if (outcome === 'leaking')
    return `${open}<failure message="${xml(first)}">${body}</failure></testcase>`
  if (outcome === 'unknown')
    return `${open}<error message="${xml(first)}">${body}</error></testcase>`
  return `${open}<system-out>${xml([first, ...more].join('\n'))}</system-out></testcase>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}

/** Control characters, which XML cannot hold, are escaped before: see `printable`. */
function xml(text: string): string {
  return text.replace(/[&<>"\n]/g, (character) => ENTITIES[character]!)
}
