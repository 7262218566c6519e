/** The shop's words; zh-CN is the source. */

import type { Money } from '@xiaoer/api'

const zhCN = {
  shop: '青禾生活',
  tagline: '好物不必贵，日子慢慢来',
  lead: '十个品类、上百件日常好物，现货 48 小时内发出，七天无理由退换。',
  demo: '演示商店：商品、订单与账号均为虚构',
  all: '全部',
  search: '搜索商品',
  categories: '商品分类',
  account: '登录为',
  guest: '游客',
  stories: '有故事的顾客',
  others: '更多顾客',
  language: '语言',
  products: '{n} 件商品',
  none: '没有找到相关商品，换个词试试，或者问问客服。',
  failed: '商品没有加载出来',
  retry: '重试',
  loading: '加载中',
  back: '返回全部商品',
  soldOut: '暂时缺货',
  few: '仅剩 {n} 件',
  stock: '库存 {n} 件',
  variant: '规格',
  ask: '咨询客服',
  buy: '加入购物车',
  bought: '已加入购物车（演示）',
  attributes: '商品参数',
  promiseShip: '48 小时内发货',
  promiseReturn: '七天无理由退换',
  promiseHelp: 'AI 助手 24 小时在线',
}

export type Dictionary = typeof zhCN
export type Key = keyof Dictionary

const en: Dictionary = {
  shop: 'Qinghe Living',
  tagline: 'Good things for unhurried days',
  lead: 'Ten aisles of everyday goods, shipped within 48 hours, with seven days to change your mind.',
  demo: 'A demo shop: goods, orders and accounts are invented',
  all: 'All',
  search: 'Search products',
  categories: 'Categories',
  account: 'Signed in as',
  guest: 'Guest',
  stories: 'With a story',
  others: 'More',
  language: 'Language',
  products: '{n} products',
  none: 'Nothing found. Try other words, or ask us in the chat.',
  failed: 'The products could not be loaded',
  retry: 'Retry',
  loading: 'Loading',
  back: 'All products',
  soldOut: 'Out of stock',
  few: 'Only {n} left',
  stock: '{n} in stock',
  variant: 'Options',
  ask: 'Ask about it',
  buy: 'Add to cart',
  bought: 'Added to the cart (demo)',
  attributes: 'Details',
  promiseShip: 'Ships within 48 hours',
  promiseReturn: 'Seven-day returns',
  promiseHelp: 'AI assistant, day and night',
}

export const LOCALES = { 'zh-CN': { name: '简体中文', words: zhCN }, en: { name: 'English', words: en } }
export type Locale = keyof typeof LOCALES

export function pickLocale(): Locale {
  const saved = localStorage.getItem('shop:locale')
  if (saved && saved in LOCALES) return saved as Locale
  return navigator.language.startsWith('zh') || !navigator.language.startsWith('en') ? 'zh-CN' : 'en'
}

export class Words {
  constructor(readonly locale: Locale) {}

  readonly t = (key: Key, values: Record<string, string | number> = {}): string =>
    LOCALES[this.locale].words[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))

  money({ amount, currency }: Money): string {
    const digits = amount % 100 ? 2 : 0
    const options = { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: digits } as const
    return new Intl.NumberFormat(this.locale, options).format(amount / 100)
  }
}
