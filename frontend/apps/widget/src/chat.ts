/** The conversation as the shopper has it: what happened, what is on its way, what is going on. */

import {
  Outbox,
  Socket,
  applyEvents,
  newId,
  type Actor,
  type Content,
  type Draft,
  type PageContext,
  type Pending,
  type PlacedEvent,
  type Rating,
  type TimelineEvent,
  type VisitorClientFrame,
  type VisitorHistory,
  type VisitorServerFrame,
  type VisitorSnapshot,
} from '@xiaoer/api'
import type { Session } from './session'
import type { Store } from './storage'

/** What leaves, and what the shopper sees of it meanwhile. */
export interface Outgoing {
  content: Draft
  preview: Content
  context?: PageContext
}

const EMPTY: VisitorSnapshot = { conversation: null, events: [], has_more: false }
const TYPING_SHOWN = 5000
const TYPING_EVERY = 3000

export interface ChatHooks {
  onChange: () => void
  onArrive: (event: PlacedEvent) => void
}

export class Chat {
  snapshot = EMPTY
  typing: Actor | null = null
  isLoading = false
  wasOnline = false
  readonly outbox: Outbox<Outgoing>
  readonly socket: Socket<VisitorClientFrame, VisitorServerFrame>
  private past: PlacedEvent[] = []
  private hasMore = false
  private typingTimer: ReturnType<typeof setTimeout> | undefined
  private typedAt = 0

  constructor(
    private readonly session: Session,
    private readonly store: Store,
    private readonly hooks: ChatHooks,
  ) {
    this.outbox = new Outbox<Outgoing>({
      scope: `${store.prefix}out:`,
      transmit: ({ id, payload: { content, context } }) => this.socket.send({ type: 'send', id, content, context }),
      onChange: hooks.onChange,
    })
    this.socket = new Socket<VisitorClientFrame, VisitorServerFrame>({
      url: session.socketUrl,
      hello: () => this.hello(),
      onFrame: (frame) => this.receive(frame),
      onStatus: hooks.onChange,
    })
  }

  get conversation() {
    return this.snapshot.conversation
  }

  /** Everything known, oldest first, with its conversation. */
  get thread(): PlacedEvent[] {
    return [...this.past, ...placed(this.snapshot)]
  }

  get canLoad(): boolean {
    return this.hasMore
  }

  get isOffline(): boolean {
    return this.wasOnline && this.socket.status !== 'online'
  }

  get unread(): number {
    const seen = this.conversation?.customer_read_seq ?? 0
    return this.snapshot.events.filter((e) => e.seq > seen && e.kind === 'message' && e.actor.kind !== 'customer').length
  }

  async start(): Promise<void> {
    await this.session.ensure()
    this.socket.open()
  }

  /** Another visitor: nothing of the former stays. */
  reset(): void {
    this.socket.close()
    this.outbox.clear()
    this.snapshot = EMPTY
    this.past = []
    this.hasMore = this.wasOnline = false
    this.hooks.onChange()
  }

  send(outgoing: Outgoing): Pending<Outgoing> {
    this.typedAt = 0
    void this.start().catch(() => {})
    return this.outbox.add(outgoing)
  }

  type(): void {
    if (Date.now() - this.typedAt < TYPING_EVERY || this.conversation?.state !== 'open') return
    if (this.socket.send({ type: 'typing' })) this.typedAt = Date.now()
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

  async loadEarlier(): Promise<void> {
    if (this.isLoading || !this.hasMore) return
    this.isLoading = true
    this.hooks.onChange()
    const first = this.thread[0]
    const query = first ? `?before_conversation=${first.conversation_id}&before_seq=${first.seq}` : ''
    try {
      const { events, has_more } = await this.session.call<VisitorHistory>('GET', `/visitor/history${query}`)
      this.past = [...events, ...this.past]
      this.hasMore = has_more && events.length > 0
    } catch {
      // The next scroll tries again.
    }
    this.isLoading = false
    this.hooks.onChange()
  }

  private hello(): VisitorClientFrame {
    const { token, locale } = this.session
    const known = this.conversation
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
    else if (frame.type === 'error') this.complain(frame.id, frame.message)
    else if (frame.type === 'events') this.take(frame.conversation_id, frame.events)
    else if (frame.type === 'typing') this.showTyping(frame.actor)
    else if (frame.type === 'read') this.patch({ staff_read_seq: frame.seq })
    else if (frame.type === 'queue') this.patch({ queue: frame })
    else if (frame.type === 'bye' && frame.code === 'signed_out') void this.comeBack()
    this.hooks.onChange()
  }

  private complain(id: string | null | undefined, message: string): void {
    if (id) this.outbox.refuse(id, message)
    else if (!this.wasOnline) void this.comeBack()
  }

  /** The token is no longer good: become a new visitor and go on. */
  private async comeBack(): Promise<void> {
    this.socket.close()
    this.session.forget()
    this.snapshot = EMPTY
    this.past = []
    await this.start()
  }

  private patch(changes: Partial<NonNullable<VisitorSnapshot['conversation']>>): void {
    const { conversation } = this
    if (!conversation) return
    this.snapshot = { ...this.snapshot, conversation: { ...conversation, ...changes } }
    this.hooks.onChange()
  }

  private take(conversationId: string, events: TimelineEvent[]): void {
    const before = this.snapshot
    const { snapshot, gap } = applyEvents(before, conversationId, events)
    const isNew = snapshot.conversation?.conversation_id !== before.conversation?.conversation_id
    if (isNew) this.past.push(...placed(before))
    const seen = isNew ? 0 : (before.conversation?.public_seq ?? 0)
    this.snapshot = snapshot
    for (const event of events) if (event.seq > seen) this.settle({ ...event, conversation_id: conversationId }, true)
    if (gap) void this.session.call<VisitorSnapshot>('GET', '/visitor/conversation').then((fresh) => this.adopt(fresh))
  }

  /** Take a snapshot, keeping the older events we hold where they join up with it. */
  private adopt(snapshot: VisitorSnapshot): void {
    const old = this.snapshot
    const first = snapshot.events[0]?.seq ?? 1
    const isSame = old.conversation?.conversation_id === snapshot.conversation?.conversation_id
    const joins = isSame ? (old.conversation?.public_seq ?? 0) >= first - 1 : first === 1
    if (joins && (isSame || old.conversation)) {
      this.past.push(...placed(old).filter((event) => !isSame || event.seq < first))
    } else {
      this.past = []
      this.hasMore = snapshot.has_more
    }
    this.snapshot = snapshot
    for (const event of placed(snapshot)) this.settle(event, false)
    this.hooks.onChange()
  }

  private settle(event: PlacedEvent, isFresh: boolean): void {
    if (event.client_id) this.outbox.remove(event.client_id)
    if (!isFresh || event.kind !== 'message' || event.actor.kind === 'customer') return
    this.typing = null
    this.hooks.onArrive(event)
  }

  private showTyping(actor: Actor): void {
    this.typing = actor
    clearTimeout(this.typingTimer)
    this.typingTimer = setTimeout(() => {
      this.typing = null
      this.hooks.onChange()
    }, TYPING_SHOWN)
  }
}

function placed({ conversation, events }: VisitorSnapshot): PlacedEvent[] {
  return events.map((event) => ({ ...event, conversation_id: conversation?.conversation_id ?? '' }))
}
