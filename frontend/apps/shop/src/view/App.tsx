import { Component, h } from 'preact'
import { listAccounts, signIn, type Account } from '../storefront'
import { LOCALES, Words, pickLocale, type Locale } from '../words'
import { xiaoer } from '../widget'
import { Home } from './Home'
import { ProductPage } from './ProductPage'

interface State {
  words: Words
  path: string
  accounts: Account[]
  account: string
}

const ACCOUNT = 'shop:account'

/** Header, the page that the address names, footer. */
export class App extends Component<object, State> {
  override state: State = {
    words: new Words(pickLocale()),
    path: location.pathname,
    accounts: [],
    account: localStorage.getItem(ACCOUNT) ?? '',
  }

  override componentDidMount(): void {
    this.dress()
    addEventListener('popstate', () => this.setState({ path: location.pathname }))
    void this.loadAccounts()
  }

  override render(_: object, { words, path, accounts, account }: State) {
    const { t } = words
    const id = /^\/demo\/products\/([^/]+)/.exec(path)?.[1]
    return (
      <div class="page" onClick={this.follow}>
        <aside class="ribbon" aria-label={t('demo')}>
          {t('demo')}
        </aside>
        <header>
          <a class="brand" href="/demo">
            <svg viewBox="0 0 32 32" aria-hidden="true">
              <path d="M16 27V13m0 5c-6 0-9-3-9-9 6 0 9 3 9 9zm0-3c5 0 9-3 9-9-6 0-9 3-9 9z" />
            </svg>
            {t('shop')}
          </a>
          <label class="pick">
            <span>{t('account')}</span>
            <select value={account} onChange={({ currentTarget }) => void this.become(currentTarget.value)}>
              <option value="">{t('guest')}</option>
              {[accounts.filter(({ about }) => about), accounts.filter(({ about }) => !about)].map((group, i) => (
                <optgroup label={t(i ? 'others' : 'stories')} key={i}>
                  {group.map(({ account_id, name, about, city }) => (
                    <option value={account_id} key={account_id}>{`${name} · ${about || city}`}</option>
                  ))}
                </optgroup>
              ))}
            </select>
          </label>
          <label class="pick">
            <span>{t('language')}</span>
            <select value={words.locale} onChange={({ currentTarget }) => this.speak(currentTarget.value as Locale)}>
              {Object.entries(LOCALES).map(([tag, { name }]) => (
                <option value={tag}>{name}</option>
              ))}
            </select>
          </label>
        </header>
        <main>{id ? <ProductPage key={id + words.locale} id={decodeURIComponent(id)} words={words} /> : <Home key={words.locale} words={words} />}</main>
        <footer>{t('demo')}</footer>
      </div>
    )
  }

  /** Links inside the shop change the page without a reload, so that the conversation stays open. */
  private readonly follow = (event: MouseEvent): void => {
    const link = (event.target as Element).closest('a')
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey
    if (!link || !isPlain || link.origin !== location.origin || !link.pathname.startsWith('/demo')) return
    event.preventDefault()
    history.pushState(null, '', link.href)
    scrollTo(0, 0)
    this.setState({ path: location.pathname })
  }

  private async loadAccounts(): Promise<void> {
    const { words, account } = this.state
    try {
      this.setState({ accounts: await listAccounts(words.locale) })
      if (account) await this.become(account)
    } catch {
      // Without accounts the shop is there for guests.
    }
  }

  private async become(account: string): Promise<void> {
    this.setState({ account })
    if (!account) {
      localStorage.removeItem(ACCOUNT)
      xiaoer('logout')
      return
    }
    localStorage.setItem(ACCOUNT, account)
    xiaoer('identify', await signIn(this.state.words.locale, account))
  }

  private speak(locale: Locale): void {
    localStorage.setItem('shop:locale', locale)
    this.setState({ words: new Words(locale) }, () => this.dress())
    xiaoer('locale', locale)
  }

  private dress(): void {
    document.documentElement.lang = this.state.words.locale
    document.title = this.state.words.t('shop')
  }
}
