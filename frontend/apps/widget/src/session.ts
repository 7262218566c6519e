/** Who the visitor is, and calls in their name. Tabs share one visitor through storage. */

import type { ErrorBody, Identity, Visitor, VisitorRequest } from '@xiaoer/api'
import type { Settings } from './settings'
import type { Store } from './storage'

/** A tab that signs in writes its token a little after the server has ended ours. */
const PATIENCE = 1200
const LOOK_EVERY = 60

export class Session {
  token: string | null
  /** The account the token stands for. */
  user: string | null
  identity: Identity | null
  /** What the shopper wants to be called; null while nobody has asked. */
  name: string | null
  /** The words of the visitor's language travel with every call. */
  locale = ''
  /** The token is another one, or gone; `isOther`: and so is the person; `lost`: another tab took this one away. */
  onToken: (isOther: boolean, lost: string | null) => void = () => {}
  private entering: Promise<void> | null = null

  constructor(
    private readonly settings: Settings,
    private readonly store: Store,
  ) {
    this.token = store.get('token')
    this.user = store.get('user')
    this.name = store.get('name')
    this.identity = settings.identity
    addEventListener('storage', ({ key, newValue }) => {
      if (key !== `${store.prefix}token` || newValue === this.token) return
      if (newValue) this.adopt(newValue)
      else if (this.token) {
        if (this.user) this.identity = null
        this.drop(!!this.user, this.token)
      }
    })
  }

  get socketUrl(): string {
    return `${this.settings.base.replace(/^http/, 'ws')}/api/v1/visitor/socket`
  }

  url(path: string): string {
    return `${this.settings.base}/api/v1${path}`
  }

  headers(): Record<string, string> {
    const headers: Record<string, string> = { 'Accept-Language': this.locale }
    if (this.token) headers['Authorization'] = `Bearer ${this.token}`
    return headers
  }

  /** A token that fits the identity the page gave. */
  async ensure(): Promise<void> {
    const isKnown = this.token && (!this.identity || this.user === this.identity.user_id)
    if (this.entering || !isKnown) await this.enter()
  }

  /** Become a visitor, resume as one, or join the visitor to an account. */
  enter(): Promise<void> {
    return this.once(() => this.register())
  }

  /** The token was refused: take the one another tab has by now, or else become a new visitor. */
  async renew(refused: string | null): Promise<void> {
    const isStill = () => !this.token || this.token === refused
    if (!isStill()) return this.ensure()
    await this.once(async () => {
      const end = Date.now() + PATIENCE * (1 + Math.random())
      while (refused && isStill() && Date.now() < end) {
        await new Promise((done) => setTimeout(done, LOOK_EVERY))
        const token = this.store.get('token')
        if (token && token !== refused && isStill()) this.adopt(token)
      }
      if (!isStill()) return
      this.forget()
      await this.register()
    })
  }

  /** Leave the account: the server forgets the token, and whoever comes next is somebody new. */
  async leave(next: Identity | null): Promise<void> {
    const headers = this.headers()
    this.identity = next
    this.name = null
    for (const key of ['name', 'user', 'token']) this.store.set(key, null)
    this.drop(true, null)
    await fetch(this.url('/visitor/sign-out'), { method: 'POST', headers, keepalive: true }).catch(() => {})
  }

  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await this.request(method, path, body)
    const isJson = response.headers.get('content-type')?.includes('json')
    return (isJson ? await response.json() : undefined) as T
  }

  async blob(path: string): Promise<Blob> {
    return (await this.request('GET', path)).blob()
  }

  private once(task: () => Promise<void>): Promise<void> {
    this.entering ??= task().finally(() => (this.entering = null))
    return this.entering
  }

  private adopt(token: string): void {
    const user = this.store.get('user')
    const isOther = !!this.user && this.user !== user
    // Somebody signed out or in elsewhere: what this page said of them no longer holds.
    if (isOther) this.identity = null
    this.token = token
    this.user = user
    this.onToken(isOther, null)
  }

  private drop(isOther: boolean, lost: string | null): void {
    this.forget()
    this.onToken(isOther, lost)
  }

  /** The store keeps it until the next one is there: only a sign-out tells the other tabs. */
  private forget(): void {
    this.token = this.user = null
  }

  private async register(): Promise<void> {
    const { identity, locale } = this
    // Somebody else's conversation is not joined to this account.
    if (this.user && identity && this.user !== identity.user_id) this.forget()
    const { token, name } = this
    const request: VisitorRequest = { widget_key: this.settings.key, locale }
    if (token) request.token = token
    if (identity) request.identity = identity
    if (name) request.name = name
    try {
      const visitor = await this.call<Visitor>('POST', '/visitors', request)
      if (this.identity !== identity) return await this.register()
      const isNew = visitor.token !== this.token
      this.token = visitor.token
      if (identity) this.user = identity.user_id
      this.store.set('user', this.user)
      this.store.set('token', this.token)
      if (isNew) this.onToken(false, null)
    } catch (error) {
      if ((error as { status?: number }).status !== 401 || !(identity || token)) throw error
      // A refused identity leaves a guest; a refused token, a new visitor.
      if (identity) {
        console.warn('xiaoer:', (error as ErrorBody).message)
        this.identity = null
      } else this.forget()
      await this.register()
    }
  }

  /** Calls in the visitor's name are made again, once, when the token is refused. */
  private async request(method: string, path: string, body?: object): Promise<Response> {
    const isOurs = path.startsWith('/visitor/')
    if (isOurs) await this.ensure()
    const { token } = this
    let response = await this.fetch(method, path, body)
    if (isOurs && response.status === 401) {
      await this.renew(token)
      response = await this.fetch(method, path, body)
    }
    if (response.ok) return response
    const problem: object = await response.json().catch(() => ({ code: 'http', message: '' }))
    throw { ...problem, status: response.status }
  }

  private fetch(method: string, path: string, body?: object): Promise<Response> {
    const headers = this.headers()
    if (path === '/visitors') delete headers['Authorization']
    if (body) headers['Content-Type'] = 'application/json'
    return fetch(this.url(path), { method, headers, body: body && JSON.stringify(body) })
  }
}
