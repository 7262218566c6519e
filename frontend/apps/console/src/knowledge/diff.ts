/** A text against an older one, in words and Han characters. */

export interface Piece {
  kind: 'same' | 'removed' | 'added'
  text: string
}

const TOKEN = /[\p{L}\p{N}_]+|\s+|[^]/gu
const HAN = /\p{Script=Han}/u

function tokens(text: string): string[] {
  return (text.match(TOKEN) ?? []).flatMap((token) => (HAN.test(token) ? Array.from(token) : [token]))
}

/** Longest common subsequence; long texts are compared line by line to stay quick. */
export function diff(before: string, after: string): Piece[] {
  let a = tokens(before)
  let b = tokens(after)
  if (a.length * b.length > 4_000_000) {
    a = before.split(/(?<=\n)/)
    b = after.split(/(?<=\n)/)
  }
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const out: Piece[] = []
  const push = (kind: Piece['kind'], text: string) => {
    if (!text) return
    const last = out[out.length - 1]
    if (last?.kind === kind) last.text += text
    else out.push({ kind, text })
  }
  push('same', a.slice(0, start).join(''))
  middle(a.slice(start, a.length - end), b.slice(start, b.length - end), push)
  push('same', a.slice(a.length - end).join(''))
  return out
}

function middle(a: string[], b: string[], push: (kind: Piece['kind'], text: string) => void): void {
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i * width + j] =
        a[i] === b[j] ? table[(i + 1) * width + j + 1]! + 1 : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!)
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      push('same', a[i]!)
      i++
      j++
    } else if (table[(i + 1) * width + j]! >= table[i * width + j + 1]!) push('removed', a[i++]!)
    else push('added', b[j++]!)
  }
  push('removed', a.slice(i).join(''))
  push('added', b.slice(j).join(''))
}
