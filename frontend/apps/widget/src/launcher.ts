/** The round button; plain DOM, for it is all that most pages ever show. */

import type { Widget } from './widget'

const SVG = 'http://www.w3.org/2000/svg'
const BUBBLE =
  'M12 3.5c-5 0-9 3.4-9 7.6 0 2.4 1.3 4.6 3.4 6l-.6 3.4 3.7-2c.8.2 1.6.3 2.5.3 5 0 9-3.4 9-7.7S17 3.5 12 3.5M8 11.2h.01M12 11.2h.01M16 11.2h.01'
const ARROW = 'M6 9.5l6 6 6-6'

export class Launcher {
  readonly button = document.createElement('button')
  private readonly path = document.createElementNS(SVG, 'path')
  private readonly badge = document.createElement('span')

  constructor(onClick: () => void, onNear: () => void) {
    const svg = document.createElementNS(SVG, 'svg')
    svg.setAttribute('viewBox', '0 0 24 24')
    svg.setAttribute('aria-hidden', 'true')
    svg.append(this.path)
    this.badge.className = 'badge'
    // The button's name says it in words.
    this.badge.ariaHidden = 'true'
    this.button.type = 'button'
    this.button.setAttribute('aria-haspopup', 'dialog')
    this.button.append(svg, this.badge)
    this.button.onclick = onClick
    this.button.onpointerenter = this.button.onfocus = onNear
  }

  draw({ isOpen, isBusy, chat, t }: Widget): void {
    const count = isOpen ? 0 : chat.thread.unread
    const shown = count > 99 ? '99+' : String(count)
    this.button.className = isOpen ? 'launcher open' : 'launcher'
    this.button.ariaExpanded = String(isOpen)
    this.button.ariaBusy = String(isBusy)
    this.button.ariaLabel = t(isOpen ? 'close' : 'launch') + (count ? `, ${t('unread', { n: shown })}` : '')
    this.path.setAttribute('d', isOpen ? ARROW : BUBBLE)
    this.badge.hidden = !count
    this.badge.textContent = shown
  }
}
