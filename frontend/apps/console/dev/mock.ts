/** Answers the console in the browser itself: `npm run dev:mocked`. Never part of a real build. */

import type { ConversationSummary, Counts, StaffServerFrame, TimelineEvent } from '@xiaoer/api'
import { tabOf } from '../src/conversation/list'
import * as data from './fixtures'

const timelines = new Map<string, TimelineEvent[]>()
const timeline = (id: string) => {
  if (!timelines.has(id)) timelines.set(id, data.eventsOf(id))
  return timelines.get(id)!
}
const counts = (): Counts => {
  const out = { queue: 0, mine: 0, bot: 0, staff: 0, ended: 0 }
  for (const item of data.conversations.values()) out[tabOf(item, data.me.staff_id)]++
  return out
}
let sockets: MockSocket[] = []
const broadcast = (frame: StaffServerFrame) => sockets.forEach((socket) => socket.push(frame))

class MockSocket extends EventTarget {
  readyState = 1
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  constructor(readonly url: string) {
    super()
    setTimeout(() => {
      if (new URLSearchParams(location.search).has('offline')) return this.onclose?.()
      sockets.push(this)
      this.onopen?.()
      this.push({ type: 'welcome', staff: data.me, counts: counts() })
    }, 20)
  }
  push(frame: StaffServerFrame) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  send(text: string) {
    const frame = JSON.parse(text)
    if (frame.type === 'ping') this.push({ type: 'pong' })
  }
  close() {
    sockets = sockets.filter((socket) => socket !== this)
  }
}

function append(id: string, event: Omit<TimelineEvent, 'seq' | 'at' | 'public_seq'>, isPublic: boolean): number {
  const events = timeline(id)
  const seq = events.length + 1
  const pub = Math.max(...events.map((other) => other.public_seq ?? 0))
  const made = { ...event, seq, public_seq: isPublic ? pub + 1 : null, at: new Date().toISOString() } as TimelineEvent
  events.push(made)
  broadcast({ type: 'events', conversation_id: id, events: [made] })
  return seq
}
function change(id: string, fields: Partial<ConversationSummary>): ConversationSummary {
  const next = { ...data.conversations.get(id)!, ...fields, seq: timeline(id).length, last_message_at: new Date().toISOString() }
  data.conversations.set(id, next)
  broadcast({ type: 'conversations', items: [next], counts: counts() })
  return next
}
const me = { kind: 'staff' as const, id: data.me.staff_id, name: data.me.name }

class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly params = {}) {
    super(message)
  }
}
let isSignedIn = !new URLSearchParams(location.search).has('signed-out')
const needsSetup = new URLSearchParams(location.search).has('setup')

function answer(method: string, url: URL, body: Record<string, never>): unknown {
  const path = url.pathname.replace('/api/v1', '')
  const part = path.split('/').slice(1).map(decodeURIComponent)
  const query = url.searchParams
  if (path === '/setup') {
    if (method === 'POST') isSignedIn = true
    return method === 'POST' ? {} : { needs_setup: needsSetup && !isSignedIn, is_demo: true, demo_accounts: data.people.slice(0, 3).map(({ email, name, role }) => ({ email, name, role, password: 'demo-demo-demo' })) }
  }
  if (path === '/session') {
    if (method === 'POST' && body.password === 'wrong') throw new Refused(401, 'session.refused', '邮箱或密码不正确')
    if (method === 'POST') isSignedIn = true
    if (method === 'DELETE') isSignedIn = false
    if (!isSignedIn) throw new Refused(401, 'session.missing', '请先登录')
    return { staff: data.me, shop: { shop_id: '1', name: data.shop.name, locale: 'zh-CN', is_demo: true }, needs_setup: false }
  }
  if (query.get('q') === '出错') throw new Refused(500, 'server.error', '服务器暂时没有响应')
  if (part[0] === 'conversations') return conversation(method, part, query, body)
  if (part[0] === 'customers') {
    const mine = [...data.conversations.values()]
    const of = mine.find((item) => item.customer.customer_id === part[1])!
    if (part[2] === 'orders') return { orders: of.customer.is_verified ? [data.order, data.older] : [] }
    return { ...of.customer, external_id: of.customer.is_verified ? 'U20881' : null, locale: 'zh-CN', created_at: data.older.created_at, last_seen_at: of.last_message_at, conversations: mine.filter((item) => item.customer.name === of.customer.name).slice(0, 5) }
  }
  if (part[0] === 'orders') return { order: part[1] === data.order.number ? data.order : data.older, logistics: part[1] === data.order.number ? [data.logistics] : [] }
  if (part[0] === 'knowledge') return knowledge(method, part, query, body)
  if (path === '/shop') return method === 'PUT' ? Object.assign(data.shop, body) : data.shop
  if (path === '/shop/snippet') return { widget_key: 'wk_demo_qinghe', snippet: '<script async src="http://127.0.0.1:8600/widget.js" data-shop="wk_demo_qinghe"></script>', identity_example: "window.xiaoer('identify', identity)" }
  if (part[1] === 'identity-secret') return { secret: part[2] ? 'xs_new_5f0e1c' : 'xs_2c9a77d1e0b84f' }
  if (part[0] === 'people') {
    if (method === 'GET') return { items: data.people }
    if (method === 'POST' && String(body.email).startsWith('lina')) throw new Refused(409, 'staff.email_taken', '这个邮箱已经有账号了', { field: 'email' })
    return data.me
  }
  throw new Refused(404, 'not_found', '没有找到')
}

function conversation(method: string, part: string[], query: URLSearchParams, body: Record<string, never>): unknown {
  const id = part[1]
  if (!id) {
    const view = query.get('view')
    const q = query.get('q') ?? ''
    const all = [...data.conversations.values()].filter((item) => (view === 'all' || tabOf(item, 'lina') === view) && (item.customer.name + item.last_text).includes(q))
    const from = Number(query.get('cursor') ?? 0)
    const limit = Number(query.get('limit') ?? 50)
    return { items: all.slice(from, from + limit), next_cursor: all.length > from + limit ? String(from + limit) : null, counts: counts() }
  }
  const summary = data.conversations.get(id)
  if (!summary) throw new Refused(404, 'conversation.missing', '没有这个会话')
  const events = timeline(id)
  if (!part[2]) {
    const pub = Math.max(...events.map((event) => event.public_seq ?? 0))
    return { conversation: { ...summary, seq: events.length, public_seq: pub, customer_read_seq: 9, staff_read_seq: summary.unread ? pub - summary.unread : pub, context: { url: 'https://shop.qinghe.example/p/1', title: data.product.title, product: id === 'm1' ? data.product : null }, summary: null }, events: events.slice(-50), has_more: false }
  }
  if (part[2] === 'events' && part[4] === 'reveal') return { spans: [{ index: 0, kind: 'phone', text: '13812345678' }] }
  if (part[2] === 'events') return { events: events.filter((event) => event.seq > Number(query.get('since') ?? 1e9)), has_more: false }
  if (part[2] === 'take-over') {
    if (id === 'q3') throw new Refused(409, 'conversation.already_taken', '张伟已经接管了这个会话', { staff_name: '张伟' })
    append(id, { kind: 'taken_over', actor: me, data: { staff_id: 'lina', staff_name: '李娜' } } as never, true)
    return change(id, { handler: 'staff', assignee: { staff_id: 'lina', name: '李娜' }, waiting_since: null, unread: 0 })
  }
  if (part[2] === 'return-to-bot') {
    append(id, { kind: 'returned_to_bot', actor: me, data: {} } as never, true)
    return change(id, { handler: 'bot', assignee: null })
  }
  if (part[2] === 'resolve') {
    append(id, { kind: 'resolved', actor: me, data: { by: 'staff' } } as never, true)
    return change(id, { state: 'ended' })
  }
  if (part[2] === 'messages') {
    const { content, is_note, client_id } = body as unknown as { content: { type: string; text?: string; number?: string }; is_note: boolean; client_id: string }
    if (content.text === '失败') throw new Refused(503, 'unavailable', '服务暂不可用')
    const whole = content.type === 'order' ? { type: 'order', order: data.order } : content.type === 'logistics' ? data.logistics : content.type === 'image' ? { ...content, name: 'a.png', width: 400, height: 300, bytes: 1 } : content
    const seq = append(id, { kind: is_note ? 'note' : 'message', actor: me, client_id, data: whole } as never, !is_note)
    if (!is_note) change(id, { last_text: content.text ?? '[卡片]', last_actor: 'staff', waiting_since: null })
    return { conversation_id: id, seq }
  }
  return method === 'POST' ? {} : null
}

function knowledge(method: string, part: string[], query: URLSearchParams, body: Record<string, never>): unknown {
  if (part[1] === 'categories') return { items: data.categories }
  if (part[1] === 'test')
    return {
      decision: 'answer', answer: '现货商品在付款后 **48 小时**内发出，每天 16:00 前付款的会优先安排当天出库。', intent: { id: 'urge_shipping.when_ship', label: 'urge_shipping', name: '问什么时候发货', probability: 0.93 }, microseconds: 1840,
      hits: data.entries.slice(0, 4).map((entry, index) => ({ entry_id: entry.entry_id, question: entry.content['zh-CN']!.question, phrasing: ['什么时候发货', '发什么快递', '怎么退款啊', '退款几天到'][index], probability: [0.94, 0.31, 0.08, 0.02][index], matched: ['什么时候', '发货', '发'].slice(0, 3 - Math.min(index, 2)), features: { lexical: 0.81, semantic: 0.77, intent: 0.93 } })),
    }
  if (part[1] === 'import') return query.get('dry_run') === 'true' ? { created: 0, updated: 0, unchanged: 3, rows: 6, errors: [{ row: 3, column: 'answer', code: 'missing', message: '答案不能为空' }, { row: 5, column: 'locale', code: 'unknown', message: '不认识的语言「cn」' }] } : {}
  const entry = data.entries.find((other) => other.entry_id === part[2])
  if (part[3] === 'versions') return { items: [3, 2, 1].map((version) => ({ version, changed_at: entry!.updated_at, changed_by_name: version === 1 ? '' : '陈洁', snapshot: { ...entry!, content: { 'zh-CN': { ...entry!.content['zh-CN']!, answer: version === 3 ? entry!.content['zh-CN']!.answer : '现货商品在付款后 72 小时内发出。\n\n- 预售看商品页' } } } })) }
  if (part[3] === 'restore') return { ...entry!, version: 4 }
  if (method === 'PUT' || method === 'POST') {
    if (part[2] === 'shipping.e4') throw new Refused(409, 'knowledge.changed_meanwhile', '陈洁在 2 分钟前改过这一条，你看到的不是最新内容。')
    return { ...body, entry_id: part[2] ?? 'shipping.new', version: 4, updated_at: new Date().toISOString(), updated_by_name: '李娜', from_pack: false }
  }
  if (part[2]) {
    if (!entry) throw new Refused(404, 'knowledge.missing', '没有这个条目')
    return entry
  }
  const found = data.entries.filter((other) => (!query.get('category') || other.category === query.get('category')) && (!query.get('state') || other.state === query.get('state')) && other.content['zh-CN']!.question.includes(query.get('q') ?? ''))
  return { total: found.length, next_cursor: null, items: found.map(({ content, ...rest }) => ({ ...rest, question: content['zh-CN']!.question, locales: Object.keys(content), similar_count: content['zh-CN']!.similar.length })) }
}

export async function install(): Promise<void> {
  const real = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const url = new URL(String(input), location.href)
    if (!url.pathname.startsWith('/api/v1')) return real(input, init)
    await new Promise((resolve) => setTimeout(resolve, 30))
    try {
      const body = typeof init?.body === 'string' ? JSON.parse(init.body) : {}
      return Response.json(answer(init?.method ?? 'GET', url, body) ?? {})
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const { code, message, params, status } = error
      return Response.json({ code, message, params }, { status })
    }
  }
  const RealSocket = globalThis.WebSocket
  globalThis.WebSocket = new Proxy(RealSocket, { construct: (Target, [url, protocols]) => (String(url).includes('/api/v1') ? new MockSocket(String(url)) : new Target(url, protocols)) as object })
  Object.assign(globalThis, { mock: { append, change, broadcast, drop: () => sockets.slice().forEach((socket) => socket.onclose?.()) } })
}
