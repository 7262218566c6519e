// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'
import { startMock } from '../dev/mock-server.mjs'
import { Chat } from '../src/chat'
import { Session } from '../src/session'
import type { Settings } from '../src/settings'
import { Store } from '../src/storage'

/** Keys are its own properties, as in a browser. */
class FakeStorage {
  [key: string]: unknown
  getItem(key: string) {
    return this[key] ?? null
  }
  setItem(key: string, value: string) {
    this[key] = value
  }
  removeItem(key: string) {
    delete this[key]
  }
}

/** The chat without views against the mock server, over real sockets. */
describe('chat', () => {
  let mock: Awaited<ReturnType<typeof startMock>>
  let chats: Chat[]

  beforeEach(async () => {
    const ignore = () => {}
    vi.stubGlobal('WebSocket', WebSocket)
    vi.stubGlobal('addEventListener', ignore)
    vi.stubGlobal('removeEventListener', ignore)
    vi.stubGlobal('document', { hidden: false, addEventListener: ignore, removeEventListener: ignore })
    vi.stubGlobal('localStorage', new FakeStorage())
    mock = await startMock(0)
    chats = []
  })
  afterEach(() => {
    for (const chat of chats) chat.socket.close()
    mock.close()
    vi.unstubAllGlobals()
  })

  function make(prefix = 'a:'): Chat {
    const base = `http://127.0.0.1:${mock.port}`
    const settings: Settings = { base, key: 'wk', locale: null, identity: null, productId: null, isPage: false, theme: null }
    const store = new Store(prefix)
    const chat = new Chat(new Session(settings, store), store, { onChange: () => {}, onArrive: () => {} })
    chats.push(chat)
    return chat
  }

  const say = (chat: Chat, text: string) => chat.send({ content: { type: 'text', text }, preview: { type: 'text', text } })
  const texts = (chat: Chat) => chat.thread.events.flatMap((e) => (e.kind === 'message' && e.data.type === 'text' ? [e.data.text] : []))
  const own = (chat: Chat) => chat.thread.events.filter((e) => e.actor.kind === 'customer' && e.kind === 'message')

  it('sends, is answered, and the optimistic copy gives way to the event', async () => {
    const chat = make()
    say(chat, '什么时候发货')
    expect(chat.outbox.items).toHaveLength(1)
    await vi.waitFor(() => expect(texts(chat)).toHaveLength(2), 3000)
    expect(chat.outbox.items).toHaveLength(0)
    expect(chat.thread.unread).toBe(1)
    chat.markRead()
    expect(chat.thread.unread).toBe(0)
  })

  it('loses and doubles nothing when sockets drop and frames come twice', async () => {
    const chat = make()
    await chat.start()
    mock.trouble.twice = true
    for (let i = 0; i < 12; i++) {
      say(chat, `第 ${i} 条`)
      await new Promise((done) => setTimeout(done, 60))
      if (i % 4 === 1) mock.mischief['drop']!()
    }
    await vi.waitFor(() => expect(own(chat)).toHaveLength(12), 10_000)
    const seqs = chat.thread.events.map((e) => e.seq)
    expect(seqs).toEqual(seqs.map((_, i) => i + 1))
    expect(new Set(own(chat).map((e) => e.client_id)).size).toBe(12)
    expect(chat.outbox.items).toHaveLength(0)
  }, 15_000)

  it('a retry after a lost acknowledgement leaves one copy', async () => {
    const chat = make()
    await chat.start()
    await vi.waitFor(() => expect(chat.socket.status).toBe('online'))
    mock.trouble.deaf = true
    const { id } = say(chat, '在吗')
    await new Promise((done) => setTimeout(done, 100))
    expect(own(chat)).toHaveLength(0)
    mock.trouble.deaf = false
    chat.outbox.retry(id)
    chat.outbox.retry(id)
    await vi.waitFor(() => expect(own(chat)).toHaveLength(1))
    await new Promise((done) => setTimeout(done, 100))
    expect(own(chat)).toHaveLength(1)
  })

  it('a new conversation goes on in the same thread, and history loads what came before', async () => {
    const chat = make()
    say(chat, '一')
    await vi.waitFor(() => expect(texts(chat)).toHaveLength(2), 3000)
    await chat.end()
    await vi.waitFor(() => expect(chat.conversation!.state).toBe('ended'))
    say(chat, '二')
    await vi.waitFor(() => expect(texts(chat)).toHaveLength(4), 3000)
    const ids = new Set(chat.thread.events.map((e) => e.conversation_id))
    expect(ids.size).toBe(2)
    chat.socket.close()
    const reloaded = make()
    await reloaded.start()
    await vi.waitFor(() => expect(texts(reloaded)).toHaveLength(2))
    await reloaded.history.load()
    expect(texts(reloaded)).toEqual(texts(chat))
    expect(reloaded.thread.hasMore).toBe(false)
  })

  it('becomes a new visitor when the server no longer knows the token', async () => {
    const chat = make()
    await chat.start()
    await vi.waitFor(() => expect(chat.socket.status).toBe('online'))
    mock.visitors.clear()
    mock.mischief['drop']!()
    const old = localStorage.getItem('a:token')
    say(chat, '还在吗')
    chat.socket.restart()
    await vi.waitFor(() => expect(own(chat)).toHaveLength(1), 5000)
    expect(localStorage.getItem('a:token')).not.toBe(old)
  })

  it('refusals come back in words', async () => {
    const chat = make()
    const { id } = say(chat, '长'.repeat(2001))
    await vi.waitFor(() => expect(chat.outbox.items.find((item) => item.id === id)!.state).toBe('refused'))
    expect(chat.outbox.items[0]!.reason).toContain('2000')
  })
})
