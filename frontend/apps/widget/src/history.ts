/** Older messages, fetched when the reader scrolls to the top; across conversations. */

import type { VisitorHistory } from '@xiaoer/api'
import type { Session } from './session'
import type { Thread } from './thread'

export class History {
  isLoading = false

  constructor(
    private readonly session: Session,
    private readonly thread: Thread,
    private readonly onChange: () => void,
  ) {}

  async load(): Promise<void> {
    if (this.isLoading || !this.thread.hasMore) return
    this.isLoading = true
    this.onChange()
    const first = this.thread.events[0]
    const query = first ? `?before_conversation=${first.conversation_id}&before_seq=${first.seq}` : ''
    try {
      const { events, has_more } = await this.session.call<VisitorHistory>('GET', `/visitor/history${query}`)
      this.thread.prepend(events, has_more)
    } catch {
      // The next scroll tries again.
    }
    this.isLoading = false
    this.onChange()
  }
}
