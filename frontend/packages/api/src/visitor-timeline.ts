/** Applying events to a visitor's snapshot; apart from the staff's, for the widget carries every byte to shoppers. */

import type { PlacedEvent, TimelineEvent } from './wire/event'
import type { VisitorConversation, VisitorSnapshot } from './wire/visitor'

/** `gap`: events before these are missing, fetch a snapshot. The rest was applied. */
export interface Applied<S> {
  snapshot: S
  gap: boolean
}

/** Apply events in order. Duplicates are skipped; at a gap it stops and says so. */
export function applyVisitorEvents(snapshot: VisitorSnapshot, conversationId: string, events: readonly TimelineEvent[]): Applied<VisitorSnapshot> {
  let current = snapshot
  for (const event of events) {
    const placed = { ...event, conversation_id: conversationId }
    if (isVisitorGap(current, placed)) return { snapshot: current, gap: true }
    current = applyToVisitor(current, placed)
  }
  return { snapshot: current, gap: false }
}

export function isVisitorGap({ conversation }: VisitorSnapshot, event: PlacedEvent): boolean {
  return event.seq > (conversation?.conversation_id === event.conversation_id ? conversation.public_seq : 0) + 1
}

function opened(event: PlacedEvent): VisitorConversation {
  return {
    conversation_id: event.conversation_id,
    state: 'open',
    handler: 'bot',
    public_seq: 0,
    customer_read_seq: 0,
    staff_read_seq: 0,
    rating: null,
    queue: null,
    created_at: event.at,
  }
}

export function applyToVisitor(snapshot: VisitorSnapshot, event: PlacedEvent): VisitorSnapshot {
  const isNew = snapshot.conversation?.conversation_id !== event.conversation_id
  if (isNew && event.seq !== 1) return snapshot
  const before = isNew ? opened(event) : snapshot.conversation!
  if (event.seq !== before.public_seq + 1) return snapshot
  const conversation: VisitorConversation = { ...before, public_seq: event.seq }
  if (event.kind === 'handover_requested') conversation.handler = 'queue'
  if (event.kind === 'taken_over') {
    conversation.handler = 'staff'
    conversation.staff_name = event.data.staff_name
  }
  if (event.kind === 'returned_to_bot') conversation.handler = 'bot'
  if (event.kind === 'resolved') conversation.state = 'ended'
  if (event.kind === 'rated') conversation.rating = event.data
  if (conversation.handler !== 'staff') conversation.staff_name = null
  if (conversation.handler !== 'queue' || conversation.state === 'ended') conversation.queue = null
  const events = isNew ? [event] : [...snapshot.events, event]
  // Older messages of an earlier conversation are history's: there is more whenever one existed.
  const hasMore = isNew ? snapshot.conversation !== null || snapshot.has_more : snapshot.has_more
  return { conversation, events, has_more: hasMore }
}
