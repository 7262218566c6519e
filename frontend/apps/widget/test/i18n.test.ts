import { describe, expect, it } from 'vitest'
import { LOCALES, Words, chooseLocale } from '../src/i18n'
import { zhCN } from '../src/locales/zh-CN'

const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort()

describe('dictionaries', () => {
  it.each(Object.keys(LOCALES))('%s has every key, nothing empty, and the same holes', (tag) => {
    const { words } = LOCALES[tag]!
    expect(Object.keys(words)).toEqual(Object.keys(zhCN))
    for (const [key, text] of Object.entries(zhCN)) {
      const own = words[key as keyof typeof zhCN]
      expect(own, key).not.toBe('')
      expect(holes(own), key).toEqual(holes(text))
      expect(own.split('|').length, key).toBe(text.split('|').length)
    }
  })

  it('chooses by tag, then by language, then Chinese', () => {
    expect(chooseLocale(['en-GB'])).toBe('en')
    expect(chooseLocale([null, 'zh', 'en'])).toBe('zh-CN')
    expect(chooseLocale(['fr-FR', 'en'])).toBe('en')
    expect(chooseLocale(['fr'])).toBe('zh-CN')
  })

  it('formats money of minor units', () => {
    expect(new Words('zh-CN').money({ amount: 12900, currency: 'CNY' })).toBe('¥129.00')
    expect(new Words('ar').dir).toBe('rtl')
  })
})
