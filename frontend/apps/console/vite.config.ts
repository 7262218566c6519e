import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import components from 'unplugin-vue-components/vite'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const server = 'http://127.0.0.1:8600'

export default defineConfig(({ mode }) => ({
  base: '/',
  plugins: [
    vue(),
    components({ dirs: [], dts: here('src/components.d.ts'), resolvers: [ElementPlusResolver({ importStyle: 'css' })] }),
  ],
  resolve: { alias: { '@': here('src') } },
  build: {
    outDir: mode === 'mocked' ? here('.vite/mocked') : here('../../../src/xiaoer/application/http/static/console'),
    emptyOutDir: true,
    manifest: true,
    chunkSizeWarningLimit: 900,
  },
  server: {
    port: 5273,
    proxy: Object.fromEntries(
      ['/api', '/chat', '/demo', '/widget.js', '/static'].map((path) => [path, { target: server, ws: true }]),
    ),
  },
}))
