import type { ConversationSummary } from '@xiaoer/api'
import { describe, expect, it } from 'vitest'
import { rowsOf, tabOf, upsert, waitingLevel, waitingSeconds } from '@/conversation/list'

function row(id: string, change: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    conversation_id: id, customer: { customer_id: `c-${id}`, name: id, is_verified: false }, channel: 'web', locale: 'zh-CN',
    state: 'open', handler: 'bot', assignee: null, last_text: '', last_actor: 'customer', last_message_at: '2026-11-21T10:00:00Z',
    unread: 0, waiting_since: null, rating: null, seq: 1, ...change,
  }
}
const mine = { handler: 'staff' as const, assignee: { staff_id: 'me', name: 'Me' } }

describe('the list', () => {
  it('puts a conversation under one tab', () => {
    expect(tabOf(row('a'), 'me')).toBe('bot')
    expect(tabOf(row('a', { handler: 'queue' }), 'me')).toBe('queue')
    expect(tabOf(row('a', mine), 'me')).toBe('mine')
    expect(tabOf(row('a', mine), 'other')).toBe('staff')
    expect(tabOf(row('a', { ...mine, state: 'ended' }), 'me')).toBe('ended')
  })
  it('has who waits longest first in the queue, the newest word first elsewhere', () => {
    const rows = [
      row('late', { handler: 'queue', waiting_since: '2026-11-21T10:05:00Z' }),
      row('early', { handler: 'queue', waiting_since: '2026-11-21T10:01:00Z' }),
      row('old', { last_message_at: '2026-11-21T09:00:00Z' }),
      row('new', { last_message_at: '2026-11-21T11:00:00Z' }),
    ]
    expect(rowsOf(rows, 'queue', 'me').map((one) => one.conversation_id)).toEqual(['early', 'late'])
    expect(rowsOf(rows, 'bot', 'me').map((one) => one.conversation_id)).toEqual(['new', 'old'])
  })
  it('moves a row between tabs by a frame, and ignores one that was overtaken', () => {
    const known = new Map([['a', row('a', { handler: 'queue', seq: 5 })]])
    upsert(known, [row('a', { ...mine, seq: 6 })])
    expect(rowsOf(known.values(), 'mine', 'me')).toHaveLength(1)
    upsert(known, [row('a', { handler: 'queue', seq: 4 })])
    expect(rowsOf(known.values(), 'queue', 'me')).toHaveLength(0)
  })
  it('colours the wait at 100 and 180 seconds', () => {
    expect([99, 100, 179, 180].map(waitingLevel)).toEqual(['calm', 'amber', 'amber', 'red'])
    expect(waitingSeconds('2026-11-21T10:00:00Z', Date.parse('2026-11-21T10:01:40Z'))).toBe(100)
    expect(waitingSeconds(null, 0)).toBeNull()
  })
})
