/** Who is typing: theirs shown for a while, ours told now and then. */

import type { Actor } from '@xiaoer/api'

const SHOWN = 5000
const EVERY = 3000

export class Typing {
  /** Whom we see typing. */
  actor: Actor | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private toldAt = 0

  constructor(
    private readonly tellThem: () => boolean,
    private readonly onChange: () => void,
  ) {}

  show(actor: Actor | null): void {
    this.actor = actor
    clearTimeout(this.timer)
    if (actor) this.timer = setTimeout(() => this.show(null), SHOWN)
    this.onChange()
  }

  tell(): void {
    if (Date.now() - this.toldAt >= EVERY && this.tellThem()) this.toldAt = Date.now()
  }

  /** What was being typed has been sent: the next word counts at once. */
  reset(): void {
    this.toldAt = 0
  }
}
