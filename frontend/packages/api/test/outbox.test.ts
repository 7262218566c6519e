import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Outbox, type Pending } from '../src'

describe('outbox', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    localStorage.clear()
  })
  afterEach(() => vi.useRealTimers())

  function make(sent: Pending<string>[], scope = 'o:') {
    return new Outbox<string>({ scope, transmit: (item) => sent.push({ ...item }) > 0, onChange: () => {} })
  }

  it('keeps one id through failure, retry and reload', () => {
    const sent: Pending<string>[] = []
    const box = make(sent)
    const { id } = box.add('hello')
    vi.advanceTimersByTime(10_000)
    expect(box.items[0]!.state).toBe('late')
    box.retry(id)
    expect(box.items[0]!.state).toBe('sending')
    const reloaded = make(sent)
    reloaded.flush()
    expect(sent.map((item) => item.id)).toEqual([id, id, id])
    expect(sent.map((item) => item.payload)).toEqual(['hello', 'hello', 'hello'])
  })

  it('forgets an acknowledged message in storage, shows it until the timeline does', () => {
    const box = make([])
    const { id } = box.add('hi')
    box.acknowledge(id, 'c1', 4)
    expect(box.items[0]).toMatchObject({ state: 'sent', seq: 4 })
    expect(localStorage.length).toBe(0)
    vi.advanceTimersByTime(60_000)
    expect(box.items[0]!.state).toBe('sent')
    box.remove(id)
    expect(box.items).toEqual([])
  })

  it('sends again after a welcome in the order of writing, but not what was refused or arrived', () => {
    const sent: Pending<string>[] = []
    const box = make(sent)
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((text) => box.add(text))
    box.refuse(b!.id, '太长')
    box.acknowledge(c!.id, 'c1', 2)
    sent.length = 0
    box.flush()
    expect(sent.map((item) => item.id)).toEqual([a!.id, d!.id])
    expect(box.items[1]).toMatchObject({ state: 'refused', reason: '太长' })
  })

  it('an acknowledgement twice or for a stranger does nothing', () => {
    const box = make([])
    const { id } = box.add('x')
    box.acknowledge(id, 'c1', 1)
    box.acknowledge(id, 'c1', 1)
    box.acknowledge('nobody', 'c1', 1)
    expect(box.items).toHaveLength(1)
  })

  it('does not touch the messages of another scope', () => {
    make([], 'a:').add('one')
    const other = make([], 'b:')
    expect(other.items).toEqual([])
    other.clear()
    expect(localStorage.length).toBe(1)
  })

  it('works without storage', () => {
    const storage = { setItem: () => { throw new Error('full') }, removeItem: () => {} } as unknown as Storage
    const box = new Outbox<string>({ scope: 'o:', transmit: () => true, onChange: () => {}, storage })
    expect(box.add('x').state).toBe('sending')
  })
})
