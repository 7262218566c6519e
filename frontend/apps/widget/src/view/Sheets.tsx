import { Component, h, type ComponentChildren } from 'preact'
import type { Widget } from '../widget'
import { OrderRow } from './Order'
import { icon } from './icons'

interface Props {
  w: Widget
}

/** A layer over the panel; focus goes into it and comes back to the composer. */
class Sheet extends Component<Props & { title: string; children: ComponentChildren }> {
  private box: HTMLElement | null = null

  override componentDidMount(): void {
    this.box?.querySelector('button')?.focus()
  }

  override componentWillUnmount(): void {
    // Once this unmounting is drawn: until then the body behind the layer is still inert.
    const composer = this.box?.closest('.panel')?.querySelector('textarea')
    setTimeout(() => composer?.focus())
  }

  override render({ w, title, children }: Props & { title: string; children: ComponentChildren }) {
    const close = () => w.set({ sheet: '' })
    return (
      <div class="veil" onClick={(event) => event.target === event.currentTarget && close()}>
        <div class="sheet" role="dialog" aria-modal="true" aria-label={title} ref={(node) => void (this.box = node)}>
          <div class="bar">
            <strong>{title}</strong>
            <button type="button" class="plain" aria-label={w.t('cancel')} onClick={close}>
              {icon('close')}
            </button>
          </div>
          {children}
        </div>
      </div>
    )
  }
}

export function OrdersSheet({ w }: Props) {
  const { orders } = w
  const hint = !orders ? 'loading' : !orders.signed_in ? 'signIn' : orders.orders.length ? null : 'noOrders'
  return (
    <Sheet w={w} title={w.t('pickOrder')}>
      {hint ? <p class="hint">{w.t(hint)}</p> : <div class="rows">{orders!.orders.map((order) => (
        <OrderRow w={w} order={order} onChoose={() => w.sendOrder(order)} />
      ))}</div>}
    </Sheet>
  )
}

export function EndSheet({ w }: Props) {
  return (
    <Sheet w={w} title={w.t('endSure')}>
      <div class="actions">
        <button type="button" class="button" onClick={() => w.set({ sheet: '' })}>
          {w.t('cancel')}
        </button>
        <button type="button" class="button main" onClick={w.end}>
          {w.t('end')}
        </button>
      </div>
    </Sheet>
  )
}
