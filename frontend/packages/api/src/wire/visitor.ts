/** What the widget and the server say to each other. */

import type { Draft, Order } from './content'
import type { Actor, PlacedEvent, Rating, TimelineEvent } from './event'

export type ConversationState = 'open' | 'ended'
export type Handler = 'bot' | 'queue' | 'staff'

export interface QueuePlace {
  position: number
  wait_minutes?: number | null
}

export interface VisitorConversation {
  conversation_id: string
  state: ConversationState
  handler: Handler
  staff_name?: string | null
  public_seq: number
  customer_read_seq: number
  staff_read_seq: number
  rating?: Rating | null
  queue?: QueuePlace | null
  created_at: string
}

export interface VisitorSnapshot {
  conversation: VisitorConversation | null
  events: TimelineEvent[]
  has_more: boolean
}

export interface WidgetConfig {
  shop_name: string
  bot_name: string
  locale: string
  locales: string[]
  greeting: string
  /** `#rrggbb` */
  colour: string
  hot_questions: { id: string; question: string }[]
  privacy_url?: string | null
  is_open: boolean
  service_hours: string
  ask_before_chat: string[]
}

export interface Identity {
  user_id: string
  name: string
  expires_at: number
  signature: string
}

export interface VisitorRequest {
  widget_key: string
  token?: string
  identity?: Identity
  locale?: string
  name?: string
}

export interface Visitor {
  token: string
  customer_id: string
  is_verified: boolean
  name: string
  locale: string
}

/** The page a message was written on. */
export interface PageContext {
  url?: string
  title?: string
  product_id?: string
}

export interface VisitorOrders {
  signed_in: boolean
  orders: Order[]
}

export interface VisitorHistory {
  events: PlacedEvent[]
  has_more: boolean
}

export type VisitorClientFrame =
  | { type: 'hello'; token: string; conversation_id?: string; since?: number; locale?: string }
  | { type: 'send'; id: string; content: Draft; context?: PageContext }
  | { type: 'typing' }
  | { type: 'read'; seq: number }
  | { type: 'handover'; id: string }
  | { type: 'ping' }

export type ByeCode = 'slow_consumer' | 'restarting' | 'signed_out' | 'replaced'

export type VisitorServerFrame =
  | { type: 'welcome'; snapshot: VisitorSnapshot | null; events: TimelineEvent[] | null }
  | { type: 'ack'; id: string; conversation_id: string; seq: number }
  | { type: 'error'; id?: string | null; code: string; message: string; params?: Record<string, unknown> }
  | { type: 'events'; conversation_id: string; events: TimelineEvent[] }
  | { type: 'typing'; actor: Actor }
  | { type: 'read'; seq: number }
  | ({ type: 'queue' } & QueuePlace)
  | { type: 'pong' }
  | { type: 'bye'; code: ByeCode | string }

