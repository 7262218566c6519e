/**
 * The Markdown subset of docs/reference/pack-format.md: paragraphs, **bold**, lists, links. It yields
 * vnodes, never HTML: whatever the text holds stays text.
 */

import { h, type ComponentChild } from 'preact'

type Block = ReturnType<typeof h>

const INLINE = /\*\*(.+?)\*\*|\[([^\]\n]+)\]\(([^()\s]+)\)|(https?:\/\/[^\s<>"'，。！？；：、（）【】「」]+)/g

export function markdown(text: string): Block[] {
  return text
    .replace(/\r\n?/g, '\n')
    .split(/\n{2,}/)
    .flatMap(blocks)
}

/** Only http(s) leaves the page. */
export function safeHref(href: string): string | null {
  try {
    const url = new URL(href)
    return /^https?:$/.test(url.protocol) ? url.href : null
  } catch {
    return null
  }
}

export function link(href: string, children: ComponentChild): ComponentChild {
  const safe = safeHref(href)
  return safe ? h('a', { href: safe, target: '_blank', rel: 'noopener noreferrer nofollow' }, children) : children
}

/** A paragraph, with the lists that start at the beginning of a line taken out of it. */
function blocks(paragraph: string): Block[] {
  const result: Block[] = []
  let kind = ''
  let lines: string[] = []
  const close = () => {
    if (lines.join('').trim()) {
      const children = lines.map((line, i) =>
        kind === 'p' ? [i ? h('br', {}) : null, ...inline(line)] : h('li', {}, inline(line)),
      )
      result.push(h(kind as "p", {}, children))
    }
    lines = []
  }
  for (const line of paragraph.split('\n')) {
    const item = /^\s*(?:([-*])|\d+[.、)])\s+(.*)/.exec(line)
    const next = item ? (item[1] ? 'ul' : 'ol') : 'p'
    if (next !== kind) close()
    kind = next
    lines.push(item ? item[2]! : line)
  }
  close()
  return result
}

function inline(text: string): ComponentChild[] {
  const result: ComponentChild[] = []
  let end = 0
  for (const match of text.matchAll(INLINE)) {
    const [whole, bold, label, href, bare] = match
    result.push(text.slice(end, match.index))
    if (bold) result.push(h('strong', {}, inline(bold)))
    else result.push(bare ? link(bare, bare) : link(href!, label))
    end = match.index + whole.length
  }
  result.push(text.slice(end))
  return result
}
