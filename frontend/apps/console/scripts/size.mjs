// What a browser loads before the desk is usable, gzipped, against the budget.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = 280 * 1024
const ENTRIES = ['index.html', 'src/shell/AppShell.vue', 'src/conversation/DeskPage.vue']
const root = new URL('../../../../src/xiaoer/application/http/static/console/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', root)))

const files = new Set()
const visit = (key) => {
  const chunk = manifest[key]
  if (!chunk || files.has(chunk.file)) return
  files.add(chunk.file)
  chunk.css?.forEach((name) => files.add(name))
  chunk.imports?.forEach(visit)
}
ENTRIES.forEach(visit)

let total = 0
for (const file of files) total += gzipSync(readFileSync(new URL(file, root)), { level: 9 }).length
console.log(`initial route: ${files.size} files, ${(total / 1024).toFixed(1)} kB gz of ${BUDGET / 1024}`)
if (total > BUDGET) process.exit(1)
