/** All messages the shopper has seen of all conversations, joined up with the newest snapshot. */

import { applyVisitorEvents, type PlacedEvent, type TimelineEvent, type VisitorConversation, type VisitorSnapshot } from '@xiaoer/api'

const EMPTY: VisitorSnapshot = { conversation: null, events: [], has_more: false }

export class Thread {
  snapshot = EMPTY
  /** Older messages are still on the server. */
  hasMore = false
  /** The visitor is another one: the next snapshot replaces all. */
  isStale = false
  private past: PlacedEvent[] = []

  get conversation(): VisitorConversation | null {
    return this.snapshot.conversation
  }

  /** Oldest first, each with its conversation. */
  get events(): PlacedEvent[] {
    return [...this.past, ...placed(this.snapshot)]
  }

  get unread(): number {
    const seen = this.conversation?.customer_read_seq ?? 0
    return this.snapshot.events.filter((e) => e.seq > seen && e.kind === 'message' && e.actor.kind !== 'customer').length
  }

  clear(): void {
    this.snapshot = EMPTY
    this.past = []
    this.hasMore = false
  }

  patch(changes: Partial<VisitorConversation>): void {
    const { conversation } = this
    if (conversation) this.snapshot = { ...this.snapshot, conversation: { ...conversation, ...changes } }
  }

  prepend(events: PlacedEvent[], hasMore: boolean): void {
    this.past = [...events, ...this.past]
    this.hasMore = hasMore && events.length > 0
  }

  /** Take in what happened; gives back what is new, and whether something is missing before it. */
  take(conversationId: string, events: TimelineEvent[]): { fresh: PlacedEvent[]; gap: boolean } {
    const before = this.snapshot
    const { snapshot, gap } = applyVisitorEvents(before, conversationId, events)
    const isNew = snapshot.conversation?.conversation_id !== before.conversation?.conversation_id
    if (isNew) this.past.push(...placed(before))
    const seen = isNew ? 0 : (before.conversation?.public_seq ?? 0)
    this.snapshot = snapshot
    return { fresh: placed(snapshot).filter((event) => event.seq > seen), gap }
  }

  /** Take a snapshot, keeping the older events we hold where they join up with it. */
  adopt(snapshot: VisitorSnapshot): void {
    const old = this.snapshot
    const first = snapshot.events[0]?.seq ?? 1
    const isSame = old.conversation?.conversation_id === snapshot.conversation?.conversation_id
    const joins = isSame ? (old.conversation?.public_seq ?? 0) >= first - 1 : first === 1
    if (old.conversation && joins && !this.isStale) this.past.push(...placed(old).filter((event) => !isSame || event.seq < first))
    else {
      this.past = []
      this.hasMore = snapshot.has_more
    }
    this.isStale = false
    this.snapshot = snapshot
  }
}

function placed({ conversation, events }: VisitorSnapshot): PlacedEvent[] {
  return events.map((event) => ({ ...event, conversation_id: conversation?.conversation_id ?? '' }))
}
