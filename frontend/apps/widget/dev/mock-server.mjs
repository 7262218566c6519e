/**
 * A small stand-in for the server, for development and tests of the widget only: the visitor part of
 * docs/reference/wire.md, in memory. `POST /mock/<action>` makes trouble: drop, deaf, hear, twice, say, take, resolve, queue.
 */

import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { accounts, answer, brief, categories, orders, products } from './mock-data.mjs'
import { draw, readConfig, serveStatic } from './mock-files.mjs'

export function startMock(port = 8601, host = '127.0.0.1') {
  const visitors = new Map()
  const files = new Map()
  const trouble = { deaf: false, twice: false }
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

  const routes = {
    'POST /api/v1/visitors': (_, body) => {
      let visitor = visitors.get(body.token)
      if (!visitor) {
        visitor = { token: id('t'), customer_id: id('u'), is_verified: false, name: body.name ?? '访客', locale: 'zh-CN', conversations: [], sockets: new Set() }
        visitors.set(visitor.token, visitor)
      }
      if (body.identity) Object.assign(visitor, { is_verified: true, name: body.identity.name })
      if (body.locale) visitor.locale = body.locale
      const { token, customer_id, is_verified, name, locale } = visitor
      return { token, customer_id, is_verified, name, locale }
    },
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

  const everyone = () => [...visitors.values()]
  const LINA = { kind: 'staff', name: '李娜' }
  const mischief = {
    drop: () => everyone().forEach((v) => v.sockets.forEach((s) => s.terminate())),
    deaf: () => (trouble.deaf = true),
    hear: () => (trouble.deaf = false),
    twice: () => (trouble.twice = true),
    forget: () => visitors.clear(),
    typing: () => everyone().forEach((v) => cast(v, { type: 'typing', actor: LINA })),
    say: (body) => everyone().filter((v) => v.conversations.length).forEach((v) => append(v, LINA, 'message', body.content ?? { type: 'text', text: body.text })),
    queue: (body) => everyone().forEach((v) => cast(v, { type: 'queue', ...body })),
    take: () => everyone().filter((v) => v.conversations.length).forEach((v) => {
      Object.assign(v.conversations.at(-1), { handler: 'staff', staff_name: LINA.name, queue: null })
      append(v, { kind: 'system', name: '' }, 'taken_over', { staff_name: LINA.name })
    }),
    read: () => everyone().filter((v) => v.conversations.length).forEach((v) => {
      const current = v.conversations.at(-1)
      current.staff_read_seq = current.public_seq
      cast(v, { type: 'read', seq: current.public_seq })
    }),
    resolve: () => everyone().forEach((v) => end(v, 'staff')),
  }

  const headers = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*', 'Access-Control-Allow-Methods': '*' }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://mock')
    const answerJson = (status, body) => response.writeHead(status, { ...headers, 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    if (request.method === 'OPTIONS') return response.writeHead(204, headers).end()
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const raw = Buffer.concat(chunks)
    if (url.pathname.startsWith('/mock/')) {
      mischief[url.pathname.slice(6)]?.(raw.length ? JSON.parse(raw) : {})
      return answerJson(200, {})
    }
    if (url.pathname === '/blank') {
      const tag = `<script async src="/widget.js" data-shop="wk_mock" data-product-id="p-earbuds"></script>`
      return response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<!doctype html><html lang="zh-CN"><meta name=viewport content="width=device-width"><title>Shop</title><body><h1>x</h1>${tag}`)
    }
    const visitor = visitors.get((request.headers.authorization ?? '').slice(7))
    if (url.pathname.startsWith('/api/v1/visitor/') && !visitor) return answerJson(401, { code: 'visitor.unknown', message: '请重新打开对话' })
    if (request.method === 'POST' && url.pathname === '/api/v1/visitor/attachments') return answerJson(201, keep(raw, request))
    const held = files.get(url.pathname.split('/visitor/attachments/')[1])
    if (held) return response.writeHead(200, { ...headers, 'Content-Type': held.meta.mime }).end(held.bytes)
    if (url.pathname.endsWith('/config')) return answerJson(200, readConfig(url))
    const image = url.pathname.match(/storefront\/images\/(.+)\.svg/)
    if (image) return response.writeHead(200, { ...headers, 'Content-Type': 'image/svg+xml' }).end(draw(image[1]))
    const single = url.pathname.match(/storefront\/products\/(.+)/)
    if (single) {
      const found = products.find((p) => p.product_id === single[1])
      return found ? answerJson(200, { product: brief(found), ...found }) : answerJson(404, { code: 'product.not_found', message: '没有这件商品' })
    }
    const route = routes[`${request.method} ${url.pathname}`]
    if (!route) return serveStatic(url, response)
    try {
      answerJson(200, route(visitor, raw.length ? JSON.parse(raw) : {}, url.searchParams))
    } catch (error) {
      answerJson(400, error)
    }
  })

  function keep(raw, request) {
    const boundary = request.headers['content-type'].split('boundary=')[1]
    const start = raw.indexOf('\r\n\r\n') + 4
    const head = raw.subarray(0, start).toString()
    const bytes = raw.subarray(start, raw.lastIndexOf(`\r\n--${boundary}`))
    const name = head.match(/filename="(.*?)"/)?.[1] ?? 'file'
    const mime = head.match(/Content-Type: (.*)\r/)?.[1] ?? 'application/octet-stream'
    const meta = { attachment_id: id('f'), name, mime, bytes: bytes.length, ...(mime.startsWith('image/') ? { width: 640, height: 400 } : {}) }
    files.set(meta.attachment_id, { meta, bytes })
    return meta
  }

  const sockets = new WebSocketServer({ server, path: '/api/v1/visitor/socket' })
  sockets.on('connection', (socket) => {
    let visitor = null
    const say = (frame) => socket.send(JSON.stringify(frame))
    socket.on('close', () => visitor?.sockets.delete(socket))
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString())
      if (frame.type === 'hello') {
        visitor = visitors.get(frame.token)
        if (!visitor) {
          say({ type: 'bye', code: 'signed_out' })
          return socket.close()
        }
        visitor.sockets.add(socket)
        const current = visitor.conversations.at(-1)
        const resumes = current && frame.conversation_id === current.conversation_id && frame.since !== undefined
        return say(resumes
          ? { type: 'welcome', snapshot: null, events: current.events.filter((e) => e.seq > frame.since) }
          : { type: 'welcome', snapshot: snapshot(visitor), events: null })
      }
      if (!visitor) return
      if (frame.type === 'ping') say({ type: 'pong' })
      if (frame.type === 'read') visitor.conversations.at(-1).customer_read_seq = frame.seq
      if (frame.type === 'handover') {
        handover(visitor)
        say({ type: 'ack', id: frame.id, conversation_id: visitor.conversations.at(-1).conversation_id, seq: 0 })
      }
      if (frame.type === 'send' && !trouble.deaf) {
        try {
          say({ type: 'ack', id: frame.id, ...receive(visitor, frame.id, frame.content) })
        } catch (error) {
          say({ type: 'error', id: frame.id, ...error })
        }
      }
    })
  })

  return new Promise((resolve) => server.listen(port, host, () => resolve({ server, port: server.address().port, mischief, trouble, visitors, close: () => {
    for (const client of sockets.clients) client.terminate()
    server.close()
  } })))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { port } = await startMock(Number(process.env.PORT ?? 8601))
  console.log(`mock server on http://127.0.0.1:${port}`)
}
