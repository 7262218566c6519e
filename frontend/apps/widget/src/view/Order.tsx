import { h, type ComponentChild } from 'preact'
import type { Order } from '@xiaoer/api'
import type { Widget } from '../widget'
import { Copy } from './Copy'

interface Props {
  w: Widget
  order: Order
}

function count(order: Order): number {
  return order.items.reduce((sum, { quantity }) => sum + quantity, 0)
}

/** A short order to choose from a list. */
export function OrderRow({ w, order, isDisabled, onChoose }: Props & { isDisabled?: boolean; onChoose: () => void }) {
  const first = order.items[0]
  return (
    <button type="button" class="choice" disabled={isDisabled} onClick={onChoose}>
      {first && <img src={new URL(first.image, w.settings.base).href} alt="" loading="lazy" />}
      <span>
        <b>{first?.title}</b>
        <small>{order.number}</small>
        <small>{w.t('total', { n: count(order) })}</small>
      </span>
      <span class="end">
        <b>{w.words.money(order.amount)}</b>
        <small>{order.state_label}</small>
      </span>
    </button>
  )
}

export function OrderCard({ w, order, ai }: Props & { ai: ComponentChild }) {
  return (
    <div class="card">
      <div class="bar">
        <strong>{w.t('order', { n: order.number })}</strong>
        <span class="tag">{order.state_label}</span>
      </div>
      {order.items.map((item) => (
        <div class="item">
          <img src={new URL(item.image, w.settings.base).href} alt="" loading="lazy" />
          <span>
            {item.title}
            <small>
              {item.variant} × {item.quantity}
            </small>
          </span>
          <b>{w.words.money(item.price)}</b>
        </div>
      ))}
      <p class="fact sum">
        {w.t('total', { n: count(order) })} <b class="price">{w.words.money(order.amount)}</b>
      </p>
      {order.tracking_number && <Copy w={w} label={order.carrier || w.t('parcel')} value={order.tracking_number} />}
      {order.receiver_masked && <p class="fact">{order.receiver_masked}</p>}
      <ol class="steps" aria-label={w.t('progress')}>
        {[...order.timeline].reverse().map(({ label, at }, i) => (
          <li class={i ? '' : 'now'}>
            {label}
            {at && <time dateTime={at}>{w.words.time(at)}</time>}
          </li>
        ))}
      </ol>
      {ai}
    </div>
  )
}
