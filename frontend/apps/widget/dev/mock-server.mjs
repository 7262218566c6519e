/**
 * A small stand-in for the server, for development and tests of the widget only: the visitor part of
 * docs/reference/wire.md, in memory. `POST /mock/<action>` makes trouble: drop, deaf, hear, twice, say, take, resolve, queue, settings.
 */

import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { brief, products } from './mock-data.mjs'
import { draw, readConfig, serveStatic } from './mock-files.mjs'
import { makeVisitors } from './mock-visitors.mjs'

export function startMock(port = 8601, host = '127.0.0.1') {
  const trouble = { deaf: false, twice: false }
  const { visitors, files, id, snapshot, append, cast, receive, handover, end, routes } = makeVisitors(trouble)
  let settings = {}
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
    settings: (body) => (settings = body),
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
    if (url.pathname.endsWith('/config')) return answerJson(200, { ...readConfig(url), ...settings })
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
      answerJson(error.status ?? 400, error)
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
