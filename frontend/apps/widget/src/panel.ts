/** The second file: the panel with everything in it, fetched when it is first opened. */

import { h, render } from 'preact'
import type { Host, Panel } from './host'
import css from './panel.css?inline'
import { App } from './view/App'

const mount: Panel = (widget, shadow, root) => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet]
  return () => render(h(App, { w: widget }), root)
}

document.querySelector<Host>('xiaoer-widget')?.receivePanel?.(mount)
