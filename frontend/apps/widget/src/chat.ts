/** The conversation as the shopper has it: what happened, what is on its way, what is going on. */

import {
  Outbox,
  Socket,
  newId,
  type Content,
  type Draft,
  type PageContext,
  type Pending,
  type PlacedEvent,
  type Rating,
  type TimelineEvent,
  type VisitorClientFrame,
  type VisitorServerFrame,
  type VisitorSnapshot,
} from '@xiaoer/api'
import { Fallback } from './fallback'
import { History } from './history'
import type { Session } from './session'
import type { Store } from './storage'
import { Thread } from './thread'
import { Typing } from './typing'

/** What leaves, and what the shopper sees of it meanwhile. */
export interface Outgoing {
  content: Draft
  preview: Content
  context?: PageContext
}

const PAUSE = 10_000

export interface ChatHooks {
  onChange: () => void
  onArrive: (event: PlacedEvent) => void
}

export class Chat {
  readonly thread = new Thread()
  readonly typing: Typing
  readonly history: History
  readonly outbox: Outbox<Outgoing>
  readonly socket: Socket<VisitorClientFrame, VisitorServerFrame>
  private readonly fallback: Fallback
  private wasOnline = false
  private cameBackAt = 0

  constructor(
    private readonly session: Session,
    private readonly store: Store,
    private readonly hooks: ChatHooks,
  ) {
    this.outbox = new Outbox<Outgoing>({
      scope: `${store.prefix}out:`,
      transmit: (item) => this.transmit(item),
      onChange: hooks.onChange,
    })
    const isOpen = () => this.conversation?.state === 'open'
    this.typing = new Typing(() => isOpen() && this.socket.send({ type: 'typing' }), hooks.onChange)
    this.history = new History(session, this.thread, hooks.onChange)
    this.fallback = new Fallback(session, this)
    this.socket = new Socket<VisitorClientFrame, VisitorServerFrame>({
      url: session.socketUrl,
      hello: () => this.hello(),
      onFrame: (frame) => this.receive(frame),
      onStatus: (status) => {
        this.fallback.watch(status)
        hooks.onChange()
      },
    })
    session.onToken = (isOther, lost) => this.follow(isOther, lost)
  }

  get conversation() {
    return this.thread.conversation
  }

  get isOffline(): boolean {
    return this.wasOnline && this.socket.status !== 'online' && !this.fallback.isServing
  }

  async start(): Promise<void> {
    await this.session.ensure()
    this.socket.open()
  }

  send(outgoing: Outgoing): Pending<Outgoing> {
    this.typing.reset()
    void this.start().catch(() => {})
    return this.outbox.add(outgoing)
  }

  async requestPerson(): Promise<void> {
    const id = newId()
    await this.start()
    if (!this.socket.send({ type: 'handover', id })) await this.session.call('POST', '/visitor/handover', { client_id: id })
  }

  end(): Promise<void> {
    return this.session.call('POST', '/visitor/end')
  }

  async rate(rating: Rating): Promise<void> {
    const { conversation } = this
    if (!conversation) return
    await this.session.call('POST', '/visitor/rating', { conversation_id: conversation.conversation_id, ...rating })
    this.patch({ rating })
  }

  /** The shopper has everything before their eyes. */
  markRead(): void {
    const { conversation } = this
    if (!conversation || conversation.customer_read_seq >= conversation.public_seq) return
    const seq = conversation.public_seq
    if (!this.socket.send({ type: 'read', seq })) return
    this.store.set('read', `${conversation.conversation_id}:${seq}`)
    this.patch({ customer_read_seq: seq })
  }

  /** Another tab has shown it. */
  readElsewhere(mark: string): void {
    const [id, seq] = mark.split(':')
    const { conversation } = this
    if (conversation?.conversation_id === id && Number(seq) > conversation!.customer_read_seq) {
      this.patch({ customer_read_seq: Number(seq) })
    }
  }

  /** A socket follows the conversation it was opened in: one begun in another tab is news to it. */
  followElsewhere(conversationId: string): void {
    if (conversationId !== this.conversation?.conversation_id && this.socket.status === 'online') this.socket.restart()
  }

  take(conversationId: string, events: TimelineEvent[]): void {
    const before = this.conversation?.conversation_id
    const { fresh, gap } = this.thread.take(conversationId, events)
    if (this.conversation?.conversation_id !== before) this.store.set('current', conversationId)
    for (const event of fresh) {
      this.settle(event)
      if (event.kind !== 'message' || event.actor.kind === 'customer') continue
      this.typing.show(null)
      this.hooks.onArrive(event)
    }
    if (gap) void this.refresh()
  }

  adopt(snapshot: VisitorSnapshot): void {
    this.thread.adopt(snapshot)
    for (const event of this.thread.events) this.settle(event)
    this.hooks.onChange()
  }

  async refresh(): Promise<void> {
    this.adopt(await this.session.call<VisitorSnapshot>('GET', '/visitor/conversation'))
  }

  private transmit(item: Pending<Outgoing>): void {
    const { content, context } = item.payload
    if (!this.socket.send({ type: 'send', id: item.id, content, context })) this.fallback.post(item)
  }

  private hello(): VisitorClientFrame {
    const { token, locale } = this.session
    const known = this.thread.isStale ? null : this.conversation
    const resume = known ? { conversation_id: known.conversation_id, since: known.public_seq } : {}
    return { type: 'hello', token: token ?? '', locale, ...resume }
  }

  private receive(frame: VisitorServerFrame): void {
    if (frame.type === 'welcome') {
      this.wasOnline = true
      if (frame.snapshot) this.adopt(frame.snapshot)
      else if (frame.events && this.conversation) this.take(this.conversation.conversation_id, frame.events)
      this.outbox.flush()
    } else if (frame.type === 'ack') this.outbox.acknowledge(frame.id, frame.conversation_id, frame.seq)
    else if (frame.type === 'error') this.outbox.refuse(frame.id ?? '', frame.message)
    else if (frame.type === 'events') this.take(frame.conversation_id, frame.events)
    else if (frame.type === 'typing') this.typing.show(frame.actor)
    else if (frame.type === 'read') this.patch({ staff_read_seq: frame.seq })
    else if (frame.type === 'queue') this.patch({ queue: { position: frame.position, wait_minutes: frame.wait_minutes } })
    else if (frame.type === 'bye' && frame.code === 'signed_out' && Date.now() - this.cameBackAt > PAUSE) {
      this.cameBackAt = Date.now()
      void this.comeBack(this.session.token)
    }
    this.hooks.onChange()
  }

  /** The session has another token, or none. Of another person's conversation nothing stays. */
  private follow(isOther: boolean, lost: string | null): void {
    const wasOpen = this.socket.status !== 'idle'
    this.socket.close()
    if (isOther) {
      this.outbox.clear()
      this.thread.clear()
      this.wasOnline = false
    } else this.thread.isStale = true
    if (wasOpen && this.session.token) this.socket.open()
    else if (wasOpen) void this.comeBack(lost)
    this.hooks.onChange()
  }

  /** What is on its way stays and is sent as whoever we are then. */
  private async comeBack(refused: string | null): Promise<void> {
    this.socket.close()
    await this.session.renew(refused).catch(() => {})
    this.socket.open()
  }

  private patch(changes: Partial<NonNullable<VisitorSnapshot['conversation']>>): void {
    this.thread.patch(changes)
    this.hooks.onChange()
  }

  private settle(event: PlacedEvent): void {
    if (event.client_id) this.outbox.remove(event.client_id)
  }
}
