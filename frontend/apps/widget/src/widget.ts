/** The widget as a whole: the conversation, the page around it and what is open. Views read it and call it. */

import type { Content, Draft, ErrorBody, Order, PageContext, VisitorOrders, WidgetConfig } from '@xiaoer/api'
import { Chat } from './chat'
import { DEFAULT } from './colour'
import { LOCALES, Words, chooseLocale } from './i18n'
import { Pictures } from './pictures'
import { Session } from './session'
import type { Settings } from './settings'
import { chime } from './sound'
import { Store } from './storage'
import { maskCards } from './text/mask'
import { Uploads } from './uploads'

/** What the page tells about the product in view; only the id is needed. */
export interface ViewedProduct extends PageContext {
  image?: string
  /** Sent or waved away: no longer offered, still the context. */
  isSettled?: boolean
}

export type Sheet = '' | 'menu' | 'emoji' | 'orders' | 'end'

export class Widget {
  words: Words
  config: WidgetConfig | null = null
  isOpen = false
  /** The panel is on its way. */
  isBusy = false
  isAtBottom = true
  sheet: Sheet = ''
  notice = ''
  zoomed: { url: string; name: string } | null = null
  orders: VisitorOrders | null = null
  viewed: ViewedProduct | null = null
  hasSound: boolean
  skipped: string | null
  /** The rating already given is being changed. */
  isRerating = false
  readonly locales = LOCALES
  readonly store: Store
  readonly session: Session
  readonly chat: Chat
  readonly pictures: Pictures
  readonly uploads: Uploads
  private isScheduled = false
  private noticeTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    readonly settings: Settings,
    private readonly draw: () => void,
  ) {
    this.store = new Store(`xiaoer:${settings.key}:`)
    // The hosted page is ours: it speaks the browser's language.
    const page = settings.isPage ? null : document.documentElement.lang
    const wishes = [this.store.get('locale'), settings.locale, page, ...navigator.languages]
    this.words = new Words(chooseLocale(wishes))
    this.session = new Session(settings, this.store)
    this.session.locale = this.words.locale
    this.pictures = new Pictures(this.session, this.update)
    this.uploads = new Uploads(this.session, this.pictures, {
      onChange: this.update,
      onRefused: (file, why) => this.tell(`${file.name}: ${this.t(why)}`),
      onDone: (content, preview) => this.post(content, preview),
    })
    this.hasSound = this.store.get('sound') === '1'
    this.skipped = this.store.get('skipped')
    if (settings.productId) this.viewed = { product_id: settings.productId }
    this.chat = new Chat(this.session, this.store, {
      onChange: this.update,
      onArrive: (event) => {
        const isSeen = this.isOpen && !document.hidden && this.isAtBottom
        if (this.hasSound && !isSeen) void chime(this.store, `${event.conversation_id}:${event.seq}`)
      },
    })
    addEventListener('storage', ({ key, newValue }) => {
      if (!newValue) return
      if (key === `${this.store.prefix}read`) this.chat.readElsewhere(newValue)
      if (key === `${this.store.prefix}current`) this.chat.followElsewhere(newValue)
    })
    document.addEventListener('visibilitychange', this.update)
    // Who talked before may have an answer waiting; everybody sees the shop's colour.
    if (this.session.token) this.begin()
    else void this.loadConfig()
  }

  /** The shop's colour, the last known one while it is not here. */
  get colour(): string {
    return this.config?.colour ?? this.store.get('colour') ?? DEFAULT
  }

  /** The shop asks for a name before the first message. */
  get mustAsk(): boolean {
    const { chat, session, config } = this
    const isFirst = !chat.thread.events.length && !chat.outbox.items.length
    return isFirst && session.name === null && !!config?.ask_before_chat.includes('name')
  }

  get t(): Words['t'] {
    return this.words.t
  }

  /** Draw once after everything that happens now; what is in view counts as read. */
  readonly update = (): void => {
    if (this.isScheduled) return
    this.isScheduled = true
    queueMicrotask(() => {
      this.isScheduled = false
      if (this.isOpen && !document.hidden && this.isAtBottom) this.chat.markRead()
      this.draw()
    })
  }

  set(changes: Partial<Pick<Widget, 'isAtBottom' | 'sheet' | 'zoomed' | 'viewed' | 'skipped' | 'isRerating'>>): void {
    Object.assign(this, changes)
    this.update()
  }

  show = (): void => {
    if (this.isOpen) return
    this.isOpen = true
    this.begin()
    this.update()
  }

  hide = (): void => {
    if (this.settings.isPage) return
    this.isOpen = false
    this.sheet = ''
    this.update()
  }

  /** Close the uppermost thing. */
  escape(): void {
    if (this.zoomed) this.set({ zoomed: null })
    else if (this.sheet) this.set({ sheet: '' })
    else this.hide()
  }

  tell(notice: string): void {
    clearTimeout(this.noticeTimer)
    this.notice = notice
    this.noticeTimer = setTimeout(() => this.tell(''), 5000)
    if (!notice) clearTimeout(this.noticeTimer)
    this.update()
  }

  readonly fail = (error: Partial<ErrorBody> | null): void => this.tell(error?.code && error.message ? error.message : this.t('problem'))

  begin(): void {
    this.chat.start().catch(this.fail)
    if (!this.config) void this.loadConfig()
  }

  /** The answer to what the shop asked. */
  introduce(name: string): void {
    this.session.name = name
    this.store.set('name', name)
    this.update()
    this.session.enter().catch(this.fail)
  }

  private async loadConfig(): Promise<void> {
    const { locale } = this.words
    try {
      this.config = await this.session.call<WidgetConfig>('GET', `/widget/${this.settings.key}/config?locale=${locale}`)
      if (locale !== this.words.locale) return void this.loadConfig()
      this.store.set('colour', this.config.colour)
      this.update()
    } catch {
      // A page that may not have the widget is not asked again and again.
      if (this.isOpen) setTimeout(() => void this.loadConfig(), 5000)
    }
  }

  say(text: string): void {
    const content = { type: 'text' as const, text: maskCards(text.trim()) }
    this.post(content, content)
  }

  post(content: Draft, preview: Content): void {
    const context: PageContext = { url: location.href.slice(0, 2000), title: document.title.slice(0, 200) }
    if (this.viewed?.product_id) context.product_id = this.viewed.product_id
    this.isAtBottom = true
    this.chat.send({ content, preview, context })
  }

  person = (): void => void this.chat.requestPerson().catch(this.fail)

  end = (): void => {
    this.set({ sheet: '' })
    this.chat.end().catch(this.fail)
  }

  speak(locale: string): void {
    if (locale === this.words.locale) return
    this.words = new Words(locale)
    this.session.locale = locale
    this.store.set('locale', locale)
    this.update()
    // One that is on its way notices by itself.
    if (this.config) void this.loadConfig()
    if (this.chat.socket.status !== 'idle') this.chat.socket.restart()
  }

  toggleSound(): void {
    this.hasSound = !this.hasSound
    this.store.set('sound', this.hasSound ? '1' : null)
    this.update()
  }

  async openOrders(): Promise<void> {
    this.orders = null
    this.set({ sheet: 'orders' })
    try {
      this.orders = await this.session.call('GET', '/visitor/orders')
      this.update()
    } catch (error) {
      this.set({ sheet: '' })
      this.fail(error as ErrorBody)
    }
  }

  sendOrder(order: Order): void {
    this.sheet = ''
    this.post({ type: 'order', number: order.number }, { type: 'order', order })
  }

  sendViewed(): void {
    const { viewed } = this
    if (!viewed?.product_id) return
    viewed.isSettled = true
    const preview = { type: 'text' as const, text: `${this.t('looking')}: ${viewed.title ?? viewed.product_id}` }
    this.post({ type: 'product', product_id: viewed.product_id }, preview)
  }
}
