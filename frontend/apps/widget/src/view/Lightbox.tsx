import { Component, h } from 'preact'
import type { Widget } from '../widget'
import { icon } from './icons'

/** A picture over everything; a click or Enter doubles it. */
export class Lightbox extends Component<{ w: Widget }, { isBig?: boolean }> {
  private button: HTMLElement | null = null
  private from: Element | null = null

  override componentDidMount(): void {
    this.from = (this.button?.getRootNode() as ShadowRoot).activeElement
    this.button?.focus()
  }

  override componentWillUnmount(): void {
    ;(this.from as HTMLElement | null)?.focus()
  }

  override render({ w }: { w: Widget }) {
    const { url, name } = w.zoomed!
    const title = w.t('picture', { name })
    const { isBig } = this.state
    return (
      <div
        class="lightbox"
        role="dialog"
        aria-modal="true"
        aria-label={title}
        onKeyDown={(event) => {
          event.stopPropagation()
          if (event.key === 'Escape') w.escape()
        }}
      >
        <button type="button" class={isBig ? 'big' : ''} aria-pressed={!!isBig} aria-label={w.t('zoom')} onClick={() => this.setState({ isBig: !isBig })}>
          <img src={url} alt={title} />
        </button>
        <button type="button" class="plain" aria-label={w.t('cancel')} ref={(node) => void (this.button = node)} onClick={() => w.escape()}>
          {icon('close')}
        </button>
      </div>
    )
  }
}
