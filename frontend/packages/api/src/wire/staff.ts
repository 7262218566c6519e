/** What the console and the server say to each other. */

import type { Draft, LogisticsContent, Order, Product } from './content'
import type { Actor, Rating, Summary, TimelineEvent } from './event'
import type { ConversationState, Handler } from './visitor'

export type Role = 'administrator' | 'supervisor' | 'agent' | 'editor'

export interface Staff {
  staff_id: string
  email: string
  name: string
  role: Role
  permissions: string[]
  locale: string
  is_online: boolean
  disabled: boolean
}

export interface ShopBrief {
  shop_id: string
  name: string
  locale: string
  is_demo: boolean
}

export interface Session {
  staff: Staff
  shop: ShopBrief
  needs_setup: boolean
}

export interface SignedIn {
  token: string
  staff: Staff
}

export interface SetupRequest {
  shop_name: string
  email: string
  name: string
  password: string
  locale: string
  with_demo_data: boolean
}

export interface CustomerBrief {
  customer_id: string
  name: string
  is_verified: boolean
}

export type ConversationView = 'queue' | 'mine' | 'bot' | 'staff' | 'ended' | 'all'

export interface Counts {
  queue: number
  mine: number
  bot: number
  staff: number
  ended: number
}

export interface ConversationSummary {
  conversation_id: string
  customer: CustomerBrief
  channel: string
  locale: string
  state: ConversationState
  handler: Handler
  assignee: { staff_id: string; name: string } | null
  last_text: string
  last_actor: string
  last_message_at: string
  unread: number
  waiting_since: string | null
  rating: Rating | null
  seq: number
}

export interface ConversationPage {
  items: ConversationSummary[]
  next_cursor: string | null
  counts: Counts
}

export interface StaffConversation extends ConversationSummary {
  public_seq: number
  customer_read_seq: number
  staff_read_seq: number
  context: { url?: string | null; title?: string | null; product?: Product | null }
  summary: Summary | null
}

export interface StaffSnapshot {
  conversation: StaffConversation
  events: TimelineEvent[]
  has_more: boolean
}

export interface CustomerDetail extends CustomerBrief {
  external_id: string | null
  locale: string
  created_at: string
  last_seen_at: string
  conversations: ConversationSummary[]
}

export interface OrderDetail {
  order: Order
  logistics: LogisticsContent[]
}

export interface EntrySummary {
  entry_id: string
  category: string
  state: string
  version: number
  hot: number | null
  question: string
  locales: string[]
  similar_count: number
  updated_at: string
  updated_by_name: string
  from_pack: boolean
}

export interface EntryText {
  question: string
  similar: string[]
  answer: string
}

export interface EntryDraft {
  category: string
  state: string
  hot?: number | null
  intent?: string | null
  related: string[]
  content: Record<string, EntryText>
  version?: number
}

export interface Entry extends EntryDraft {
  entry_id: string
  version: number
  updated_at: string
  updated_by_name: string
  from_pack: boolean
}

export interface EntryVersion {
  version: number
  changed_at: string
  changed_by_name: string
  snapshot: EntryDraft
}

export interface ImportReport {
  created: number
  updated: number
  unchanged: number
  errors: { row: number; column: string | null; code: string; message: string }[]
  rows: number
}

export interface TestHit {
  entry_id: string
  question: string
  phrasing: string
  probability: number
  matched: string[]
  features: Record<string, number>
}

export interface TestResult {
  decision: 'answer' | 'clarify' | 'unknown' | 'flow' | 'chitchat' | 'handover'
  answer?: string | null
  intent: { id: string; label: string; name: string; probability: number } | null
  hits: TestHit[]
  microseconds: number
}

export interface ShopSettings {
  bot_name: string
  greeting: string
  colour: string
  hours: Record<string, [string, string][]>
  allowed_origins: string[]
  ask_before_chat: string[]
  variables: Record<string, Record<string, string>>
}

export interface Shop {
  name: string
  locale: string
  timezone: string
  settings: ShopSettings
}

export type StaffClientFrame =
  | { type: 'watch'; conversation_id: string; since?: number }
  | { type: 'unwatch'; conversation_id: string }
  | { type: 'send'; id: string; conversation_id: string; content: Draft; is_note: boolean }
  | { type: 'typing'; conversation_id: string }
  | { type: 'read'; conversation_id: string; seq: number }
  | { type: 'ping' }

export type StaffServerFrame =
  | { type: 'welcome'; staff: Staff; counts: Counts }
  | { type: 'snapshot'; conversation_id: string; snapshot: StaffSnapshot }
  | { type: 'events'; conversation_id: string; events: TimelineEvent[] }
  | { type: 'conversations'; items: ConversationSummary[]; counts: Counts }
  | { type: 'ack'; id: string; conversation_id: string; seq: number }
  | { type: 'error'; id?: string | null; code: string; message: string; params?: Record<string, unknown> }
  | { type: 'typing'; conversation_id: string; actor: Actor }
  | { type: 'read'; conversation_id: string; customer_read_seq: number; staff_read_seq: number }
  | { type: 'knowledge_changed' }
  | { type: 'pong' }
  | { type: 'bye'; code: string }
