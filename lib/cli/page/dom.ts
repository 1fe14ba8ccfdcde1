export type Child = Node | string | null

/**
 * An element. Strings become text nodes, attributes are set by name: nothing of the data is ever
 * parsed as HTML.
 */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children.filter((child) => child !== null))
  return element
}

/** The section of the page with that id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element
}

/** A file's path that breaks after its folders, rather than within a name. */
export function makePath(path: string): HTMLElement {
  const parts = path.split(/(?<=\/)/)
  return make('span', {}, ...parts.flatMap((part) => [part, make('wbr')]))
}

export interface Column {
  readonly label: string
  readonly numeric?: boolean
}

/** A plain table: the text alternative of a chart. */
export function makeTable(
  caption: string,
  columns: readonly Column[],
  rows: ReadonlyArray<readonly Child[]>,
): HTMLElement {
  const side = (at: number): Record<string, string> => (columns[at]?.numeric ? { class: 'n' } : {})
  const head = columns.map(({ label }, at) => make('th', { scope: 'col', ...side(at) }, label))
  const body = rows.map((cells) =>
    make(
      'tr',
      {},
      ...cells.map((cell, at) =>
        at === 0 ? make('th', { scope: 'row', ...side(0) }, cell) : make('td', side(at), cell),
      ),
    ),
  )
  const table = make(
    'table',
    {},
    make('caption', { class: 'hidden' }, caption),
    make('thead', {}, make('tr', {}, ...head)),
    make('tbody', {}, ...body),
  )
  return make(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `Table: ${caption}` },
    table,
  )
}

/** A closed part of the page whose content is made when it is first opened; on paper only if open. */
export function makeDetails(summary: string, content: () => Child): HTMLDetailsElement {
  const details = make('details', {}, make('summary', {}, summary))
  details.addEventListener(
    'toggle',
    () => {
      const made = content()
      if (made !== null) details.append(made)
    },
    { once: true },
  )
  return details
}
