import type { MaskedSpan } from '@xiaoer/api'

export interface Piece {
  text: string
  span?: MaskedSpan
}

/** Cut a text at its masked pieces, in the order they stand. A mask that is not found is skipped. */
export function splitMasked(text: string, spans: readonly MaskedSpan[]): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const span of [...spans].sort((a, b) => a.index - b.index)) {
    const at = text.indexOf(span.masked, from)
    if (at < 0) continue
    if (at > from) pieces.push({ text: text.slice(from, at) })
    pieces.push({ text: span.masked, span })
    from = at + span.masked.length
  }
  if (from < text.length) pieces.push({ text: text.slice(from) })
  return pieces
}
