import { Component, h } from 'preact'
import type { ErrorBody } from '@xiaoer/api'
import type { Key } from '../locales/zh-CN'
import type { Widget } from '../widget'
import { icon } from './icons'

interface Props {
  w: Widget
}

interface State {
  score: number
  tags: string[]
  comment: string
  isBusy: boolean
}

/** Asked once when a conversation has ended; a click on 跳过 is an answer, too. It may be changed for a day. */
export class Rating extends Component<Props, State> {
  override state: State = { score: 0, tags: [], comment: '', ...this.props.w.chat.conversation?.rating, isBusy: false }

  override render({ w }: Props) {
    const { conversation } = w.chat
    const isAnswered = conversation?.rating ? !w.isRerating : w.skipped === conversation?.conversation_id
    if (conversation?.state !== 'ended' || isAnswered) return null
    const { score, comment, isBusy } = this.state
    return (
      <form class="card rating" aria-label={w.t('rateTitle')} onSubmit={this.submit}>
        <strong>{w.t('rateTitle')}</strong>
        <div class="stars" role="radiogroup" aria-label={w.t('rateTitle')}>
          {[1, 2, 3, 4, 5].map((n) => (
            <label class={n <= score ? 'on' : ''}>
              <input type="radio" name="score" checked={n === score} aria-label={w.t('stars', { n })} onChange={() => this.setState({ score: n, tags: [] })} />
              {icon('star')}
            </label>
          ))}
        </div>
        {score > 0 && this.renderMore(w, score, comment)}
        <div class="actions">
          <button type="button" class="button" onClick={this.skip}>
            {w.t(w.isRerating ? 'cancel' : 'skip')}
          </button>
          {score > 0 && (
            <button type="submit" class="button main" disabled={isBusy}>
              {w.t('rateSend')}
            </button>
          )}
        </div>
      </form>
    )
  }

  private renderMore(w: Widget, score: number, comment: string) {
    const { tags } = this.state
    const toggle = (tag: string) =>
      this.setState({ tags: tags.includes(tag) ? tags.filter((other) => other !== tag) : [...tags, tag] })
    return (
      <div class="more">
        <p role="status">{w.t(`star${score}` as Key)}</p>
        <div class="actions wrap">
          {w.t(score > 3 ? 'goodTags' : 'badTags').split('|').map((tag) => (
            <button type="button" class="button" aria-pressed={tags.includes(tag)} onClick={() => toggle(tag)}>
              {tag}
            </button>
          ))}
        </div>
        <textarea
          rows={2}
          maxLength={500}
          aria-label={w.t('rateMore')}
          placeholder={w.t('rateMore')}
          value={comment}
          onInput={({ currentTarget }) => this.setState({ comment: currentTarget.value })}
        />
      </div>
    )
  }

  private readonly skip = (): void => {
    const { w } = this.props
    if (w.isRerating) return w.set({ isRerating: false })
    const skipped = w.chat.conversation?.conversation_id ?? null
    w.store.set('skipped', skipped)
    w.set({ skipped })
  }

  private readonly submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const { w } = this.props
    const { score, tags, comment } = this.state
    this.setState({ isBusy: true })
    try {
      await w.chat.rate({ score, tags, comment: comment.trim() })
      w.set({ isRerating: false })
    } catch (error) {
      w.fail(error as ErrorBody)
    }
    this.setState({ isBusy: false })
  }
}
