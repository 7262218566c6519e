/** The gate: the widget must stay within 15 kB gzip. */

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const LIMIT = 15 * 1024
const file = new URL('../../../../src/xiaoer/application/http/static/widget.js', import.meta.url)
const size = gzipSync(readFileSync(file), { level: 9 }).length
console.log(`widget.js: ${size} bytes gzip of ${LIMIT}`)
if (size > LIMIT) process.exit(1)
