import { describe, expect, it } from 'vitest'
import { DEFAULT, contrast, makePalette } from '../src/colour'

const SOME = [DEFAULT, '#ff5000', '#e1251b', '#ffd400', '#ffffff', '#000000', '#07c160', '#1677ff', '#7f7f7f', '#ff69b4', '#00ffff']
const MANY = Array.from({ length: 216 }, (_, i) => '#' + [i % 6, Math.floor(i / 6) % 6, Math.floor(i / 36)].map((x) => (x * 51).toString(16).padStart(2, '0')).join(''))

describe('palette', () => {
  it.each([...SOME, ...MANY])('%s reads in light and dark', (colour) => {
    for (const [isDark, grounds] of [[false, ['#f4f8f7', '#ffffff']], [true, ['#0f1817', '#1a2725']]] as const) {
      const { brand, deep, on, accent, tint } = makePalette(colour, isDark)
      for (const [text, ground] of [[on, brand], [on, deep], [accent, tint], ...grounds.map((ground) => [accent, ground] as const)] as const) {
        expect(contrast(text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5)
      }
    }
  })

  it('leaves a readable colour as it is', () => {
    expect(makePalette(DEFAULT, false)).toMatchObject({ brand: DEFAULT, accent: DEFAULT, on: '#ffffff' })
  })

  it('knows black from white', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
  })
})
