import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import '@xiaoer/ui/tokens.css'
import './element.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router'
import { applyPreferences } from './shell/preferences'

async function start(): Promise<void> {
  if (import.meta.env.MODE === 'mocked') await (await import('../dev/mock')).install()
  await applyPreferences()
  createApp(App).use(createPinia()).use(router).mount('#app')
}

void start()
