/** The gate: what a page loads with its script tag, and what opening the panel adds, in bytes gzip. */

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const LIMITS = { 'widget.js': 13_300, 'widget-panel.js': 15_950 }
const folder = new URL('../../../../src/xiaoer/application/http/static/', import.meta.url)
for (const [name, limit] of Object.entries(LIMITS)) {
  const size = gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length
  console.log(`${name}: ${size} bytes gzip of ${limit}`)
  if (size > limit) process.exitCode = 1
}
