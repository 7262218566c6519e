/** The element that holds the widget: its shadow root, theme and size, and the panel's file. */

import css from './launcher.css?inline'
import { makePalette } from './colour'
import { Launcher } from './launcher'
import type { Settings } from './settings'
import { Widget } from './widget'

export type Panel = (widget: Widget, shadow: ShadowRoot, root: HTMLElement) => () => void

export interface Host extends HTMLElement {
  receivePanel?: (panel: Panel) => void
}

export function build(settings: Settings): Widget {
  const host: Host = document.createElement('xiaoer-widget')
  const shadow = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  shadow.adoptedStyleSheets = [sheet]
  const root = document.createElement('div')
  const place = document.createElement('div')
  root.append(place)
  shadow.append(root)

  let drawPanel: (() => void) | null = null
  let script: HTMLScriptElement | null = null
  const fetchPanel = (): void => {
    if (script) return
    script = document.createElement('script')
    script.src = `${settings.base}/widget-panel.js`
    script.onerror = () => {
      script?.remove()
      script = null
      widget.hide()
    }
    document.head.append(script)
  }

  const widget: Widget = new Widget(settings, () => {
    if (widget.isOpen) fetchPanel()
    dress()
    widget.isBusy = widget.isOpen && !drawPanel
    const before = launcher?.button.ariaExpanded
    launcher?.draw(widget)
    drawPanel?.()
    if (before === 'true' && !widget.isOpen) launcher?.button.focus()
  })
  const launcher = settings.isPage ? null : new Launcher(() => (widget.isOpen ? widget.hide() : widget.show()), fetchPanel)
  if (launcher) root.append(launcher.button)
  host.receivePanel = (panel) => {
    drawPanel = panel(widget, shadow, place)
    widget.update()
  }

  const dark = matchMedia('(prefers-color-scheme: dark)')
  const dress = (): void => {
    const theme = host.dataset['theme'] || settings.theme || document.documentElement.dataset['theme']
    const isDark = theme === 'dark' || (theme !== 'light' && dark.matches)
    // A page without a viewport is laid out 980 px wide on a phone: ask the screen, too.
    const isSmall = innerWidth <= 480 || screen.width <= 480
    root.className = `root${isDark ? ' dark' : ''}${isSmall ? ' small' : ''}${settings.isPage ? ' page' : ''}`
    const scale = isSmall && innerWidth > screen.width ? innerWidth / screen.width : 1
    const palette = makePalette(widget.colour, isDark)
    for (const [name, value] of Object.entries({ ...palette, scale })) root.style.setProperty(`--${name}`, String(value))
    root.dir = widget.words.dir
    root.lang = widget.words.locale
    if (settings.isPage) {
      document.documentElement.lang = root.lang
      document.title = widget.t('launch')
    }
  }
  dark.addEventListener('change', widget.update)
  addEventListener('resize', widget.update)
  const watcher = new MutationObserver(widget.update)
  for (const node of [document.documentElement, host]) watcher.observe(node, { attributeFilter: ['data-theme'] })
  // Outside the body: what the page does to its body does not reach us.
  document.documentElement.append(host)
  return widget
}
