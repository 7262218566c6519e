import { computed, ref, type ComputedRef } from 'vue'
import zh from './zh-CN.json'

export type MessageKey = keyof typeof zh
export type Locale = 'zh-CN' | 'en'
export type Params = Record<string, string | number>
export const LOCALES: { id: Locale; name: string }[] = [
  { id: 'zh-CN', name: '简体中文' },
  { id: 'en', name: 'English' },
]

const catalogues: Partial<Record<Locale, Record<string, string>>> = { 'zh-CN': zh }
const current = ref<Locale>('zh-CN')
export const locale: ComputedRef<Locale> = computed(() => current.value)

const PLURAL = /\{(\w+), plural, (?:one \{([^}]*)\} )?other \{([^}]*)\}\}/g

/** `{name}` and `{n, plural, one {# item} other {# items}}`; nothing else of ICU is needed. */
export function fill(text: string, params: Params | undefined, language: string): string {
  if (!params) return text
  return text
    .replace(PLURAL, (_, name: string, one: string | undefined, other: string) => {
      const value = Number(params[name])
      const form = one !== undefined && new Intl.PluralRules(language).select(value) === 'one' ? one : other
      return form.replaceAll('#', String(params[name]))
    })
    .replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole))
}

export function t(key: MessageKey, params?: Params): string {
  const text = catalogues[current.value]?.[key] ?? zh[key] ?? key
  return fill(text, params, current.value)
}

/** For keys made from wire values: the value itself when there is no text for it. */
export function tOr(key: string, fallback: string): string {
  return key in zh ? t(key as MessageKey) : fallback
}

export async function setLocale(next: string): Promise<void> {
  const wanted: Locale = next.startsWith('zh') ? 'zh-CN' : 'en'
  if (wanted === 'en') catalogues.en ??= (await import('./en.json')).default
  current.value = wanted
  document.documentElement.lang = wanted
}
