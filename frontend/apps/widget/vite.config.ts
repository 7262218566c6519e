import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const STATIC = '../../../src/xiaoer/application/http/static'

/** A page in another encoding reads a script without a charset in that encoding: write ASCII only; gzipped it is as small. */
const ascii: Plugin = {
  name: 'ascii',
  enforce: 'post',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') continue
      file.code = file.code.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    }
  },
}

/** Two classic scripts: `widget.js`, and `widget-panel.js` (mode `panel`) that it fetches at the first opening. */
export default defineConfig(({ mode }) => ({
  plugins: [ascii],
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: STATIC,
    emptyOutDir: false,
    target: 'es2022',
    cssTarget: ['chrome123', 'safari17.5', 'firefox128'],
    lib: {
      entry: mode === 'panel' ? 'src/panel.ts' : 'src/main.ts',
      name: mode === 'panel' ? 'xiaoerPanel' : 'xiaoerWidget',
      formats: ['iife'],
      fileName: () => (mode === 'panel' ? 'widget-panel.js' : 'widget.js'),
    },
  },
  test: { environment: 'happy-dom', include: ['test/**/*.test.{ts,tsx}'] },
}))
