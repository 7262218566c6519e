/** Where no socket gets through, plain requests carry the conversation, a little slower. */

import type { ErrorBody, Pending, SocketStatus, TimelineEvent } from '@xiaoer/api'
import type { Chat, Outgoing } from './chat'
import type { Session } from './session'

const PATIENCE = 4000
const POLL_EVERY = 4000

export class Fallback {
  /** Requests do get through. */
  isServing = false
  private isNeeded = false
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly session: Session,
    private readonly chat: Chat,
  ) {}

  watch(status: SocketStatus): void {
    if (status === 'online' || status === 'idle') {
      clearTimeout(this.timer)
      this.timer = undefined
      this.isNeeded = this.isServing = false
    } else this.timer ??= setTimeout(() => void this.begin(), PATIENCE)
  }

  post(item: Pending<Outgoing>): void {
    if (!this.isNeeded) return
    const { content, context } = item.payload
    const { outbox } = this.chat
    this.session
      .call<{ conversation_id: string; seq: number }>('POST', '/visitor/messages', { client_id: item.id, content, context })
      .then(({ conversation_id, seq }) => outbox.acknowledge(item.id, conversation_id, seq))
      .catch((error: Partial<ErrorBody>) => error.code && error.code !== 'http' && outbox.refuse(item.id, error.message ?? ''))
  }

  private async begin(): Promise<void> {
    this.isNeeded = true
    await this.poll()
    if (this.isServing) this.chat.outbox.flush()
  }

  private async poll(): Promise<void> {
    const { conversation } = this.chat
    try {
      if (conversation?.state === 'open') {
        const query = `conversation_id=${conversation.conversation_id}&since=${conversation.public_seq}`
        const { events } = await this.session.call<{ events: TimelineEvent[] }>('GET', `/visitor/events?${query}`)
        if (this.isNeeded) this.chat.take(conversation.conversation_id, events)
      } else await this.chat.refresh()
      this.isServing = this.isNeeded
    } catch {
      this.isServing = false
    }
    if (this.isNeeded) this.timer = setTimeout(() => void this.poll(), POLL_EVERY)
  }
}
