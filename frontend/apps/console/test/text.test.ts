import { parseMarkdown } from '@xiaoer/ui'
import { describe, expect, it } from 'vitest'
import { fill } from '@/i18n'
import en from '@/i18n/en.json'
import zh from '@/i18n/zh-CN.json'
import { diff } from '@/knowledge/diff'
import { splitSimilar } from '@/knowledge/draft'
import { highlight } from '@/knowledge/highlight'
import { areHoursValid, isOrigin } from '@/shop/hours'

const names = (text: string) => [...new Set([...text.matchAll(/(?<!\{)\{(\w+)[,}]/g)].map((match) => match[1]))].sort()

describe('the catalogues', () => {
  it('have the same keys and the same parameters', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
    for (const [key, text] of Object.entries(zh)) expect(names(en[key as keyof typeof en]), key).toEqual(names(text))
  })
  it('fill names and plurals', () => {
    const text = '{n, plural, one {# entry} other {# entries}} of {shop}'
    expect(fill(text, { n: 1, shop: 'A' }, 'en')).toBe('1 entry of A')
    expect(fill(text, { n: 3, shop: 'A' }, 'en')).toBe('3 entries of A')
  })
})

describe('a diff', () => {
  const side = (pieces: ReturnType<typeof diff>, skip: string) => pieces.filter((piece) => piece.kind !== skip).map((piece) => piece.text).join('')
  it('gives both texts back and marks only what changed', () => {
    const before = '付款后 48 小时内发出。\n- 预售除外'
    const after = '付款后 24 小时内发出。\n- 预售除外\n- 节假日顺延'
    const pieces = diff(before, after)
    expect(side(pieces, 'added')).toBe(before)
    expect(side(pieces, 'removed')).toBe(after)
    expect(pieces.find((piece) => piece.kind === 'removed')?.text).toBe('48')
  })
  it('knows equal and empty texts', () => {
    expect(diff('一样', '一样')).toEqual([{ kind: 'same', text: '一样' }])
    expect(diff('', '新')).toEqual([{ kind: 'added', text: '新' }])
  })
})

describe('knowledge texts', () => {
  it('splits pasted questions, each once', () => {
    expect(splitSimilar('- 多久发货\n2. 几天到|多久发货\n\n旧的', ['旧的'])).toEqual(['多久发货', '几天到'])
  })
  it('marks matched words, longest first, as text', () => {
    expect(highlight('什么时候发货(急)', ['发', '发货', '(']).filter((piece) => piece.isMatch).map((piece) => piece.text)).toEqual(['发货', '('])
  })
  it('parses the answer subset and nothing else', () => {
    expect(parseMarkdown('**a** <b>x</b>\n- 一\n- 二\n\n1. 甲')).toEqual([
      { kind: 'paragraph', lines: [[{ kind: 'strong', children: [{ kind: 'text', text: 'a' }] }, { kind: 'text', text: ' <b>x</b>' }]] },
      { kind: 'list', ordered: false, items: [[{ kind: 'text', text: '一' }], [{ kind: 'text', text: '二' }]] },
      { kind: 'list', ordered: true, items: [[{ kind: 'text', text: '甲' }]] },
    ])
    expect(JSON.stringify(parseMarkdown('[x](javascript:alert(1))'))).not.toContain('"link"')
  })
})

it('checks hours and origins', () => {
  expect(areHoursValid([['09:00', '12:00'], ['13:00', '22:00']])).toBe(true)
  expect(areHoursValid([['09:00', '14:00'], ['13:00', '22:00']])).toBe(false)
  expect(areHoursValid([['22:00', '09:00']])).toBe(false)
  expect(isOrigin('https://shop.example.com')).toBe(true)
  expect(isOrigin('https://shop.example.com/path')).toBe(false)
})
