/** The Markdown subset of answers (docs/reference/pack-format.md) as data; never HTML. */

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'strong'; children: Inline[] }
  | { kind: 'link'; text: string; url: string }
  | { kind: 'variable'; name: string }

export type Block =
  | { kind: 'paragraph'; lines: Inline[][] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }

const TOKEN = /\*\*(.+?)\*\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)|(https?:\/\/[^\s<>，。；！？、）)]+)|\{\{\s*([a-z0-9_]+)\s*\}\}/g

export function parseInline(source: string): Inline[] {
  const out: Inline[] = []
  let last = 0
  for (const match of source.matchAll(TOKEN)) {
    if (match.index > last) out.push({ kind: 'text', text: source.slice(last, match.index) })
    last = match.index + match[0].length
    if (match[1] !== undefined) out.push({ kind: 'strong', children: parseInline(match[1]) })
    else if (match[2] !== undefined) out.push({ kind: 'link', text: match[2], url: match[3]! })
    else if (match[4] !== undefined) out.push({ kind: 'link', text: match[4], url: match[4] })
    else out.push({ kind: 'variable', name: match[5]! })
  }
  if (last < source.length) out.push({ kind: 'text', text: source.slice(last) })
  return out
}

export function parseMarkdown(source: string): Block[] {
  const blocks: Block[] = []
  let open: Block | null = null
  for (const line of source.replace(/\r\n?/g, '\n').split('\n')) {
    const item = /^\s*(?:([-*])|(\d+)[.、])\s+(.*)$/.exec(line)
    if (item) {
      const ordered = item[2] !== undefined
      if (open?.kind !== 'list' || open.ordered !== ordered) {
        open = { kind: 'list', ordered, items: [] }
        blocks.push(open)
      }
      open.items.push(parseInline(item[3]!))
    } else if (!line.trim()) {
      open = null
    } else {
      if (open?.kind !== 'paragraph') {
        open = { kind: 'paragraph', lines: [] }
        blocks.push(open)
      }
      open.lines.push(parseInline(line))
    }
  }
  return blocks
}
