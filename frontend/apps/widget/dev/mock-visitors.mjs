/** The mock server's visitors and their conversations, in memory, and the routes of the API that speak of them. */

import { accounts, answer, brief, categories, orders, products } from './mock-data.mjs'

export function makeVisitors(trouble) {
  const visitors = new Map()
  const files = new Map()
  let counter = 0
  const id = (prefix) => `${prefix}-${++counter}-${Math.random().toString(36).slice(2, 8)}`
  const now = () => new Date().toISOString()

  const snapshot = (visitor) => {
    const current = visitor.conversations.at(-1) ?? null
    if (!current) return { conversation: null, events: [], has_more: false }
    const { events, ...rest } = current
    return { conversation: rest, events: events.slice(-50), has_more: events.length > 50 || visitor.conversations.length > 1 }
  }

  function append(visitor, actor, kind, data, client_id) {
    const current = visitor.conversations.at(-1)
    const event = { seq: ++current.public_seq, kind, at: now(), actor, data, ...(client_id ? { client_id } : {}) }
    current.events.push(event)
    const frame = { type: 'events', conversation_id: current.conversation_id, events: [event] }
    cast(visitor, frame)
    if (trouble.twice) cast(visitor, frame)
    return event
  }

  function cast(visitor, frame) {
    for (const socket of visitor.sockets) socket.send(JSON.stringify(frame))
  }

  function ensureOpen(visitor) {
    if (visitor.conversations.at(-1)?.state === 'open') return
    visitor.conversations.push({
      conversation_id: id('c'), state: 'open', handler: 'bot', staff_name: null, public_seq: 0, customer_read_seq: 0,
      staff_read_seq: 0, rating: null, queue: null, created_at: now(), events: [],
    })
    append(visitor, { kind: 'system', name: '' }, 'opened', { locale: visitor.locale, channel: 'web' })
  }

  function fill(visitor, content) {
    if (content.type === 'image' || content.type === 'file') return { ...content, ...files.get(content.attachment_id)?.meta }
    if (content.type === 'product') return { type: 'product', product: brief(products.find((p) => p.product_id === content.product_id)) }
    if (content.type === 'order') return { type: 'order', order: orders.find((o) => o.number === content.number) }
    if (content.type !== 'press') return content
    const held = visitor.conversations.at(-1).events.find((e) => e.seq === content.seq)?.data
    return { ...content, label: held?.buttons?.find((b) => b.id === content.id)?.label ?? content.id }
  }

  const BOT = { kind: 'bot', name: '小二' }

  function receive(visitor, client_id, content) {
    for (const conversation of visitor.conversations) {
      const known = conversation.events.find((e) => e.client_id === client_id)
      if (known) return { conversation_id: conversation.conversation_id, seq: known.seq }
    }
    if (content.type === 'text' && content.text.length > 2000) throw { code: 'message.too_long', message: '消息太长了，最多 2000 字', params: { limit: 2000 } }
    ensureOpen(visitor)
    const current = visitor.conversations.at(-1)
    const event = append(visitor, { kind: 'customer', name: visitor.name }, 'message', fill(visitor, content), client_id)
    if (current.handler === 'bot') reply(visitor, event.data)
    return { conversation_id: current.conversation_id, seq: event.seq }
  }

  function reply(visitor, content) {
    cast(visitor, { type: 'typing', actor: BOT })
    const order = content.type === 'press' ? orders.find((o) => o.number === content.id) : null
    const asked = content.text ?? content.label ?? ''
    const replies = order ? [{ type: 'order', order }] : content.type === 'order' ? [answer('物流', visitor)[1]] : answer(asked, visitor)
    setTimeout(() => replies.forEach((each) => append(visitor, BOT, 'message', each)), 400)
  }

  function handover(visitor) {
    ensureOpen(visitor)
    const current = visitor.conversations.at(-1)
    if (current.handler !== 'bot') return
    current.handler = 'queue'
    current.queue = { position: 2, wait_minutes: 3 }
    append(visitor, { kind: 'customer', name: visitor.name }, 'handover_requested', { reason: 'asked' })
    cast(visitor, { type: 'queue', ...current.queue })
  }

  function end(visitor, by) {
    const current = visitor.conversations.at(-1)
    if (current?.state !== 'open') return
    current.state = 'ended'
    append(visitor, { kind: by, name: '' }, 'resolved', { by })
  }

  /** The guest's token ends, its sockets hear of it, and the conversations go on under a new one. */
  function signIn(visitor, identity) {
    dismiss(visitor)
    Object.assign(visitor, { is_verified: true, name: identity.name, token: id('t'), sockets: new Set() })
    visitors.set(visitor.token, visitor)
  }

  function dismiss(visitor) {
    visitors.delete(visitor.token)
    cast(visitor, { type: 'bye', code: 'signed_out' })
    for (const socket of visitor.sockets) socket.close()
  }

  const routes = {
    'POST /api/v1/visitors': (_, body) => {
      if (body.identity?.signature === 'bad' || trouble.refuses?.(body)) throw { status: 401, code: 'identity.bad_signature', message: '登录信息无效' }
      let visitor = visitors.get(body.token)
      if (!visitor) {
        visitor = { token: id('t'), customer_id: id('u'), is_verified: false, name: '', locale: 'zh-CN', conversations: [], sockets: new Set() }
        visitors.set(visitor.token, visitor)
      }
      if (body.identity && !visitor.is_verified) signIn(visitor, body.identity)
      visitor.name ||= body.name ?? ''
      if (body.locale) visitor.locale = body.locale
      const { token, customer_id, is_verified, name, locale } = visitor
      return { token, customer_id, is_verified, name, locale }
    },
    'POST /api/v1/visitor/sign-out': (visitor) => visitors.delete(visitor.token) && {},
    'GET /api/v1/visitor/conversation': (visitor) => snapshot(visitor),
    'GET /api/v1/visitor/history': (visitor, _, query) => {
      const before = visitor.conversations.findIndex((c) => c.conversation_id === query.get('before_conversation'))
      const last = before < 0 ? visitor.conversations.length - 1 : before
      const all = visitor.conversations.slice(0, last + 1).flatMap((c, i) =>
        c.events.filter((e) => i < before || before < 0 || e.seq < Number(query.get('before_seq'))).map((e) => ({ ...e, conversation_id: c.conversation_id })))
      return { events: all.slice(-30), has_more: all.length > 30 }
    },
    'GET /api/v1/visitor/events': (visitor, _, query) => ({
      events: visitor.conversations.at(-1)?.events.filter((e) => e.seq > Number(query.get('since'))) ?? [],
    }),
    'POST /api/v1/visitor/messages': (visitor, body) => receive(visitor, body.client_id, body.content),
    'POST /api/v1/visitor/handover': (visitor) => handover(visitor) ?? {},
    'POST /api/v1/visitor/end': (visitor) => end(visitor, 'customer') ?? {},
    'POST /api/v1/visitor/rating': (visitor, { conversation_id: _, ...rating }) => {
      visitor.conversations.at(-1).rating = rating
      append(visitor, { kind: 'customer', name: visitor.name }, 'rated', rating)
      return {}
    },
    'GET /api/v1/visitor/orders': (visitor) => ({ signed_in: visitor.is_verified, orders: visitor.is_verified ? orders : [] }),
    'GET /api/v1/storefront/accounts': () => ({ items: accounts }),
    'GET /api/v1/storefront/products': (_, __, query) => ({
      items: products.filter((p) => !query.get('category') || p.category === query.get('category')), categories,
    }),
    'POST /api/v1/storefront/sign-in': (_, body) => {
      const account = accounts.find((a) => a.account_id === body.account_id)
      return { identity: { user_id: account.account_id, name: account.name, expires_at: Math.floor(Date.now() / 1000) + 3600, signature: 'mock' } }
    },
  }

  return { visitors, files, id, snapshot, append, cast, receive, handover, end, routes }
}
