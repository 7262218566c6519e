/** One script tag: find it, build the widget, answer the page's commands. */

import { command } from './commands'
import { build } from './host'
import { readSettings } from './settings'

type Command = [name: string, value?: unknown]

interface Queue {
  (...command: Command): void
  q?: ArrayLike<unknown>[]
}

declare global {
  interface Window {
    xiaoer?: Queue
  }
}

const tag = document.currentScript as HTMLScriptElement | null

function boot(): void {
  if (document.querySelector('xiaoer-widget')) return
  const settings = readSettings(tag)
  const widget = build(settings)
  const waiting = window.xiaoer?.q ?? []
  window.xiaoer = (name, value) => command(widget, name, value)
  for (const args of waiting) window.xiaoer(...(Array.from(args) as Command))
  if (settings.isPage) widget.show()
  widget.update()
}

if (document.body) boot()
else addEventListener('DOMContentLoaded', boot)
