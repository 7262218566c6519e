import { Component, h } from 'preact'
import { listProducts, type Shelf } from '../storefront'
import type { Words } from '../words'
import { xiaoer } from '../widget'
import { Card } from './Card'

interface Props {
  words: Words
}

interface State {
  category: string
  query: string
  shelf: Shelf | null
  hasFailed: boolean
}

const PAUSE = 250

export class Home extends Component<Props, State> {
  override state: State = { category: '', query: '', shelf: null, hasFailed: false }
  private timer: ReturnType<typeof setTimeout> | undefined
  private turn = 0
  private shown: string[] = []

  override componentDidMount(): void {
    document.title = this.props.words.t('shop')
    xiaoer('context', null)
    void this.load()
  }

  override render({ words }: Props, { category, query, shelf, hasFailed }: State) {
    const { t } = words
    return (
      <div>
        <section class="hero">
          <div>
            <h1>{t('tagline')}</h1>
            <p>{t('lead')}</p>
            <ul class="promises">
              <li>{t('promiseShip')}</li>
              <li>{t('promiseReturn')}</li>
              <li>{t('promiseHelp')}</li>
            </ul>
          </div>
          <div class="fan" aria-hidden="true">
            {this.shown.map((image) => (
              <img src={image} alt="" key={image} />
            ))}
          </div>
        </section>
        <div class="shelf-bar">
          <nav aria-label={t('categories')}>
            {[{ category: '', name: t('all') }, ...(shelf?.categories ?? [])].map((one) => (
              <button type="button" key={one.category} aria-pressed={one.category === category} onClick={() => this.choose({ category: one.category })}>
                {one.name}
              </button>
            ))}
          </nav>
          <input
            type="search"
            value={query}
            aria-label={t('search')}
            placeholder={t('search')}
            onInput={({ currentTarget }) => this.choose({ query: currentTarget.value }, PAUSE)}
          />
        </div>
        {hasFailed ? (
          <div class="empty" role="alert">
            <p>{t('failed')}</p>
            <button type="button" class="main" onClick={() => void this.load()}>
              {t('retry')}
            </button>
          </div>
        ) : !shelf ? (
          <div class="grid" role="status" aria-label={t('loading')}>
            {Array.from({ length: 8 }, (_, i) => (
              <div class="card ghost" key={i} />
            ))}
          </div>
        ) : (
          this.renderShelf(words, shelf)
        )}
      </div>
    )
  }

  private renderShelf(words: Words, { items }: Shelf) {
    return (
      <section>
        <p class="count" role="status">
          {items.length ? words.t('products', { n: items.length }) : words.t('none')}
        </p>
        <div class="grid">
          {items.map((product) => (
            <Card key={product.product_id} product={product} words={words} />
          ))}
        </div>
      </section>
    )
  }

  private choose(changes: Partial<Pick<State, 'category' | 'query'>>, wait = 0): void {
    clearTimeout(this.timer)
    this.setState(changes, () => (this.timer = setTimeout(() => void this.load(), wait)))
  }

  private async load(): Promise<void> {
    const { category, query } = this.state
    const turn = ++this.turn
    try {
      const shelf = await listProducts(this.props.words.locale, category, query.trim())
      if (turn !== this.turn) return
      const { items } = shelf
      const spread = [0, 1, 2].flatMap((third) => items[Math.floor((third * items.length) / 3)] ?? [])
      if (!this.shown.length) this.shown = spread.map(({ image }) => image)
      this.setState({ shelf, hasFailed: false })
    } catch {
      if (turn === this.turn) this.setState({ hasFailed: true })
    }
  }
}
