/** The numbered steps of a timeline. */

import type { Content, Product, TextContent } from './content'

export type ActorKind = 'customer' | 'bot' | 'staff' | 'system'

export interface Actor {
  kind: ActorKind
  id?: string | null
  name: string
}

export interface Rating {
  score: number
  tags: string[]
  comment: string
}

export interface Summary {
  reason: string
  questions: string[]
  intent: string | null
  order_numbers: string[]
  last_text: string
  product?: Product | null
}

export interface EventData {
  message: Content
  note: TextContent
  opened: { locale: string; channel: string }
  handover_requested: { reason: string }
  summarised: Summary
  taken_over: { staff_id?: string; staff_name: string }
  returned_to_bot: Record<string, never>
  resolved: { by: 'customer' | 'staff' | 'system' }
  rated: Rating
  identified: { name: string }
}

export type EventKind = keyof EventData

interface EventOf<K extends EventKind> {
  seq: number
  public_seq?: number | null
  kind: K
  at: string
  actor: Actor
  client_id?: string | null
  data: EventData[K]
}

export type MessageTimelineEvent = EventOf<'message'>
export type TimelineEvent = { [K in EventKind]: EventOf<K> }[EventKind]
/** An event with the conversation it belongs to, as the history across conversations gives it. */
export type PlacedEvent = TimelineEvent & { conversation_id: string }
