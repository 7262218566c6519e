import { Component, h } from 'preact'
import type { Widget } from '../widget'
import { icon } from './icons'
import { Rating } from './Rating'
import { Thread } from './Thread'

interface Props {
  w: Widget
}

interface Before {
  height: number
  top: number
  first: string
}

const NEAR = 48

/** Sticks to the bottom while the reader is there; never jumps while they are not. */
export class Log extends Component<Props> {
  private box: HTMLElement | null = null
  private watcher: ResizeObserver | null = null
  private shownFirst = ''
  private lastTop = 0
  private lastHeight = 0

  override componentDidMount(): void {
    this.stick()
    this.watcher = new ResizeObserver(() => this.props.w.isAtBottom && this.stick())
    this.watcher.observe(this.box!)
    this.watcher.observe(this.box!.firstElementChild!)
  }

  override componentWillUnmount(): void {
    this.watcher?.disconnect()
  }

  override getSnapshotBeforeUpdate(): Before {
    return { height: this.box!.scrollHeight, top: this.box!.scrollTop, first: this.shownFirst }
  }

  override componentDidUpdate(_: Props, __: unknown, before: Before): void {
    const { w } = this.props
    this.shownFirst = firstKey(w)
    if (w.isAtBottom) this.stick()
    // Older messages came in above: what was in view stays in view.
    else if (before.first !== this.shownFirst) this.box!.scrollTop = before.top + this.box!.scrollHeight - before.height
  }

  override render({ w }: Props) {
    const { chat } = w
    const { unread } = chat.thread
    return (
      <div class="logs">
        <div
          class="log"
          role="log"
          aria-live="polite"
          aria-busy={chat.history.isLoading}
          aria-label={w.t('log')}
          tabIndex={0}
          ref={(node) => void (this.box = node)}
          onScroll={this.scrolled}
        >
          <div class="thread">
            {chat.history.isLoading && <p class="line">{w.t('earlier')}</p>}
            {!chat.thread.hasMore && <Greeting w={w} />}
            <Thread w={w} />
            <Rating key={`${w.isRerating}${chat.conversation?.conversation_id}`} w={w} />
            {chat.typing.actor && (
              <div class="typing">
                <span class="face">{icon(chat.typing.actor.kind === 'staff' ? 'person' : 'bot')}</span>
                <span class="bubble" role="img" aria-label={w.t('typing', { name: chat.typing.actor.name })}>
                  <i />
                  <i />
                  <i />
                </span>
              </div>
            )}
          </div>
        </div>
        {!w.isAtBottom && (
          <button type="button" class="pill" aria-label={unread ? undefined : w.t('bottom')} onClick={() => w.set({ isAtBottom: true })}>
            {unread > 0 && w.t('newMessages', { n: unread })}
            {icon('down')}
          </button>
        )}
      </div>
    )
  }

  private stick(): void {
    const box = this.box!
    box.scrollTop = box.scrollHeight
    this.lastTop = box.scrollTop
    this.lastHeight = box.scrollHeight
  }

  private readonly scrolled = (): void => {
    const { w } = this.props
    const { scrollTop, scrollHeight, clientHeight } = this.box!
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR
    // Content that grows moves the bottom, too; only a reader moves upwards.
    const isLeaving = scrollTop < this.lastTop && scrollHeight === this.lastHeight
    this.lastTop = scrollTop
    this.lastHeight = scrollHeight
    const isAtBottom = isNear || (w.isAtBottom && !isLeaving)
    if (isAtBottom !== w.isAtBottom) w.set({ isAtBottom })
    if (scrollTop < 80 && !isAtBottom) void w.chat.history.load()
  }
}

function firstKey(w: Widget): string {
  const first = w.chat.thread.events[0]
  return first ? `${first.conversation_id}:${first.seq}` : ''
}

function Greeting({ w }: Props) {
  const { config, chat } = w
  if (!config) return null
  const isFresh = !chat.thread.events.length && !chat.outbox.items.length
  return (
    <div class="row bot first">
      <span class="face">{icon('bot')}</span>
      <div class="stack">
        <span class="who">
          {config.bot_name} · {w.t('assistant')}
        </span>
        <div class="bubble">
          {config.greeting}
          <span class="ai">AI</span>
        </div>
        {isFresh && config.hot_questions.length > 0 && (
          <div class="chips" role="group" aria-label={w.t('hot')}>
            <span class="label">{w.t('hot')}</span>
            {config.hot_questions.slice(0, 6).map(({ id, question }) => (
              <button type="button" key={id} onClick={() => w.say(question)}>
                {question}
              </button>
            ))}
          </div>
        )}
      </div>
    </div>
  )
}
