/** Applying events to snapshots: the one rule by which both apps stay in step with the server. */

import type { PlacedEvent, TimelineEvent } from './wire/event'
import type { StaffSnapshot } from './wire/staff'
import type { VisitorSnapshot } from './wire/visitor'
import { applyToVisitor, applyVisitorEvents, isVisitorGap, type Applied } from './visitor-timeline'

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
  if (!isStaff(snapshot)) return applyVisitorEvents(snapshot, conversationId, events) as Applied<S>
  let current: StaffSnapshot = snapshot
  if (current.conversation.conversation_id !== conversationId) return { snapshot, gap: false }
  for (const event of events) {
    if (isGap(current, { ...event, conversation_id: conversationId })) return { snapshot: current as S, gap: true }
    current = applyToStaff(current, event)
  }
  return { snapshot: current as S, gap: false }
}

/** Would this event leave a hole before it? */
export function isGap(snapshot: StaffSnapshot | VisitorSnapshot, event: PlacedEvent): boolean {
  if (!isStaff(snapshot)) return isVisitorGap(snapshot, event)
  return snapshot.conversation.conversation_id === event.conversation_id && event.seq > snapshot.conversation.seq + 1
}

function isStaff(snapshot: StaffSnapshot | VisitorSnapshot): snapshot is StaffSnapshot {
  return snapshot.conversation !== null && 'seq' in snapshot.conversation
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
