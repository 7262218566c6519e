/** The title's "(3)", the sound, the desktop's eye: what calls an agent back. */

import type { ConversationSummary } from '@xiaoer/api'
import { ref } from 'vue'
import { isSoundOn } from '@/shell/preferences'
import { tabOf } from './list'

const waiting = ref(0)
let pageTitle = ''

function paint(): void {
  document.title = (waiting.value ? `(${waiting.value > 99 ? '99+' : waiting.value}) ` : '') + pageTitle
}

export function showAttention(count: number): void {
  waiting.value = count
  paint()
}

export function setPageTitle(title: string): void {
  pageTitle = title
  paint()
}

let audio: AudioContext | null = null
function chime(): void {
  audio ??= new AudioContext()
  const start = audio.currentTime
  for (const [index, pitch] of [660, 880].entries()) {
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    tone.frequency.value = pitch
    volume.gain.setValueAtTime(0.0001, start + index * 0.14)
    volume.gain.exponentialRampToValueAtTime(0.12, start + index * 0.14 + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, start + index * 0.14 + 0.3)
    tone.connect(volume).connect(audio.destination)
    tone.start(start + index * 0.14)
    tone.stop(start + index * 0.14 + 0.32)
  }
}

/** Sound for a new word in one of mine, or somebody new in the queue, unless it is before my eyes. */
export function alertFor(item: ConversationSummary, before: ConversationSummary | undefined, me: string, currentId: string | null): void {
  if (!isSoundOn.value) return
  const place = tabOf(item, me)
  const isNewInQueue = place === 'queue' && (!before || tabOf(before, me) !== 'queue')
  const isNewWord = place === 'mine' && item.unread > (before?.unread ?? 0)
  const isSeen = !document.hidden && item.conversation_id === currentId
  if ((isNewInQueue || isNewWord) && !isSeen) chime()
}
