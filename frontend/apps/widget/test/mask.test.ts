import { describe, expect, it } from 'vitest'
import { maskCards } from '../src/text/mask'

describe('maskCards', () => {
  it.each([
    ['4111111111111111', '**** **** **** 1111'],
    ['卡号6222021234567890128，谢谢', '卡号**** **** **** 0128，谢谢'],
    ['我的卡 6225 7600 0000 0005 好', '我的卡 **** **** **** 0005 好'],
    ['5555-5555-5555-4444', '**** **** **** 4444'],
    ['378282246310005', '**** **** **** 0005'],
    ['两张：4111 1111 1111 1111 和 5105105105105100', '两张：**** **** **** 1111 和 **** **** **** 5100'],
  ])('%s', (text, expected) => {
    expect(maskCards(text)).toBe(expected)
  })

  it('leaves order numbers, tracking numbers, phones and near misses alone', () => {
    for (const text of [
      '订单 202611190001',
      '单号 SF1402938475610',
      '75839201746352',
      '13812345678',
      '4111111111111112',
      '3501234567890123456',
      '2026-11-21 12:00:00',
      'QH-4111111111111111',
    ]) expect(maskCards(text)).toBe(text)
  })
})
