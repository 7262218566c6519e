import { Fragment, h } from 'preact'
import type { Content, LogisticsContent, Product } from '@xiaoer/api'
import { markdown, safeHref } from '../text/markdown'
import type { Widget } from '../widget'
import { Copy } from './Copy'
import { icon } from './icons'
import { OrderCard, OrderRow } from './Order'

interface Props {
  w: Widget
  content: Content
  seq: number
  isBot: boolean
  isMarkdown?: boolean
  canPress: boolean
}

/** One message of any type. The shopper's own text stays as typed. */
export function Message({ w, content, seq, isBot, isMarkdown, canPress }: Props) {
  const ai = isBot && <span class="ai">AI</span>
  const press = (id: string, label: string) =>
    w.post({ type: 'press', seq, id }, { type: 'press', seq, id, label })
  switch (content.type) {
    case 'text':
      return (
        <Fragment>
          <div class="bubble">
            {isMarkdown ? markdown(content.text) : content.text}
            {ai}
          </div>
          {content.related && content.related.length > 0 && (
            <div class="chips" role="group" aria-label={w.t('related')}>
              <span class="label">{w.t('related')}</span>
              {content.related.map(({ id, question }) => (
                <button type="button" key={id} onClick={() => w.say(question)}>
                  {question}
                </button>
              ))}
            </div>
          )}
        </Fragment>
      )
    case 'press':
      return <div class="bubble">{content.label}</div>
    case 'image':
      return <Picture w={w} content={content} />
    case 'file':
      return (
        <button type="button" class="bubble file" onClick={() => void w.pictures.download(content.attachment_id, content.name)}>
          {icon('file')}
          <span>
            {content.name}
            <small>{Math.max(1, Math.round(content.bytes / 1024))} KB</small>
          </span>
        </button>
      )
    case 'buttons':
      return (
        <div class="card">
          <div class="text">{markdown(content.text)}</div>
          <div class="actions wrap">
            {content.buttons.map(({ id, label }) => (
              <button type="button" class="button" key={id} disabled={!canPress} onClick={() => press(id, label)}>
                {label}
              </button>
            ))}
          </div>
          {ai}
        </div>
      )
    case 'orders':
      return (
        <div class="card">
          <div class="text">{markdown(content.text)}</div>
          <div class="rows">
            {content.orders.map((order) => (
              <OrderRow w={w} order={order} isDisabled={!canPress} onChoose={() => press(order.number, order.number)} />
            ))}
          </div>
          {ai}
        </div>
      )
    case 'order':
      return <OrderCard w={w} order={content.order} ai={ai} />
    case 'product':
      return <ProductCard w={w} product={content.product} ai={ai} />
    case 'logistics':
      return <Logistics w={w} content={content} ai={ai} />
    default:
      return null
  }
}

function Picture({ w, content }: { w: Widget; content: Content & { type: 'image' } }) {
  const url = w.pictures.url(content.attachment_id)
  const { name, width, height } = content
  return (
    <button type="button" class="picture" aria-label={`${w.t('zoom')}: ${w.t('picture', { name })}`} disabled={!url} onClick={() => w.set({ zoomed: { url, name } })}>
      {url ? (
        <img src={url} alt="" width={width || undefined} height={height || undefined} />
      ) : (
        <span style={{ aspectRatio: `${width || 4} / ${height || 3}` }} />
      )}
    </button>
  )
}

function ProductCard({ w, product, ai }: { w: Widget; product: Product; ai: preact.ComponentChild }) {
  const href = product.url && safeHref(new URL(product.url, w.settings.base).href)
  return (
    <div class="card product">
      <img src={new URL(product.image, w.settings.base).href} alt="" loading="lazy" />
      <div>
        <strong>{product.title}</strong>
        <span class="price">
          {w.words.money(product.price)}
          {product.original_price && <s>{w.words.money(product.original_price)}</s>}
        </span>
        {product.promotion && <span class="tag">{product.promotion}</span>}
        <span class="foot">
          <small>{product.stock > 0 ? w.t('stock', { n: product.stock }) : w.t('soldOut')}</small>
          {href && (
            <a class="button" href={href} target="_blank" rel="noopener noreferrer" aria-label={`${w.t('view')}: ${product.title}`}>
              {w.t('view')}
            </a>
          )}
        </span>
      </div>
      {ai}
    </div>
  )
}

const TRACES_SHOWN = 3

function Logistics({ w, content, ai }: { w: Widget; content: LogisticsContent; ai: preact.ComponentChild }) {
  const { carrier, state_label, tracking_number, carrier_phone, traces } = content
  const list = (from: number, to?: number) => (
    <ol class="steps">
      {traces.slice(from, to).map((trace, i) => (
        <li class={from + i ? '' : 'now'}>
          {trace.text}
          <time dateTime={trace.at}>{w.words.time(trace.at)}</time>
        </li>
      ))}
    </ol>
  )
  return (
    <div class="card">
      <div class="bar">
        <strong>{carrier}</strong>
        <span class="tag">{state_label}</span>
      </div>
      <Copy w={w} label={w.t('parcel')} value={tracking_number} />
      {carrier_phone && (
        <p class="fact">
          {w.t('phone')} <a href={`tel:${carrier_phone}`}>{carrier_phone}</a>
        </p>
      )}
      {list(0, TRACES_SHOWN)}
      {traces.length > TRACES_SHOWN && (
        <details>
          <summary>{w.t('more')}</summary>
          {list(TRACES_SHOWN)}
        </details>
      )}
      {ai}
    </div>
  )
}
