// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'
import { startMock } from '../dev/mock-server.mjs'
import { Chat } from '../src/chat'
import { command } from '../src/commands'
import { Session } from '../src/session'
import type { Settings } from '../src/settings'
import { Store } from '../src/storage'
import type { Widget } from '../src/widget'

type Listener = (event: { key: string; newValue: string | null }) => void

const WANG = { user_id: 'wang', name: '王芳', expires_at: 2e9, signature: 'good' }
const LI = { ...WANG, user_id: 'li', name: '李明' }

/** Tabs of one browser: one storage, and each hears what the others write. */
class Browser {
  readonly values = new Map<string, string>()
  readonly tabs: Tab[] = []
}

class Tab extends Store {
  hear: Listener = () => {}
  constructor(private readonly browser: Browser) {
    super('x:')
    browser.tabs.push(this)
  }
  override get(name: string) {
    return this.browser.values.get(this.prefix + name) ?? null
  }
  override set(name: string, value: string | null) {
    const key = this.prefix + name
    if ((this.browser.values.get(key) ?? null) === value) return
    if (value === null) this.browser.values.delete(key)
    else this.browser.values.set(key, value)
    for (const tab of this.browser.tabs) if (tab !== this) setTimeout(() => tab.hear({ key, newValue: value }), 10)
  }
}

/** Browsers say nothing when a socket is closed before it was open. */
class Quiet extends WebSocket {
  constructor(url: string) {
    super(url)
    this.on('error', () => {})
  }
}

describe('session', () => {
  let mock: Awaited<ReturnType<typeof startMock>>
  let browser: Browser
  let chats: Chat[]

  beforeEach(async () => {
    const ignore = () => {}
    vi.stubGlobal('WebSocket', Quiet)
    vi.stubGlobal('addEventListener', (kind: string, listener: Listener) => kind === 'storage' && (browser.tabs.at(-1)!.hear = listener))
    vi.stubGlobal('removeEventListener', ignore)
    vi.stubGlobal('document', { hidden: false, addEventListener: ignore, removeEventListener: ignore })
    vi.spyOn(console, 'warn').mockImplementation(ignore)
    mock = await startMock(0)
    browser = new Browser()
    chats = []
  })
  afterEach(() => {
    for (const chat of chats) chat.socket.close()
    mock.close()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  function open(identity: Settings['identity'] = null) {
    const settings: Settings = { base: `http://127.0.0.1:${mock.port}`, key: 'wk', locale: null, identity, productId: null, isPage: false, theme: null }
    const store = new Tab(browser)
    const session = new Session(settings, store)
    const chat = new Chat(session, store, { onChange: () => {}, onArrive: () => {} })
    chats.push(chat)
    const widget = { session, chat, store, isOpen: true, fail: () => {}, begin: () => void chat.start() } as unknown as Widget
    return { session, chat, widget }
  }

  const online = (...tabs: { chat: Chat }[]) => vi.waitFor(() => tabs.forEach(({ chat }) => expect(chat.socket.status).toBe('online')), 5000)
  const say = (chat: Chat, text: string) => chat.send({ content: { type: 'text', text }, preview: { type: 'text', text } })
  const own = (chat: Chat) => chat.thread.events.filter((e) => e.actor.kind === 'customer' && e.kind === 'message')

  it('a stored token that POST /visitors refuses gives way to a new one, without waiting for itself', async () => {
    browser.values.set('x:token', 'old')
    mock.trouble.refuses = (body) => body.token === 'old'
    const { session } = open()
    await session.enter()
    expect(session.token).not.toBe('old')
    expect(browser.values.get('x:token')).toBe(session.token)
  })

  it('a refused identity leaves a guest who can talk', async () => {
    const { session, chat } = open({ ...WANG, signature: 'bad' })
    await chat.start()
    expect(session.identity).toBeNull()
    expect(mock.visitors.get(session.token!)!.is_verified).toBe(false)
  })

  it('a refused token anywhere is renewed, and what was written arrives', async () => {
    const tab = open()
    await tab.chat.start()
    await online(tab)
    const old = tab.session.token
    mock.visitors.clear()
    await tab.session.call('GET', '/visitor/orders')
    expect(tab.session.token).not.toBe(old)
    say(tab.chat, '还在吗')
    await vi.waitFor(() => expect(own(tab.chat)).toHaveLength(1), 3000)
    expect(mock.visitors.size).toBe(1)
  })

  it('a sign-in in one tab brings the other along, without a third visitor', async () => {
    const [a, b] = [open(), open()]
    await a.chat.start()
    await vi.waitFor(() => expect(b.session.token).toBe(a.session.token))
    await b.chat.start()
    await online(a, b)
    say(b.chat, '我的快递')
    await vi.waitFor(() => expect(own(a.chat)).toHaveLength(1))
    command(a.widget, 'identify', WANG)
    await vi.waitFor(() => expect(a.session.user).toBe('wang'))
    await vi.waitFor(() => expect(b.session.token).toBe(a.session.token), 3000)
    await online(a, b)
    say(b.chat, '到哪了')
    await vi.waitFor(() => expect(own(a.chat)).toHaveLength(2), 3000)
    expect(mock.visitors.size).toBe(1)
    expect(b.session.user).toBe('wang')
  })

  it('logout ends the token on the server and begins afresh, in every tab', async () => {
    const [a, b] = [open(WANG), open(WANG)]
    await a.chat.start()
    await vi.waitFor(() => expect(b.session.user).toBe('wang'))
    await b.chat.start()
    await online(a, b)
    say(a.chat, '我的订单')
    await vi.waitFor(() => expect(own(b.chat)).toHaveLength(1))
    const old = a.session.token!
    command(a.widget, 'logout')
    expect(own(a.chat)).toHaveLength(0)
    await vi.waitFor(() => expect(own(b.chat)).toHaveLength(0))
    await vi.waitFor(() => expect(mock.visitors.has(old)).toBe(false))
    await vi.waitFor(() => expect(b.session.token).toBe(a.session.token), 4000)
    await online(a, b)
    expect(a.session.token).not.toBe(old)
    expect([a.session.user, b.session.user, b.session.identity]).toEqual([null, null, null])
    expect(mock.visitors.size).toBe(1)
  })

  it('a guest stays when a page says logout, and another account shares nothing', async () => {
    const { session, chat, widget } = open()
    say(chat, '一')
    await vi.waitFor(() => expect(own(chat)).toHaveLength(1))
    const { token } = session
    command(widget, 'logout')
    expect(session.token).toBe(token)
    command(widget, 'identify', WANG)
    await vi.waitFor(() => expect(session.user).toBe('wang'))
    command(widget, 'identify', LI)
    expect(own(chat)).toHaveLength(0)
    await vi.waitFor(() => expect(session.user).toBe('li'))
    await online({ chat })
    expect(chat.conversation).toBeNull()
  })

  it('a name travels with the hello, and again with a new one', async () => {
    const { session } = open()
    await session.enter()
    session.name = '小林'
    await session.enter()
    expect(mock.visitors.get(session.token!)!.name).toBe('小林')
    mock.visitors.clear()
    await session.call('GET', '/visitor/orders')
    expect(mock.visitors.get(session.token!)!.name).toBe('小林')
  })
})
