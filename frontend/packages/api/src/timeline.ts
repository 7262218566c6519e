/** Applying events to snapshots: the one rule by which both apps stay in step with the server. */

import type { PlacedEvent, TimelineEvent } from './wire/event'
import type { StaffSnapshot } from './wire/staff'
import type { VisitorConversation, VisitorSnapshot } from './wire/visitor'

/** `gap`: events before these are missing, fetch a snapshot. The rest was applied. */
export interface Applied<S> {
  snapshot: S
  gap: boolean
}

/** Events of a staff snapshot carry its `seq`; those of a visitor snapshot the public number. */
export function applyEvent(snapshot: StaffSnapshot, event: TimelineEvent): StaffSnapshot
export function applyEvent(snapshot: VisitorSnapshot, event: PlacedEvent): VisitorSnapshot
export function applyEvent(
  snapshot: StaffSnapshot | VisitorSnapshot,
  event: TimelineEvent | PlacedEvent,
): StaffSnapshot | VisitorSnapshot {
  if (isStaff(snapshot)) return applyToStaff(snapshot, event)
  return applyToVisitor(snapshot, event as PlacedEvent)
}

/** Apply events in order. Duplicates are skipped; at a gap it stops and says so. */
export function applyEvents<S extends StaffSnapshot | VisitorSnapshot>(
  snapshot: S,
  conversationId: string,
  events: readonly TimelineEvent[],
): Applied<S> {
  let current: StaffSnapshot | VisitorSnapshot = snapshot
  for (const event of events) {
    const placed = { ...event, conversation_id: conversationId }
    if (isStaff(current) && current.conversation.conversation_id !== conversationId) break
    if (isGap(current, placed)) return { snapshot: current as S, gap: true }
    current = isStaff(current) ? applyToStaff(current, event) : applyToVisitor(current, placed)
  }
  return { snapshot: current as S, gap: false }
}

/** Would this event leave a hole before it? */
export function isGap(snapshot: StaffSnapshot | VisitorSnapshot, event: PlacedEvent): boolean {
  const known = snapshot.conversation
  if (known?.conversation_id !== event.conversation_id) return !isStaff(snapshot) && event.seq > 1
  return event.seq > lastSeq(snapshot) + 1
}

function isStaff(snapshot: StaffSnapshot | VisitorSnapshot): snapshot is StaffSnapshot {
  return snapshot.conversation !== null && 'seq' in snapshot.conversation
}

function lastSeq(snapshot: StaffSnapshot | VisitorSnapshot): number {
  if (isStaff(snapshot)) return snapshot.conversation.seq
  return snapshot.conversation?.public_seq ?? 0
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

function applyToVisitor(snapshot: VisitorSnapshot, event: PlacedEvent): VisitorSnapshot {
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

function applyToStaff(snapshot: StaffSnapshot, event: TimelineEvent): StaffSnapshot {
  if (event.seq !== snapshot.conversation.seq + 1) return snapshot
  const conversation = { ...snapshot.conversation, seq: event.seq }
  if (event.public_seq) conversation.public_seq = event.public_seq
  if (event.kind === 'message') {
    conversation.last_actor = event.actor.kind
    conversation.last_message_at = event.at
  }
  if (event.kind === 'handover_requested') {
    conversation.handler = 'queue'
    conversation.assignee = null
    conversation.waiting_since = event.at
  }
  if (event.kind === 'taken_over') {
    conversation.handler = 'staff'
    conversation.assignee = { staff_id: event.data.staff_id ?? '', name: event.data.staff_name }
    conversation.waiting_since = null
  }
  if (event.kind === 'returned_to_bot') {
    conversation.handler = 'bot'
    conversation.assignee = null
  }
  if (event.kind === 'summarised') conversation.summary = event.data
  if (event.kind === 'resolved') {
    conversation.state = 'ended'
    conversation.waiting_since = null
  }
  if (event.kind === 'rated') conversation.rating = event.data
  if (event.kind === 'identified') {
    conversation.customer = { ...conversation.customer, name: event.data.name, is_verified: true }
  }
  return { ...snapshot, conversation, events: [...snapshot.events, event] }
}
