/** The opened conversations: snapshots kept in step by events, messages on their way, who is typing. */

import { applyEvents, newId, type ConversationSummary, type Draft, type StaffServerFrame, type StaffSnapshot, type TimelineEvent } from '@xiaoer/api'
import { shallowReactive } from 'vue'
import { ApiError, get, post } from '@/http'

export interface Outgoing {
  client_id: string
  content: Draft
  is_note: boolean
  at: string
  state: 'sending' | 'failed'
  reason?: string
  seq?: number
}

export interface Thread {
  snapshot: StaffSnapshot
  outgoing: Outgoing[]
  typing: { name: string; until: number } | null
  /** Public number read up to when it was opened; null when there was nothing unread. */
  unreadAfter: number | null
  isLoadingHistory: boolean
}

const KEPT = 40

export class Threads {
  readonly known = shallowReactive(new Map<string, Thread>())

  get(id: string): Thread | undefined {
    return this.known.get(id)
  }

  seqOf(id: string): number | undefined {
    return this.known.get(id)?.snapshot.conversation.seq
  }

  async load(id: string): Promise<Thread> {
    return this.take(id, await get<StaffSnapshot>(`/conversations/${id}`))
  }

  /** A fresh snapshot; history that was read before and still joins on is kept. */
  take(id: string, snapshot: StaffSnapshot): Thread {
    const before = this.known.get(id)
    const oldest = snapshot.events[0]?.seq ?? 1
    const older = before?.snapshot.events.filter((event) => event.seq < oldest) ?? []
    const joins = older.length > 0 && older[older.length - 1]!.seq === oldest - 1
    const merged = joins ? { ...snapshot, events: [...older, ...snapshot.events], has_more: before!.snapshot.has_more } : snapshot
    if (before) {
      this.show(before, merged)
      return before
    }
    const { staff_read_seq: read, unread } = snapshot.conversation
    const thread = shallowReactive<Thread>({ snapshot: merged, outgoing: [], typing: null, unreadAfter: unread > 0 ? read : null, isLoadingHistory: false })
    this.known.set(id, thread)
    this.forgetOldest(id)
    return thread
  }

  /** False when a gap was found: the caller fetches what is missing. */
  apply(id: string, events: readonly TimelineEvent[]): boolean {
    const thread = this.known.get(id)
    if (!thread) return true
    const { snapshot, gap } = applyEvents(thread.snapshot, id, events)
    if (events.some((event) => event.actor.kind !== 'staff')) thread.typing = null
    this.show(thread, snapshot)
    return !gap
  }

  async catchUp(id: string): Promise<void> {
    const since = this.seqOf(id)
    if (since === undefined) return
    const { events, has_more: hasMore } = await get<{ events: TimelineEvent[]; has_more: boolean }>(`/conversations/${id}/events`, { since, limit: 200 })
    if (hasMore || !this.apply(id, events)) await this.load(id)
  }

  async loadHistory(id: string): Promise<void> {
    const thread = this.known.get(id)
    const first = thread?.snapshot.events[0]
    if (!thread || !first || !thread.snapshot.has_more || thread.isLoadingHistory) return
    thread.isLoadingHistory = true
    try {
      const page = await get<{ events: TimelineEvent[]; has_more: boolean }>(`/conversations/${id}/events`, { before: first.seq, limit: 50 })
      const older = page.events.filter((event) => event.seq < thread.snapshot.events[0]!.seq)
      thread.snapshot = { ...thread.snapshot, events: [...older, ...thread.snapshot.events], has_more: page.has_more }
    } finally {
      thread.isLoadingHistory = false
    }
  }

  /** A summary may be ahead of the events: take what it says, never its numbers. */
  mirror(items: readonly ConversationSummary[]): void {
    for (const item of items) {
      const thread = this.known.get(item.conversation_id)
      if (!thread || item.seq < thread.snapshot.conversation.seq) continue
      const { seq } = thread.snapshot.conversation
      thread.snapshot = { ...thread.snapshot, conversation: { ...thread.snapshot.conversation, ...item, seq } }
    }
  }

  readUpTo(frame: Extract<StaffServerFrame, { type: 'read' }>): void {
    const thread = this.known.get(frame.conversation_id)
    if (!thread) return
    const { customer_read_seq, staff_read_seq } = frame
    thread.snapshot = { ...thread.snapshot, conversation: { ...thread.snapshot.conversation, customer_read_seq, staff_read_seq } }
  }

  send(id: string, content: Draft, isNote: boolean): Promise<void> {
    const thread = this.known.get(id)
    if (!thread) return Promise.resolve()
    const item: Outgoing = { client_id: newId(), content, is_note: isNote, at: new Date().toISOString(), state: 'sending' }
    thread.outgoing = [...thread.outgoing, item]
    return this.transmit(id, item)
  }

  retry(id: string, clientId: string): Promise<void> {
    const item = this.known.get(id)?.outgoing.find((other) => other.client_id === clientId)
    return item ? this.transmit(id, item) : Promise.resolve()
  }

  discard(id: string, clientId: string): void {
    const thread = this.known.get(id)
    if (thread) thread.outgoing = thread.outgoing.filter((item) => item.client_id !== clientId)
  }

  private async transmit(id: string, item: Outgoing): Promise<void> {
    this.mark(id, item.client_id, { state: 'sending', reason: undefined })
    try {
      const { client_id, content, is_note } = item
      const { seq } = await post<{ seq: number }>(`/conversations/${id}/messages`, { client_id, content, is_note })
      this.mark(id, client_id, { seq })
      const thread = this.known.get(id)
      if (thread) this.show(thread, thread.snapshot)
      setTimeout(() => (this.seqOf(id) ?? seq) < seq && void this.catchUp(id).catch(() => {}), 800)
    } catch (error) {
      const reason = error instanceof ApiError ? error.message : String(error)
      this.mark(id, item.client_id, { state: 'failed', reason })
    }
  }

  private mark(id: string, clientId: string, change: Partial<Outgoing>): void {
    const thread = this.known.get(id)
    if (!thread) return
    thread.outgoing = thread.outgoing.map((item) => (item.client_id === clientId ? { ...item, ...change } : item))
  }

  /** Show a snapshot, and drop the outgoing messages that it holds. */
  private show(thread: Thread, snapshot: StaffSnapshot): void {
    thread.snapshot = snapshot
    if (!thread.outgoing.length) return
    const arrived = new Set(snapshot.events.map((event) => event.client_id))
    const last = snapshot.conversation.seq
    thread.outgoing = thread.outgoing.filter((item) => !arrived.has(item.client_id) && !(item.seq && item.seq <= last))
  }

  private forgetOldest(newest: string): void {
    for (const [id, thread] of this.known) {
      if (this.known.size <= KEPT) return
      if (id !== newest && !thread.outgoing.length) this.known.delete(id)
    }
  }
}
