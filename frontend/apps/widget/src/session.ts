/** Who the visitor is, and calls in their name. */

import type { ErrorBody, Identity, Visitor } from '@xiaoer/api'
import type { Settings } from './settings'
import type { Store } from './storage'

export class Session {
  token: string | null
  identity: Identity | null
  /** The words of the visitor's language travel with every call. */
  locale = ''
  private entering: Promise<void> | null = null

  constructor(
    private readonly settings: Settings,
    private readonly store: Store,
  ) {
    this.token = store.get('token')
    this.identity = settings.identity
  }

  get socketUrl(): string {
    return `${this.settings.base.replace(/^http/, 'ws')}/api/v1/visitor/socket`
  }

  url(path: string): string {
    return `${this.settings.base}/api/v1${path}`
  }

  /** A token that fits the identity the page gave. */
  ensure(): Promise<void> {
    const isKnown = this.token && (!this.identity || this.store.get('user') === this.identity.user_id)
    return isKnown ? Promise.resolve() : this.enter()
  }

  /** Become a visitor, resume as one, or join the visitor to an account. */
  enter(): Promise<void> {
    this.entering ??= this.register().finally(() => (this.entering = null))
    return this.entering
  }

  forget(): void {
    this.token = null
    this.store.set('token', null)
    this.store.set('user', null)
  }

  async call<T>(method: string, path: string, body?: object): Promise<T> {
    if (path.startsWith('/visitor/')) await this.ensure()
    let response = await this.fetch(method, path, body)
    if (response.status === 401 && this.token) {
      this.forget()
      await this.enter()
      response = await this.fetch(method, path, body)
    }
    const isJson = response.headers.get('content-type')?.includes('json')
    if (response.ok) return (isJson ? await response.json() : undefined) as T
    throw (isJson ? await response.json() : { code: 'http', message: '' }) as ErrorBody
  }

  async blob(path: string): Promise<Blob> {
    const response = await this.fetch('GET', path)
    if (!response.ok) throw new Error(String(response.status))
    return response.blob()
  }

  headers(): Record<string, string> {
    const headers: Record<string, string> = { 'Accept-Language': this.locale }
    if (this.token) headers['Authorization'] = `Bearer ${this.token}`
    return headers
  }

  private async register(): Promise<void> {
    const { identity, locale } = this
    const user = this.store.get('user')
    // Somebody else's conversation is not joined to this account.
    if (user && identity && user !== identity.user_id) this.forget()
    const request = { widget_key: this.settings.key, token: this.token ?? undefined, identity: identity ?? undefined, locale }
    const visitor = await this.call<Visitor>('POST', '/visitors', request)
    this.token = visitor.token
    this.store.set('token', visitor.token)
    if (identity) this.store.set('user', identity.user_id)
  }

  private fetch(method: string, path: string, body?: object): Promise<Response> {
    const headers = this.headers()
    if (path === '/visitors') delete headers['Authorization']
    if (body) headers['Content-Type'] = 'application/json'
    return fetch(this.url(path), { method, headers, body: body && JSON.stringify(body) })
  }
}
