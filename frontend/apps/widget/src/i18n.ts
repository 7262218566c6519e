/** Words, dates and money in the reader's language. A locale is one file in locales/ and one line here. */

import type { Money } from '@xiaoer/api'
import { en } from './locales/en'
import { zhCN, type Dictionary, type Key } from './locales/zh-CN'

export const LOCALES: Record<string, { name: string; words: Dictionary }> = {
  'zh-CN': { name: '简体中文', words: zhCN },
  en: { name: 'English', words: en },
}

const RTL = /^(ar|he|fa|ur)/

/** The first wish we speak, by whole tag or by language. */
export function chooseLocale(wishes: (string | null | undefined)[]): string {
  for (const wish of wishes) {
    if (!wish) continue
    if (wish in LOCALES) return wish
    const language = wish.toLowerCase().split(/[-_]/)[0]
    const match = Object.keys(LOCALES).find((tag) => tag.toLowerCase().split('-')[0] === language)
    if (match) return match
  }
  return 'zh-CN'
}

export class Words {
  constructor(readonly locale: string) {}

  get dir(): 'rtl' | 'ltr' {
    return RTL.test(this.locale) ? 'rtl' : 'ltr'
  }

  readonly t = (key: Key, values: Record<string, string | number> = {}): string => {
    const words = LOCALES[this.locale]!.words
    return words[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
  }

  money({ amount, currency }: Money): string {
    const options = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } as const
    return new Intl.NumberFormat(this.locale, options).format(amount / 100)
  }

  time(at: string): string {
    const date = new Date(at)
    const isToday = date.toDateString() === new Date().toDateString()
    const options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hour12: false }
    if (!isToday) Object.assign(options, { month: 'numeric', day: 'numeric' })
    return new Intl.DateTimeFormat(this.locale, options).format(date)
  }
}
