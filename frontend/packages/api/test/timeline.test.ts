import { describe, expect, it } from 'vitest'
import {
  applyEvent,
  applyEvents,
  isGap,
  type PlacedEvent,
  type StaffSnapshot,
  type TimelineEvent,
  type VisitorSnapshot,
} from '../src'

const AT = '2026-11-21T08:00:00Z'

function said(seq: number, text: string, kind: 'customer' | 'bot' | 'staff' = 'customer'): TimelineEvent {
  return { seq, kind: 'message', at: AT, actor: { kind, name: '' }, data: { type: 'text', text } }
}

function change(seq: number, event: Pick<TimelineEvent, 'kind' | 'data'>): TimelineEvent {
  return { seq, at: AT, actor: { kind: 'system', name: '' }, ...event } as TimelineEvent
}

const EMPTY: VisitorSnapshot = { conversation: null, events: [], has_more: false }
const HISTORY = [
  change(1, { kind: 'opened', data: { locale: 'zh-CN', channel: 'web' } }),
  said(2, '你好'),
  said(3, '您好，我是 AI 助手', 'bot'),
  change(4, { kind: 'handover_requested', data: { reason: 'asked' } }),
  change(5, { kind: 'taken_over', data: { staff_name: '李娜' } }),
  said(6, '我是李娜', 'staff'),
  change(7, { kind: 'returned_to_bot', data: {} }),
  change(8, { kind: 'resolved', data: { by: 'staff' } }),
  change(9, { kind: 'rated', data: { score: 5, tags: [], comment: '' } }),
]

describe('visitor snapshots', () => {
  it('opens, hands over, returns, ends and is rated', () => {
    const states = HISTORY.map((_, i) => applyEvents(EMPTY, 'c1', HISTORY.slice(0, i + 1)).snapshot.conversation!)
    expect(states.map((c) => c.handler)).toEqual(['bot', 'bot', 'bot', 'queue', 'staff', 'staff', 'bot', 'bot', 'bot'])
    expect(states[5]!.staff_name).toBe('李娜')
    expect(states[6]!.staff_name).toBeNull()
    expect(states[8]!).toMatchObject({ state: 'ended', public_seq: 9, rating: { score: 5 } })
  })

  it('skips duplicates and keeps the very same object', () => {
    const { snapshot } = applyEvents(EMPTY, 'c1', HISTORY)
    for (const event of HISTORY) expect(applyEvent(snapshot, { ...event, conversation_id: 'c1' })).toBe(snapshot)
    expect(applyEvents(snapshot, 'c1', HISTORY)).toEqual({ snapshot, gap: false })
  })

  it('stops at a gap and says so', () => {
    const { snapshot } = applyEvents(EMPTY, 'c1', HISTORY.slice(0, 3))
    const result = applyEvents(snapshot, 'c1', [HISTORY[4]!, HISTORY[5]!])
    expect(result.gap).toBe(true)
    expect(result.snapshot).toBe(snapshot)
    expect(isGap(snapshot, { ...HISTORY[3]!, conversation_id: 'c1' })).toBe(false)
  })

  it('any split of the same events gives the same snapshot', () => {
    const whole = applyEvents(EMPTY, 'c1', HISTORY).snapshot
    for (let cut = 0; cut <= HISTORY.length; cut++) {
      const first = applyEvents(EMPTY, 'c1', HISTORY.slice(0, cut)).snapshot
      expect(applyEvents(first, 'c1', HISTORY.slice(Math.max(0, cut - 2))).snapshot).toEqual(whole)
    }
  })

  it('starts another conversation at its first event only', () => {
    const { snapshot } = applyEvents(EMPTY, 'c1', HISTORY)
    const opening: PlacedEvent = { ...HISTORY[0]!, conversation_id: 'c2' }
    const next = applyEvent(snapshot, opening)
    expect(next.conversation).toMatchObject({ conversation_id: 'c2', state: 'open', public_seq: 1, rating: null })
    expect(next.events).toHaveLength(1)
    expect(next.has_more).toBe(true)
    expect(isGap(snapshot, { ...said(3, 'x'), conversation_id: 'c2' })).toBe(true)
    expect(applyEvent(snapshot, { ...said(3, 'x'), conversation_id: 'c2' })).toBe(snapshot)
  })

  it('drops the place in the queue once somebody answers', () => {
    const queued = applyEvents(EMPTY, 'c1', HISTORY.slice(0, 4)).snapshot
    queued.conversation!.queue = { position: 2 }
    expect(applyEvent(queued, { ...HISTORY[4]!, conversation_id: 'c1' }).conversation!.queue).toBeNull()
  })
})

describe('staff snapshots', () => {
  const START: StaffSnapshot = {
    conversation: {
      conversation_id: 'c1',
      customer: { customer_id: 'u1', name: '访客', is_verified: false },
      channel: 'web',
      locale: 'zh-CN',
      state: 'open',
      handler: 'bot',
      assignee: null,
      last_text: '',
      last_actor: '',
      last_message_at: AT,
      unread: 0,
      waiting_since: null,
      rating: null,
      seq: 3,
      public_seq: 3,
      customer_read_seq: 0,
      staff_read_seq: 0,
      context: {},
      summary: null,
    },
    events: [],
    has_more: true,
  }

  it('counts every event and moves the public number only with public ones', () => {
    const note = { ...said(4, '内部', 'staff'), kind: 'note' } as TimelineEvent
    const reply = { ...said(5, '您好', 'staff'), public_seq: 4 }
    const { snapshot, gap } = applyEvents(START, 'c1', [note, reply])
    expect(gap).toBe(false)
    expect(snapshot.conversation).toMatchObject({ seq: 5, public_seq: 4 })
    expect(snapshot.events).toHaveLength(2)
  })

  it('knows who has it', () => {
    const { snapshot } = applyEvents(START, 'c1', [
      change(4, { kind: 'handover_requested', data: { reason: 'asked' } }),
      change(5, { kind: 'taken_over', data: { staff_id: 's1', staff_name: '李娜' } }),
      change(6, { kind: 'identified', data: { name: '王芳' } }),
    ])
    expect(snapshot.conversation).toMatchObject({
      handler: 'staff',
      assignee: { staff_id: 's1', name: '李娜' },
      waiting_since: null,
      customer: { name: '王芳', is_verified: true },
    })
  })

  it('ignores duplicates, foreign conversations and stops at gaps', () => {
    expect(applyEvent(START, said(3, 'old'))).toBe(START)
    expect(applyEvents(START, 'c1', [said(5, 'later')])).toEqual({ snapshot: START, gap: true })
    expect(applyEvents(START, 'other', [said(4, 'x')])).toEqual({ snapshot: START, gap: false })
  })
})
