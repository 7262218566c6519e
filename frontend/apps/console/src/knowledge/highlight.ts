/** A text cut where one of the words stands, for marking. Case does not matter. */
export function highlight(text: string, words: readonly string[]): { text: string; isMatch: boolean }[] {
  const wanted = [...new Set(words.filter(Boolean))].sort((a, b) => b.length - a.length)
  if (!wanted.length) return [{ text, isMatch: false }]
  const pattern = new RegExp(`(${wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'giu')
  return text.split(pattern).map((piece, index) => ({ text: piece, isMatch: index % 2 === 1 })).filter((piece) => piece.text)
}
