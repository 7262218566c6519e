import { ref, watch } from 'vue'
import { setLocale, type Locale } from '@/i18n'

export type Theme = 'light' | 'dark' | 'system'

function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`xiaoer.${name}`)
  } catch {
    return null
  }
}
function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`xiaoer.${name}`, value)
  } catch {
    // Private windows forbid it; the choice then lasts as long as the page.
  }
}

export const theme = ref<Theme>((remembered('theme') as Theme | null) ?? 'system')
export const isSoundOn = ref(remembered('sound') === 'on')
const systemDark = matchMedia('(prefers-color-scheme: dark)')

function paint(): void {
  const dark = theme.value === 'dark' || (theme.value === 'system' && systemDark.matches)
  document.documentElement.classList.toggle('dark', dark)
}

watch(theme, (value) => {
  remember('theme', value)
  paint()
})
watch(isSoundOn, (value) => remember('sound', value ? 'on' : 'off'))

export async function chooseLocale(next: Locale): Promise<void> {
  await setLocale(next)
  remember('locale', next)
}

/** The reader's own choice wins over the account's, that over the browser's. */
export async function applyPreferences(accountLocale?: string): Promise<void> {
  systemDark.addEventListener('change', paint)
  paint()
  await setLocale(remembered('locale') ?? accountLocale ?? navigator.language)
}
