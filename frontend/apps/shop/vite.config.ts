import { defineConfig } from 'vitest/config'

export default defineConfig({
  base: '/demo/',
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
  build: { outDir: '../../../src/xiaoer/application/http/static/shop', emptyOutDir: true, target: 'es2022' },
  server: { proxy: { '/api': 'http://127.0.0.1:8600', '/widget': 'http://127.0.0.1:8600' } },
  test: { environment: 'happy-dom', include: ['test/**/*.test.{ts,tsx}'] },
})
