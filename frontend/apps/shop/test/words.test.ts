import { expect, it } from 'vitest'
import { LOCALES, Words } from '../src/words'

it('every locale has every word', () => {
  for (const { words } of Object.values(LOCALES)) {
    expect(Object.keys(words)).toEqual(Object.keys(LOCALES['zh-CN'].words))
    expect(Object.values(words).every(Boolean)).toBe(true)
  }
})

it('leaves out empty cents', () => {
  expect(new Words('zh-CN').money({ amount: 12900, currency: 'CNY' })).toBe('¥129')
  expect(new Words('zh-CN').money({ amount: 12950, currency: 'CNY' })).toBe('¥129.50')
})
