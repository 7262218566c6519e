import { onBeforeUnmount, onMounted, ref } from 'vue'

export const shortcutsShown = ref(false)

/** Alt with a letter works while typing; `?` only outside a field. Nothing fires during composition. */
export function useShortcuts(actions: Record<'KeyJ' | 'KeyK' | 'KeyE' | 'KeyP' | 'KeyL', () => void>): void {
  function onKey(event: KeyboardEvent) {
    if (event.isComposing || document.querySelector('.el-overlay:not([style*="display: none"])')) return
    const target = event.target as HTMLElement
    const isField = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable
    if (event.key === '?' && !isField && !event.altKey && !event.ctrlKey) {
      event.preventDefault()
      shortcutsShown.value = true
    }
    if (!event.altKey || event.ctrlKey || event.metaKey || !(event.code in actions)) return
    event.preventDefault()
    actions[event.code as keyof typeof actions]()
  }
  onMounted(() => addEventListener('keydown', onKey))
  onBeforeUnmount(() => removeEventListener('keydown', onKey))
}
