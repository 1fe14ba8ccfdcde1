/** The top of the page: the verdicts in sentences, where each leak was allocated and what keeps it. */
import { formatBytes, formatTime } from '../view/numbers'
import { formatElapsed } from './clock'
import type { Finding, PageData } from '../view/page-data'
import { byId, make, makePath } from './dom'
import { formatShare } from './share'

export function showFindings(data: PageData): void {
  const facts = data.span ? [sayTime(data.span), ...data.facts] : data.facts
  byId('facts').append(...facts.map((fact) => make('p', {}, fact)))
  const section = byId('verdicts')
  if (data.findings.length > 0) {
    section.append(make('ol', { class: 'findings' }, ...data.findings.map(makeFinding)))
  }
  section.append(...data.calm.map((sentence) => make('p', {}, sentence)))
  if (data.warnings.length > 0) {
    section.append(
      make('h3', {}, 'Warnings'),
      make('ul', {}, ...data.warnings.map((warning) => make('li', {}, warning))),
    )
  }
}

/** The time of the log in the reader's time zone, which is named. */
function sayTime({ fromMs, toMs }: NonNullable<PageData['span']>): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return `${formatTime(fromMs)} to ${formatTime(toMs)} (${zone}), ${formatElapsed(toMs - fromMs)}`
}

function makeFinding(finding: Finding): HTMLElement {
  const item = make(
    'li',
    finding.over ? { class: 'over' } : {},
    make('p', { class: 'sentence' }, finding.sentence),
  )
  if (finding.facts.length > 0) item.append(make('p', { class: 'quiet' }, finding.facts.join('; ')))
  if (finding.sites.length > 0) {
    item.append(
      make('h3', {}, 'Allocated in'),
      make('ul', { class: 'sites' }, ...finding.sites.map(makeSite)),
    )
  }
  if (finding.holders.length > 0) {
    item.append(
      make('h3', {}, 'Kept by'),
      make('ul', {}, ...finding.holders.map((holder) => make('li', {}, holder))),
    )
  }
  return item
}

function makeSite(site: Finding['sites'][number]): HTMLElement {
  const bar = make('span', { class: 'bar', 'aria-hidden': 'true' })
  const part = make('span')
  part.style.width = `${Math.min(1, Math.max(0, site.share)) * 100}%`
  bar.append(part)
  return make(
    'li',
    {},
    make('span', { class: 'amount' }, formatShare(site.share)),
    bar,
    make('span', { class: 'where' }, make('b', {}, site.function), ' ', makePath(site.place)),
    make('span', { class: 'amount' }, formatBytes(site.bytes)),
  )
}
