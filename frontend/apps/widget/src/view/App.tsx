import { Component, Fragment, h } from 'preact'
import type { Widget } from '../widget'
import { Composer } from './Composer'
import { Header } from './Header'
import { Lightbox } from './Lightbox'
import { Log } from './Log'
import { EndSheet, OrdersSheet } from './Sheets'

interface Props {
  w: Widget
}

export class App extends Component<Props, { isDragging?: boolean }> {
  private panel: HTMLElement | null = null
  private wasOpen = false

  /** Focus goes in with the panel; the host takes it back to the launcher. */
  override componentDidUpdate(): void {
    const { isOpen, settings } = this.props.w
    if (isOpen === this.wasOpen) return
    this.wasOpen = isOpen
    if (isOpen) this.panel?.querySelector('textarea')?.focus({ preventScroll: settings.isPage })
  }

  override componentDidMount(): void {
    this.wasOpen = this.props.w.isOpen
    if (this.wasOpen) this.panel?.querySelector('textarea')?.focus()
  }

  override render({ w }: Props) {
    return (
      <Fragment>
        {w.isOpen && this.renderPanel(w)}
        {w.zoomed && <Lightbox w={w} />}
      </Fragment>
    )
  }

  private renderPanel(w: Widget) {
    const drag = (isDragging: boolean) => (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      this.setState({ isDragging })
      if (event.type === 'drop') w.uploads.choose(event.dataTransfer.files)
    }
    return (
      <section
        class="panel"
        role="dialog"
        aria-label={w.t('dialog', { shop: w.config?.shop_name ?? '' }).trim()}
        ref={(node) => void (this.panel = node)}
        onKeyDown={(event) => {
          event.stopPropagation()
          if (event.key === 'Escape' && !event.isComposing) w.escape()
        }}
        onDragOver={drag(true)}
        onDragLeave={drag(false)}
        onDrop={drag(false)}
      >
        <div class="body" inert={w.sheet === 'orders' || w.sheet === 'end'}>
          <Header w={w} />
          <Banner w={w} />
          <Log w={w} />
          <Composer w={w} />
        </div>
        {w.sheet === 'orders' && <OrdersSheet w={w} />}
        {w.sheet === 'end' && <EndSheet w={w} />}
        {this.state.isDragging && <div class="drop">{w.t('drop')}</div>}
      </section>
    )
  }
}

function Banner({ w }: Props) {
  const { conversation, isOffline } = w.chat
  const queue = conversation?.queue
  const isQueued = conversation?.handler === 'queue' && conversation.state === 'open'
  const lines: string[] = []
  if (isOffline) lines.push(w.t('offline'))
  if (isQueued && queue) {
    const wait = queue.wait_minutes ? w.t('queuedWait', { n: queue.wait_minutes }) : ''
    lines.push(w.t('queued', { n: queue.position }) + wait)
  }
  if (isQueued && w.config && !w.config.is_open) lines.push(w.t('closed', { hours: w.config.service_hours }))
  if (w.notice) lines.push(w.notice)
  return (
    <div class="banners" role="status">
      {lines.map((line, i) => (
        <p class={isOffline && !i ? 'banner off' : 'banner'} key={line}>
          {line}
        </p>
      ))}
    </div>
  )
}
