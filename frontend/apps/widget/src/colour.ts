/** The shop's colour, made readable: every pair of text and ground here has a contrast of 4.5 or more. */

export const DEFAULT = '#0f766e'
const AA = 4.5
/** On dark grounds AA alone looks dull. */
const CLEAR = 6
/** White text is what people expect on a colour; below this it would take too much darkening. */
const BEARABLE = 2.8

type Rgb = number[]

export interface Palette {
  /** Ground of the header, our bubbles and main buttons; `deep` ends its gradient; `on` is the text there. */
  brand: string
  deep: string
  on: string
  /** Text and lines on the panel's own grounds. */
  accent: string
  tint: string
}

export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(parse(a)), luminance(parse(b))]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

export function makePalette(colour: string, isDark: boolean): Palette {
  const ground = isDark ? '#1a2725' : '#ffffff'
  const tint = mix(ground, colour, isDark ? 0.22 : 0.1)
  const isWhite = contrast(colour, '#ffffff') >= BEARABLE
  const on = isWhite ? '#ffffff' : '#111111'
  const towards = isWhite ? '#000000' : '#ffffff'
  const brand = shift(isDark && isWhite ? mix(colour, '#000000', 0.15) : colour, towards, AA, on)
  const accent = shift(colour, isDark ? '#ffffff' : '#000000', isDark ? CLEAR : AA, tint, isDark ? ground : '#f4f8f7')
  return { brand, deep: mix(brand, towards, 0.2), on, accent, tint }
}

/** Move a colour until it reads against the others. */
function shift(colour: string, towards: string, least: number, ...others: string[]): string {
  let share = 0
  let result = colour
  while (others.some((other) => contrast(result, other) < least) && share < 1) result = mix(colour, towards, (share += 0.04))
  return result
}

function mix(a: string, b: string, share: number): string {
  const other = parse(b)
  return `#${parse(a).map((x, i) => Math.round(x + (other[i]! - x) * share).toString(16).padStart(2, '0')).join('')}`
}

function parse(hex: string): Rgb {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((x) => (x > 10 ? ((x / 255 + 0.055) / 1.055) ** 2.4 : x / 3294.6))
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
