import { describe, expect, it } from 'vitest'
import { canSend, canTakeOver, isSendKey, pictureRefusal, replyBarrier, textLength } from '@/conversation/composer'
import { Drafts } from '@/conversation/drafts'
import { splitMasked } from '@/conversation/content/masked'

const key = (change: object) => isSendKey({ key: 'Enter', shiftKey: false, isComposing: false, keyCode: 13, ...change })

describe('the composer', () => {
  it('sends on Enter, never with Shift or while an input method composes', () => {
    expect(key({})).toBe(true)
    expect(key({ shiftKey: true })).toBe(false)
    expect(key({ isComposing: true })).toBe(false)
    expect(key({ keyCode: 229 })).toBe(false)
    expect(key({ key: 'a' })).toBe(false)
  })
  it('takes 2000 characters, counting an emoji as one', () => {
    expect(canSend('  ')).toBe(false)
    expect(canSend('好'.repeat(2000))).toBe(true)
    expect(canSend('好'.repeat(2001))).toBe(false)
    expect(textLength('😊')).toBe(1)
    expect(canSend('😊'.repeat(2000))).toBe(true)
  })
  it('says why it is closed', () => {
    const mine = { state: 'open' as const, handler: 'staff' as const, assignee: { staff_id: 'me', name: '' } }
    expect(replyBarrier(mine, 'me', true)).toBeNull()
    expect(replyBarrier(mine, 'other', true)).toBe('colleague')
    expect(replyBarrier({ ...mine, handler: 'bot', assignee: null }, 'me', true)).toBe('bot')
    expect(replyBarrier({ ...mine, state: 'ended' }, 'me', true)).toBe('ended')
    expect(replyBarrier(mine, 'me', false)).toBe('not_allowed')
    expect(canTakeOver('queue') && canTakeOver('bot')).toBe(true)
    expect(canTakeOver('ended') || canTakeOver('colleague') || canTakeOver(null)).toBe(false)
  })
  it('refuses what is no picture, and what is too big', () => {
    expect(pictureRefusal({ type: 'image/png', size: 5 })).toBeNull()
    expect(pictureRefusal({ type: 'image/svg+xml', size: 5 })).toBe('type')
    expect(pictureRefusal({ type: 'image/png', size: 11 * 1024 * 1024 })).toBe('size')
  })
})

describe('drafts', () => {
  function storage() {
    const kept = new Map<string, string>()
    return { kept, getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => void kept.set(name, value), removeItem: (name: string) => void kept.delete(name) }
  }
  it('survive a reload, per conversation and person, reply and note apart', () => {
    const disk = storage()
    const before = new Drafts(disk, 'lina')
    before.set('a', 'reply', '您好')
    before.set('a', 'note', '注意')
    const after = new Drafts(disk, 'lina')
    expect(after.get('a')).toEqual({ reply: '您好', note: '注意' })
    expect(after.has('b')).toBe(false)
    expect(new Drafts(disk, 'wei').has('a')).toBe(false)
  })
  it('leave nothing behind once sent, and outlive a broken storage', () => {
    const disk = storage()
    const drafts = new Drafts(disk, 'lina')
    drafts.set('a', 'reply', 'x')
    drafts.set('a', 'reply', '')
    expect(disk.kept.size).toBe(0)
    const memory = new Drafts(null, 'lina')
    memory.set('a', 'reply', 'y')
    expect(memory.get('a').reply).toBe('y')
  })
})

it('cuts a text at its masked pieces', () => {
  const spans = [{ index: 0, kind: 'phone', masked: '138****5678' }, { index: 1, kind: 'phone', masked: '138****5678' }]
  const pieces = splitMasked('打 138****5678 或 138****5678 吧', spans)
  expect(pieces.map((piece) => piece.span?.index)).toEqual([undefined, 0, undefined, 1, undefined])
})
