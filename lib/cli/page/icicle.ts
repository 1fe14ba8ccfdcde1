/**
 * The icicle: each box as wide as its bytes, below it what it is made of. A tree to screen readers;
 * arrow keys walk it, Enter shows a box as wide as the page, Escape goes back out.
 */
import { formatBytes } from '../view/numbers'
import type { KeptBytes, PageData } from '../view/page-data'
import { byId, make, makeDetails, makeTable } from './dom'
import { formatShare } from './share'

interface Box {
  readonly node: KeptBytes
  readonly parent: Box | null
  readonly children: Box[]
  readonly depth: number
  /** Share of the whole: where it begins, and how wide it is. */
  readonly from: number
  readonly width: number
  readonly element: HTMLElement
}

/** CSS pixels of a row. */
const ROW_HEIGHT = 28

export function showKept(data: PageData): void {
  const section = byId('kept')
  const { kept } = data
  section.append(...data.keptNotes.map((note) => make('p', {}, note)))
  if (!kept || kept.bytes <= 0) return
  const boxes: Box[] = []
  const root = makeBox(kept, null, 0, 0, 1)

  function makeBox(
    node: KeptBytes,
    parent: Box | null,
    position: number,
    from: number,
    width: number,
  ): Box {
    const depth = parent ? parent.depth + 1 : 0
    const element = make(
      'div',
      {
        class: `box ${node.kind}`,
        role: 'treeitem',
        tabindex: '-1',
        'aria-level': String(depth + 1),
        'aria-setsize': String(parent?.node.children.length ?? 1),
        'aria-posinset': String(position + 1),
        'aria-label': describe(node, kept!),
      },
      make(
        'span',
        { 'aria-hidden': 'true' },
        `${node.name} `,
        make('small', {}, formatBytes(node.bytes)),
      ),
    )
    if (node.children.length > 0) element.setAttribute('aria-expanded', 'true')
    const box: Box = { node, parent, children: [], depth, from, width, element }
    boxes.push(box)
    let left = from
    node.children.forEach((child, at) => {
      const part = child.bytes / kept!.bytes || 0
      box.children.push(makeBox(child, box, at, left, part))
      left += part
    })
    element.addEventListener('click', () => {
      focus(box)
      zoom(box)
    })
    element.addEventListener('pointerenter', () => say(box))
    element.addEventListener('focus', () => say(box))
    return box
  }

  const said = make('p', { class: 'moment' })
  const tree = make('div', {
    class: 'icicle',
    role: 'tree',
    'aria-label': 'Bytes kept, by who keeps them',
  })
  tree.append(...boxes.map(({ element }) => element))
  const depth = Math.max(...boxes.map((box) => box.depth))
  tree.style.height = `${(depth + 1) * ROW_HEIGHT}px`
  let shown = root
  let focused = root

  function say({ node }: Box): void {
    said.textContent = describe(node, kept!)
  }

  function focus(box: Box): void {
    focused.element.tabIndex = -1
    focused = box
    box.element.tabIndex = 0
    box.element.focus({ preventScroll: true })
  }

  function zoom(box: Box): void {
    shown = box
    for (const { element, from, width, depth: row, node } of boxes) {
      const left = (from - shown.from) / shown.width
      const right = left + width / shown.width
      const visible = right > 1e-9 && left < 1 - 1e-9 && node.bytes > 0
      element.hidden = !visible
      element.style.top = `${row * ROW_HEIGHT}px`
      element.style.left = `${Math.max(0, left) * 100}%`
      element.style.width = `${(Math.min(1, right) - Math.max(0, left)) * 100}%`
    }
  }

  tree.addEventListener('keydown', (event) => {
    const siblings = focused.parent?.children.filter(({ element }) => !element.hidden) ?? []
    const at = siblings.indexOf(focused)
    const next: Partial<Record<string, Box | null | undefined>> = {
      ArrowDown: focused.children.find(({ element }) => !element.hidden),
      ArrowUp: focused.parent,
      ArrowRight: siblings[at + 1],
      ArrowLeft: siblings[at - 1],
      Home: root,
    }
    if (event.key in next) {
      const target = next[event.key]
      if (target) focus(target)
    } else if (event.key === 'Enter' || event.key === ' ') zoom(focused)
    else if (event.key === 'Escape') {
      zoom(shown.parent ?? root)
      focus(shown)
    } else return
    event.preventDefault()
  })

  root.element.tabIndex = 0
  zoom(root)
  say(root)
  section.append(
    makeKey(),
    said,
    tree,
    makeDetails('Bytes kept as a table', () => table(root, kept)),
  )
}

function makeKey(): HTMLElement {
  const entries = [
    ['app', 'your code'],
    ['package', 'packages'],
    ['node', 'Node.js'],
    ['rest', 'not told apart'],
  ] as const
  return make(
    'p',
    { class: 'key' },
    ...entries.map(([kind, label]) =>
      make('span', {}, make('span', { class: `dot ${kind}`, 'aria-hidden': 'true' }), label),
    ),
  )
}

function describe(node: KeptBytes, whole: KeptBytes): string {
  const place = node.place === '' ? '' : ` (${node.place})`
  const part = node === whole ? '' : `, ${formatShare(node.bytes / whole.bytes)} of all`
  return `${node.name}${place}: ${formatBytes(node.bytes)}${part}`
}

function table(root: Box, whole: KeptBytes): HTMLElement {
  const rows: string[][] = []
  const walk = ({ node, depth, children }: Box): void => {
    rows.push([
      `${'\u2003'.repeat(depth)}${node.name}`,
      node.place,
      formatBytes(node.bytes),
      formatShare(node.bytes / whole.bytes),
    ])
    for (const child of children) walk(child)
  }
  walk(root)
  return makeTable(
    'Bytes kept, by who keeps them',
    [
      { label: 'Function' },
      { label: 'Place' },
      { label: 'Bytes', numeric: true },
      { label: 'Share', numeric: true },
    ],
    rows,
  )
}
