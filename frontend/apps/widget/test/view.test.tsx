import { h, render } from 'preact'
import { describe, expect, it, vi } from 'vitest'
import type { Content, PlacedEvent } from '@xiaoer/api'
import { Words } from '../src/i18n'
import { Thread } from '../src/view/Thread'
import type { Widget } from '../src/widget'

function event(seq: number, kind: 'customer' | 'bot' | 'staff', data: Content): PlacedEvent {
  return { conversation_id: 'c1', seq, kind: 'message', at: '2026-11-21T08:00:00Z', actor: { kind, name: kind }, data }
}

function draw(events: PlacedEvent[], post = vi.fn()) {
  const conversation = { conversation_id: 'c1', state: 'open', handler: 'bot', staff_read_seq: 0, public_seq: events.length }
  const words = new Words('zh-CN')
  const widget = {
    words,
    t: words.t,
    post,
    settings: { base: 'http://shop' },
    pictures: { url: () => '' },
    uploads: { sending: [] },
    chat: { thread: { events }, outbox: { items: [] }, conversation },
  } as unknown as Widget
  const box = document.createElement('div')
  render(<Thread w={widget} />, box)
  return box
}

const BUTTONS: Content = { type: 'buttons', text: '原因？', buttons: [{ id: 'a', label: '尺码' }, { id: 'b', label: '破损' }] }

describe('thread', () => {
  it('labels every message of the bot as AI, and no other', () => {
    const text: Content = { type: 'text', text: '好' }
    const box = draw([event(1, 'bot', text), event(2, 'bot', BUTTONS), event(3, 'staff', text), event(4, 'customer', text)])
    expect([...box.querySelectorAll('.row')].map((row) => row.querySelectorAll('.ai').length)).toEqual([1, 1, 0, 0])
  })

  it('presses a button once', () => {
    const post = vi.fn()
    draw([event(1, 'bot', BUTTONS)], post).querySelector<HTMLElement>('.button')!.click()
    expect(post).toHaveBeenCalledWith({ type: 'press', seq: 1, id: 'a' }, expect.objectContaining({ label: '尺码' }))
    const used = draw([event(1, 'bot', BUTTONS), event(2, 'customer', { type: 'press', seq: 1, id: 'a', label: '尺码' })])
    expect([...used.querySelectorAll<HTMLButtonElement>('.button')].every((button) => button.disabled)).toBe(true)
  })

  it("shows the shopper's own marks as typed", () => {
    const box = draw([event(1, 'customer', { type: 'text', text: '**x** [y](https://z.cn)' })])
    expect(box.querySelector('.bubble')!.textContent).toBe('**x** [y](https://z.cn)')
    expect(box.querySelector('a, strong')).toBeNull()
  })

  it('says 已送达, then 已读, on the last of our own only', () => {
    const box = draw([event(1, 'customer', { type: 'text', text: '一' }), event(2, 'customer', { type: 'text', text: '二' })])
    expect([...box.querySelectorAll('.state')].map((state) => state.textContent)).toEqual(['已送达'])
  })
})
