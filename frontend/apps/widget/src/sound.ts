/** Two soft notes, once across all tabs. */

import type { Store } from './storage'

export async function chime(store: Store, key: string): Promise<void> {
  const once = () => {
    if (store.get('rang') === key) return
    store.set('rang', key)
    play()
  }
  if (navigator.locks) await navigator.locks.request('xiaoer-chime', once)
  else once()
}

function play(): void {
  try {
    const audio = new AudioContext()
    for (const [pitch, start] of [[660, 0], [880, 0.12]] as const) {
      const tone = audio.createOscillator()
      const volume = audio.createGain()
      const from = audio.currentTime + start
      tone.frequency.value = pitch
      volume.gain.setValueAtTime(0.08, from)
      volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.3)
      tone.connect(volume).connect(audio.destination)
      tone.start(from)
      tone.stop(from + 0.3)
    }
    setTimeout(() => void audio.close(), 1000)
  } catch {
    // No sound before the first click, or at all: a message is still shown.
  }
}
