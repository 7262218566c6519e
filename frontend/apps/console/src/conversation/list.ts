/** Which tab a conversation is under and in what order; pure, so that a frame can be applied without asking the server. */

import type { ConversationSummary } from '@xiaoer/api'

export type Tab = 'queue' | 'mine' | 'bot' | 'staff' | 'ended'
export const TABS: Tab[] = ['queue', 'mine', 'bot', 'staff', 'ended']

export const AMBER_AFTER = 100
export const RED_AFTER = 180

export function tabOf(conversation: Pick<ConversationSummary, 'state' | 'handler' | 'assignee'>, me: string): Tab {
  if (conversation.state === 'ended') return 'ended'
  if (conversation.handler === 'queue') return 'queue'
  if (conversation.handler === 'bot') return 'bot'
  return conversation.assignee?.staff_id === me ? 'mine' : 'staff'
}

const byNewest = (a: ConversationSummary, b: ConversationSummary) =>
  b.last_message_at.localeCompare(a.last_message_at) || a.conversation_id.localeCompare(b.conversation_id)

/** Who waits longest stands first; among those who do not wait, the newest word. */
function byWaiting(a: ConversationSummary, b: ConversationSummary): number {
  if (a.waiting_since && b.waiting_since) return a.waiting_since.localeCompare(b.waiting_since) || byNewest(a, b)
  if (a.waiting_since || b.waiting_since) return a.waiting_since ? -1 : 1
  return byNewest(a, b)
}

export function rowsOf(known: Iterable<ConversationSummary>, tab: Tab, me: string): ConversationSummary[] {
  const rows = [...known].filter((conversation) => tabOf(conversation, me) === tab)
  return rows.sort(tab === 'queue' ? byWaiting : byNewest)
}

/** Newer wins; a frame that was overtaken by a newer answer changes nothing. */
export function upsert(known: Map<string, ConversationSummary>, items: readonly ConversationSummary[]): void {
  for (const item of items) {
    const before = known.get(item.conversation_id)
    if (!before || item.seq >= before.seq) known.set(item.conversation_id, item)
  }
}

export function waitingSeconds(since: string | null, now: number): number | null {
  return since === null ? null : Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
}

export function waitingLevel(seconds: number): 'calm' | 'amber' | 'red' {
  if (seconds >= RED_AFTER) return 'red'
  return seconds >= AMBER_AFTER ? 'amber' : 'calm'
}
