import type { Money } from '@xiaoer/api'
import { locale, t } from './index'

const sameDay = (a: Date, b: Date) => a.toDateString() === b.toDateString()

export function clock(at: string | Date): string {
  return new Intl.DateTimeFormat(locale.value, { hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date(at))
}

export function day(at: string | Date, now = new Date()): string {
  const date = new Date(at)
  if (sameDay(date, now)) return t('time.today')
  if (sameDay(date, new Date(now.getTime() - 86_400_000))) return t('time.yesterday')
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return new Intl.DateTimeFormat(locale.value, { year, month: 'long', day: 'numeric', weekday: 'short' }).format(date)
}

/** Short, for list rows: the clock today, else the day. */
export function brief(at: string, now = new Date()): string {
  const date = new Date(at)
  if (sameDay(date, now)) return clock(date)
  if (sameDay(date, new Date(now.getTime() - 86_400_000))) return t('time.yesterday')
  const year = date.getFullYear() === now.getFullYear() ? undefined : '2-digit'
  return new Intl.DateTimeFormat(locale.value, { year, month: 'numeric', day: 'numeric' }).format(date)
}

export function dateTime(at: string | null | undefined): string {
  if (!at) return '—'
  return new Intl.DateTimeFormat(locale.value, {
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false,
  }).format(new Date(at))
}

export function money(value: Money): string {
  return new Intl.NumberFormat(locale.value, { style: 'currency', currency: value.currency, currencyDisplay: 'narrowSymbol' }).format(value.amount / 100)
}

export function fileSize(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

export function percent(value: number): string {
  return new Intl.NumberFormat(locale.value, { style: 'percent', maximumFractionDigits: 1 }).format(value)
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 3600) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
  if (whole < 86_400) return t('time.hours', { n: Math.floor(whole / 3600) })
  return t('time.days', { n: Math.floor(whole / 86_400) })
}
