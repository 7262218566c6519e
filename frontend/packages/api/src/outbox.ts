/**
 * Messages on their way. Each has a client id for life, so that sending it again is harmless.
 * One storage key per message: tabs never overwrite each other's.
 */

import { newId } from './id'

export type PendingState = 'sending' | 'late' | 'refused' | 'sent'

export interface Pending<P> {
  id: string
  payload: P
  /** Milliseconds; the order of sending. */
  at: number
  state: PendingState
  /** Why the server refused it, in the reader's words. */
  reason?: string
  /** Where it landed, once acknowledged. */
  seq?: number
  conversation_id?: string
}

export interface OutboxOptions<P> {
  /** Prefix of the storage keys, per shop and visitor. */
  scope: string
  /** Try to send it; the answer comes through `acknowledge` or `refuse`, if it comes. */
  transmit: (item: Pending<P>) => void
  onChange: () => void
  storage?: Storage
  patience?: number
}

/** After this long without an acknowledgement a message shows as failed. */
const PATIENCE = 10_000
const DAY = 86_400_000

export class Outbox<P> {
  items: Pending<P>[] = []
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>()
  private lastAt = 0

  constructor(private readonly options: OutboxOptions<P>) {
    this.restore()
  }

  add(payload: P): Pending<P> {
    this.lastAt = Math.max(Date.now(), this.lastAt + 1)
    const item: Pending<P> = { id: newId(), payload, at: this.lastAt, state: 'sending' }
    this.items.push(item)
    this.save(item)
    this.transmit(item)
    return item
  }

  /** Send again what nobody acknowledged: after every welcome, in the order it was written. */
  flush(): void {
    for (const item of this.items) if (item.state === 'sending' || item.state === 'late') this.transmit(item)
  }

  retry(id: string): void {
    const item = this.find(id)
    if (item) this.transmit(item)
  }

  acknowledge(id: string, conversationId: string, seq: number): void {
    const item = this.find(id)
    if (!item) return
    this.forget(id)
    Object.assign(item, { state: 'sent', seq, conversation_id: conversationId })
    this.options.onChange()
  }

  refuse(id: string, reason: string): void {
    const item = this.find(id)
    if (!item) return
    this.stopTimer(id)
    item.state = 'refused'
    item.reason = reason
    this.save(item)
    this.options.onChange()
  }

  /** The timeline shows it now, or its writer gave it up. */
  remove(id: string): void {
    this.forget(id)
    const kept = this.items.filter((item) => item.id !== id)
    if (kept.length === this.items.length) return
    this.items = kept
    this.options.onChange()
  }

  clear(): void {
    for (const item of this.items) this.forget(item.id)
    this.items = []
    this.options.onChange()
  }

  private find(id: string): Pending<P> | undefined {
    return this.items.find((item) => item.id === id)
  }

  private transmit(item: Pending<P>): void {
    item.state = 'sending'
    delete item.reason
    this.stopTimer(item.id)
    const timer = setTimeout(() => {
      item.state = 'late'
      this.options.onChange()
    }, this.options.patience ?? PATIENCE)
    this.timers.set(item.id, timer)
    this.options.transmit(item)
    this.options.onChange()
  }

  private stopTimer(id: string): void {
    clearTimeout(this.timers.get(id))
    this.timers.delete(id)
  }

  private forget(id: string): void {
    this.stopTimer(id)
    this.storage((storage) => storage.removeItem(this.options.scope + id))
  }

  private save(item: Pending<P>): void {
    this.storage((storage) => storage.setItem(this.options.scope + item.id, JSON.stringify(item)))
  }

  private restore(): void {
    this.storage((storage) => {
      const { scope } = this.options
      for (const key of Object.keys(storage)) {
        if (!key.startsWith(scope)) continue
        const item = JSON.parse(storage.getItem(key) ?? 'null') as Pending<P> | null
        if (item && Date.now() - item.at < DAY) this.items.push(item)
        else storage.removeItem(key)
      }
      this.items.sort((a, b) => a.at - b.at)
    })
  }

  /** Storage may be full or forbidden; messages then live as long as the page. */
  private storage(use: (storage: Storage) => void): void {
    try {
      use(this.options.storage ?? localStorage)
    } catch {
      // Nothing to do: memory still holds them.
    }
  }
}
