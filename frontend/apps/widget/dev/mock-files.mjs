/** What the mock server reads or draws: the built files, configuration, pictures. */

import { createReadStream, existsSync, statSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { config, products } from './mock-data.mjs'

const STATIC = fileURLToPath(new URL('../../../../src/xiaoer/application/http/static', import.meta.url))
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png' }

export function readConfig(url) {
  const locale = url.searchParams.get('locale')?.startsWith('en') ? 'en' : 'zh-CN'
  const { hot, ...rest } = config[locale]
  return {
    ...rest, locale, locales: ['zh-CN', 'en'], privacy_url: 'https://example.com/privacy', is_open: true, ask_before_chat: [], colour: '#0f766e',
    hot_questions: hot.map((question, i) => ({ id: `h${i}`, question })),
  }
}

export function draw(name) {
  const product = products.find((p) => p.product_id === name)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400"><rect width="400" height="400" fill="${product?.colour ?? '#64748b'}" opacity=".14"/><circle cx="200" cy="190" r="96" fill="${product?.colour ?? '#64748b'}" opacity=".85"/><rect x="120" y="306" width="160" height="14" rx="7" fill="${product?.colour ?? '#64748b'}" opacity=".3"/></svg>`
}

export function serveStatic(url, response) {
  let path = join(STATIC, normalize(url.pathname))
  if (url.pathname.startsWith('/demo')) path = join(STATIC, 'shop', url.pathname.includes('/assets/') ? url.pathname.slice(5) : 'index.html')
  if (url.pathname === '/chat') path = join(STATIC, 'chat.html')
  if (!existsSync(path) || !statSync(path).isFile()) return response.writeHead(404).end()
  response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream', 'Cache-Control': 'no-store' })
  if (extname(path) !== '.html') return createReadStream(path).pipe(response)
  const chunks = []
  createReadStream(path).on('data', (c) => chunks.push(c)).on('end', () =>
    response.end(Buffer.concat(chunks).toString().replace('name="xiaoer-widget-key" content=""', 'name="xiaoer-widget-key" content="wk_mock"')))
}
