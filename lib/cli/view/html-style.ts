/**
 * The page's style. Colours are custom properties, so that the charts read them too: one set for
 * light, one for dark; print takes light. Text has a contrast of at least 4.5 on its background,
 * curves at least 3 (WCAG 2.2, AA); curves are told apart by blue, orange and lightness rather than
 * by red against green.
 */
export const PALETTES = {
  light: {
    page: '#ffffff',
    text: '#1c2126',
    muted: '#59636e',
    grid: '#e3e7eb',
    edge: '#8b949e',
    soft: '#f4f6f8',
    link: '#0a5cb8',
    leaking: '#b3261e',
    'leaking-soft': '#fdeceb',
    plateaued: '#7a5200',
    'plateaued-soft': '#fdf3dc',
    steady: '#1a6344',
    'steady-soft': '#e6f4ec',
    'curve-0': '#0a66c2',
    'curve-1': '#c2410c',
    'curve-2': '#00796b',
    'curve-3': '#8a6100',
    'curve-4': '#7b3fa0',
    'curve-5': '#3d8dc4',
    'curve-6': '#b0306a',
    'curve-7': '#4d5761',
    app: '#f9c9a5',
    package: '#cfe1f5',
    node: '#dfe3e8',
    owner: '#f3a97c',
    rest: '#eef0f3',
    'box-text': '#1c2126',
  },
  dark: {
    page: '#14181c',
    text: '#e4e8ec',
    muted: '#9aa5b1',
    grid: '#2b3239',
    edge: '#6b7580',
    soft: '#1d2328',
    link: '#79b8ff',
    leaking: '#ff8f85',
    'leaking-soft': '#3d1f1d',
    plateaued: '#e8c268',
    'plateaued-soft': '#362b12',
    steady: '#7fd1a6',
    'steady-soft': '#16301f',
    'curve-0': '#6cb2f7',
    'curve-1': '#ff9a5c',
    'curve-2': '#4fd0bd',
    'curve-3': '#e3c04f',
    'curve-4': '#cf9cf0',
    'curve-5': '#3f86b8',
    'curve-6': '#f58bb5',
    'curve-7': '#b4bdc6',
    app: '#7d4316',
    package: '#274563',
    node: '#3a424a',
    owner: '#9a521c',
    rest: '#262c32',
    'box-text': '#f2f4f6',
  },
} as const

function properties(palette: Readonly<Record<string, string>>): string {
  return Object.entries(palette)
    .map(([name, value]) => `--${name}: ${value};`)
    .join(' ')
}

const curveRules = Array.from(
  { length: 8 },
  (_, at) => `.line-curve-${at} { stroke: var(--curve-${at}); stroke-width: 2.5; }`,
).join('\n')

export const pageStyle: string = `
:root { color-scheme: light dark; ${properties(PALETTES.light)} }
@media (prefers-color-scheme: dark) { :root:not([data-print]) { ${properties(PALETTES.dark)} } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 28px 24px 64px; max-width: 1120px;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  color: var(--text); background: var(--page);
  overflow-wrap: anywhere;
}
h1, h2, h3 { line-height: 1.25; font-weight: 650; }
h1 { margin: 0 0 4px; font-size: 26px; }
h2 { margin: 0 0 12px; font-size: 19px; }
h3 { margin: 14px 0 4px; font-size: 13px; color: var(--muted); }
p { margin: 0 0 8px; max-width: 76ch; }
ul { margin: 0; padding-left: 20px; }
.product, #facts, .quiet, .moment, .key, .strip, .shown { color: var(--muted); font-size: 14px; }
.product { margin: 0; }
#facts p { margin: 0; }
section { margin-top: 40px; scroll-margin-top: 14px; }
.hidden {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }

.findings { margin: 0 0 16px; padding: 0; list-style: none; counter-reset: finding; }
.findings > li {
  counter-increment: finding; position: relative; margin-bottom: 12px;
  padding: 14px 18px 16px 54px; background: var(--leaking-soft); border-radius: 8px;
}
.findings > li::before {
  content: counter(finding); position: absolute; left: 16px; top: 14px;
  width: 24px; height: 24px; border-radius: 12px; text-align: center; line-height: 24px;
  font-size: 13px; font-weight: 650; color: var(--page); background: var(--leaking);
}
.findings > li.over { background: var(--soft); }
.findings > li.over::before { background: var(--muted); }
.sentence { margin: 0 0 2px; font-weight: 600; }
.findings .quiet { margin: 0; }
.sites { list-style: none; padding: 0; }
.sites li { display: grid; grid-template-columns: 3em 72px 1fr auto; gap: 0 10px; align-items: center; }
.amount { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { height: 8px; border-radius: 4px; background: var(--page); overflow: hidden; }
.bar span { display: block; height: 100%; background: var(--leaking); }

.field { display: inline-flex; align-items: center; gap: 8px; margin: 0 20px 8px 0; font-size: 14px; max-width: 100%; white-space: nowrap; }
select, input[type=search], button {
  font: inherit; font-size: 14px; color: var(--text); background: var(--page);
  border: 1px solid var(--edge); border-radius: 6px; padding: 3px 8px; min-height: 30px; min-width: 0; max-width: 100%;
}
input[type=search] { width: 220px; }
button { cursor: pointer; }
button:disabled { color: var(--edge); border-color: var(--grid); cursor: default; }
input[type=checkbox] { width: 16px; height: 16px; margin: 0; accent-color: var(--link); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 8px; font-size: 14px; }
.legend label { display: inline-flex; align-items: center; gap: 6px; min-height: 28px; cursor: pointer; }
.legend b, .strip b { color: var(--text); font-variant-numeric: tabular-nums; font-weight: 600; }
.moment { margin: 0; font-variant-numeric: tabular-nums; }
.legend svg { flex: none; }
.chip { display: inline-flex; align-items: center; gap: 6px; border-color: var(--grid); text-align: left; }
.chip b { white-space: nowrap; }
${curveRules}
.plot { width: 100%; }
.plot .uplot { font: inherit; }
.u-select { background: color-mix(in srgb, var(--link) 18%, transparent); }
.u-hz .u-cursor-x { border-right: 1px solid var(--edge); }
.strip { margin: 10px 0 0; }
.bar-swatch { display: inline-block; width: 10px; height: 10px; margin-right: 6px; background: var(--curve-4); }
.above { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 4px 16px; margin-bottom: 4px; }
/* As wide as the chart between its axis and its right edge, and half a thumb more on each side. */
.scrubber { padding: 2px 18px 8px 60px; }
.scrubber input { display: block; width: 100%; height: 24px; margin: 0; accent-color: var(--link); }
.zoom { display: flex; gap: 6px; }
.zoom button { min-width: 32px; padding: 0 8px; }
details { margin-top: 6px; }
summary { cursor: pointer; color: var(--link); font-size: 14px; padding: 3px 0; width: fit-content; }

.scroll { overflow-x: auto; max-height: 70vh; overflow-y: auto; border-top: 1px solid var(--grid); border-bottom: 1px solid var(--grid); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { padding: 6px 10px; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--grid); overflow-wrap: normal; }
tbody tr:last-child > * { border-bottom: 0; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 8em; }
thead th { position: sticky; top: 0; z-index: 1; background: var(--page); font-weight: 600; white-space: nowrap; box-shadow: 0 1px var(--grid); }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:last-child { min-width: 8em; }
.routes thead button { border: 0; padding: 0; min-height: 24px; font-weight: 600; background: none; }
.routes thead button:hover { color: var(--link); }
.routes thead th[aria-sort=ascending] button::after { content: " ▲"; }
.routes thead th[aria-sort=descending] button::after { content: " ▼"; }
.routes td:last-child { min-width: 0; }
.routes thead th:nth-child(2) { width: 34%; }
.routes tbody tr:hover { background: var(--soft); }
.toggle { width: 1%; text-align: center; }
.route-table { margin-top: 22px; }
.filters { display: flex; flex-wrap: wrap; align-items: center; }
.filters .shown { margin: 0 0 8px; }
.verdict { display: inline-block; padding: 0 8px; border-radius: 10px; font-size: 13px; white-space: nowrap; background: var(--soft); }
.verdict.leaking { color: var(--leaking); background: var(--leaking-soft); font-weight: 600; }
.verdict.plateaued { color: var(--plateaued); background: var(--plateaued-soft); }
.verdict.steady { color: var(--steady); background: var(--steady-soft); }

.key span { margin-right: 14px; white-space: nowrap; }
.key .dot { display: inline-block; width: 12px; height: 12px; margin: 0 6px 0 0; border-radius: 3px; vertical-align: -1px; }
.icicle { position: relative; overflow: hidden; }
.box {
  container-type: inline-size; position: absolute; height: 28px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis;
  padding: 0 6px; line-height: 26px; font-size: 13px; cursor: pointer;
  color: var(--box-text); border: 1px solid var(--page); border-radius: 4px; background: var(--node);
}
.box small { font-size: inherit; font-weight: 400; }
@container (max-width: 56px) { .box span { visibility: hidden; } }
.box:hover { filter: brightness(0.95); }
.box:focus-visible { outline-offset: -2px; }
.all, .dot.all { background: var(--soft); font-weight: 600; }
.owner, .dot.owner { background: var(--owner); font-weight: 600; }
.app, .dot.app { background: var(--app); }
.package, .dot.package { background: var(--package); }
.node, .dot.node { background: var(--node); }
.rest, .dot.rest { background: var(--rest); }

@media (max-width: 640px) {
  td:last-child { min-width: 20em; }
  .routes td:last-child { min-width: 0; }
  body { padding: 18px 14px 48px; }
  h1 { font-size: 22px; }
  section { margin-top: 32px; }
  .findings > li { padding: 12px 14px 14px; }
  .findings > li::before { position: static; display: block; margin-bottom: 6px; }
  .sites li { grid-template-columns: 3em 1fr auto; margin-bottom: 4px; }
  .sites .bar { display: none; }
  .sites .where b { display: block; }
  .sites li { align-items: baseline; }
  .field { margin-right: 12px; }
  input[type=search] { width: 150px; }
  .legend { gap: 2px 14px; }
  /* The table of routes as cards; its headers stay as the buttons that sort. */
  .routes, .routes thead, .routes tbody { display: block; }
  .routes thead th { position: static; box-shadow: none; }
  .routes thead tr { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; padding: 8px 0; border-bottom: 1px solid var(--grid); }
  .routes thead tr::before { content: "Sort by"; font-size: 14px; color: var(--muted); }
  .routes thead th, .routes thead th:nth-child(2) { width: auto; border: 0; padding: 0; }
  .routes thead th.toggle { display: none; }
  .routes thead button { border: 1px solid var(--grid); border-radius: 6px; padding: 3px 8px; font-weight: 400; }
  .routes tbody tr { display: grid; grid-template-columns: 1fr 1fr; gap: 2px 14px; padding: 10px 0; border-bottom: 1px solid var(--grid); position: relative; }
  .routes tbody tr > * { border: 0; padding: 0; text-align: left; white-space: normal; }
  .routes tbody th { grid-column: 1 / -1; width: auto; padding-right: 32px; font-weight: 600; }
  .routes tbody td.toggle { position: absolute; right: 2px; top: 10px; width: auto; }
  .routes tbody td.toggle input { width: 20px; height: 20px; }
  .routes tbody td { order: 3; }
  .routes tbody .by-verdict, .routes tbody .by-requests { order: 1; }
  .routes tbody .by-keeps { order: 2; grid-column: 1 / -1; }
  .routes tbody td:not(.toggle)::before { content: attr(data-label) ": "; color: var(--muted); font-size: 13px; }
  .scroll { max-height: none; }
}
@media (hover: none) { .box { min-width: 0; } .legend label, .chip { min-height: 36px; } }
@media (prefers-reduced-motion: no-preference) { .box { transition: left 120ms, width 120ms; } }

@media print {
  :root { color-scheme: light; ${properties(PALETTES.light)} }
  @page { margin: 14mm; }
  body, .field, .legend, .quiet, #facts, .moment, .key, .strip, .shown, .product { font-size: 11px; }
  body { padding: 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h1 { font-size: 20px; }
  h2 { font-size: 15px; }
  h3 { font-size: 11px; }
  section { margin-top: 24px; }
  .scrubber, .zoom, .filters .field, summary, details:not([open]), .toggle, .u-cursor-x, .u-cursor-pt { display: none !important; }
  select { appearance: none; border: 0; padding: 0; font-size: inherit; font-weight: 600; }
  .scroll { max-height: none; overflow: visible; }
  thead th { position: static; }
  table, .routes thead button, .verdict, .chip { font-size: 10px; }
  th, td { padding: 3px 6px; }
  .plot, .legend, .icicle, .findings > li, tr { break-inside: avoid; }
  h2, h3, .above, .legend, .strip, #kept p { break-after: avoid; }
}
`
