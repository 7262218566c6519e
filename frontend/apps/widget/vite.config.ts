import { defineConfig } from 'vitest/config'

const STATIC = '../../../src/xiaoer/application/http/static'

export default defineConfig({
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: STATIC,
    emptyOutDir: false,
    target: 'es2022',
    lib: { entry: 'src/main.ts', name: 'xiaoerWidget', formats: ['iife'], fileName: () => 'widget.js' },
  },
  test: { environment: 'happy-dom', include: ['test/**/*.test.{ts,tsx}'] },
})
