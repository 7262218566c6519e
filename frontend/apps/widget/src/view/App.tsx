import { Component, Fragment, h } from 'preact'
import type { Widget } from '../widget'
import { Ask } from './Ask'
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
  /** What is shown, to see it change. */
  private shown = ''

  /** Focus goes in with the panel; the host takes it back to the launcher. */
  override componentDidUpdate(): void {
    const { isOpen, mustAsk, settings } = this.props.w
    const shown = `${isOpen}${mustAsk}`
    if (shown === this.shown) return
    this.shown = shown
    if (isOpen) this.panel?.querySelector<HTMLElement>('.ask input, .composer textarea')?.focus({ preventScroll: settings.isPage })
  }

  override componentDidMount(): void {
    this.componentDidUpdate()
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
          {w.mustAsk ? (
            <Ask w={w} />
          ) : (
            <Fragment>
              <Log w={w} />
              <Composer w={w} />
            </Fragment>
          )}
        </div>
        {w.sheet === 'orders' && <OrdersSheet w={w} />}
        {w.sheet === 'end' && <EndSheet w={w} />}
        {this.state.isDragging && <div class="drop">{w.t('drop')}</div>}
      </section>
    )
  }
}

/** One line on how things stand, and what has just gone wrong. */
function Banner({ w }: Props) {
  const { conversation, isOffline } = w.chat
  const { t, config } = w
  const parts: string[] = []
  if (isOffline) parts.push(t('offline'))
  else if (conversation?.handler === 'queue' && conversation.state === 'open') {
    const { position, wait_minutes } = conversation.queue ?? {}
    if (position) parts.push(t('queued', { n: position }) + (wait_minutes ? t('queuedWait', { n: wait_minutes }) : ''))
    if (config && !config.is_open) parts.push(t('closed', { hours: config.service_hours }))
  }
  return (
    <div class="banners" role="status">
      {parts.length > 0 && <p class={isOffline ? 'banner off' : 'banner'}>{parts.join(' · ')}</p>}
      {w.notice && <p class="banner">{w.notice}</p>}
    </div>
  )
}
