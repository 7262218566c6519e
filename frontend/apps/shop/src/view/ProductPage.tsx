import { Component, h } from 'preact'
import { getProduct, type ProductDetail } from '../storefront'
import type { Words } from '../words'
import { xiaoer } from '../widget'
import { stockText } from './Card'

interface Props {
  id: string
  words: Words
}

interface State {
  detail: ProductDetail | null
  sku: string
  notice: string
  hasFailed: boolean
}

export class ProductPage extends Component<Props, State> {
  override state: State = { detail: null, sku: '', notice: '', hasFailed: false }

  override componentDidMount(): void {
    void this.load()
  }

  override render({ words }: Props, { detail, sku, notice, hasFailed }: State) {
    const { t } = words
    if (hasFailed) return <p class="empty" role="alert">{t('failed')} <a href="/demo">{t('back')}</a></p>
    if (!detail) return <div class="product" role="status" aria-label={t('loading')}><div class="frame ghost" /></div>
    const { product, subtitle, variants, facts } = detail
    const variant = variants.find((one) => one.sku === sku)
    const { price, original_price, stock } = variant ?? product
    return (
      <article>
        <a class="back" href="/demo">← {t('back')}</a>
        <div class="product">
          <div class="frame">
            <img src={product.image} alt={product.title} width={560} height={560} />
          </div>
          <div class="facts">
            <h1>{product.title}</h1>
            {subtitle && <p class="subtitle">{subtitle}</p>}
            <p class="price">
              {words.money(price)}
              {original_price && original_price.amount > price.amount && <s>{words.money(original_price)}</s>}
              {product.promotion && <span class="tag">{product.promotion}</span>}
            </p>
            {variants.length > 0 && (
              <fieldset>
                <legend>{t('variant')}</legend>
                {variants.map((one) => (
                  <label class={one.stock > 0 ? '' : 'gone'} key={one.sku}>
                    <input type="radio" name="variant" checked={one.sku === sku} onChange={() => this.setState({ sku: one.sku, notice: '' })} />
                    <span>{one.name}</span>
                  </label>
                ))}
              </fieldset>
            )}
            <p class={stock > 0 ? 'stock' : 'stock none'} role="status">{stockText(words, stock)}</p>
            <div class="buttons">
              <button type="button" class="main" disabled={stock <= 0} onClick={() => this.setState({ notice: t('bought') })}>
                {t('buy')}
              </button>
              <button type="button" onClick={() => xiaoer('open')}>
                {t('ask')}
              </button>
              <span role="status">{notice}</span>
            </div>
            <ul class="promises">
              <li>{t('promiseShip')}</li>
              <li>{t('promiseReturn')}</li>
            </ul>
          </div>
        </div>
        {facts.length > 0 && (
          <section class="detail">
            <h2>{t('attributes')}</h2>
            <dl>
              {facts.map(({ name, value }) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </section>
        )}
      </article>
    )
  }

  private async load(): Promise<void> {
    const { id, words } = this.props
    try {
      const detail = await getProduct(words.locale, id)
      const { product, variants } = detail
      const first = variants.find((one) => one.stock > 0) ?? variants[0]
      this.setState({ detail, sku: first?.sku ?? '' })
      document.title = `${product.title} - ${words.t('shop')}`
      const { product_id, title, image } = product
      xiaoer('context', { product_id, title, image, url: location.href })
    } catch {
      this.setState({ hasFailed: true })
    }
  }
}
