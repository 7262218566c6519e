import { Component, h } from 'preact'
import { ACCEPT } from '../uploads'
import type { Widget } from '../widget'
import { icon } from './icons'

interface Props {
  w: Widget
}

const LIMIT = 2000
const COUNTER_FROM = 1800
const EMOJI = '😊😄😂🥰😍😘🤔😅😭😡🙏👍👎👌💪🎉❤️🌹☕📦🚚💰🎁⏰'

/** Where the shopper writes. The text lives in the field and, as a draft, in storage. */
export class Composer extends Component<Props, { length: number }> {
  override state = { length: 0 }
  private field: HTMLTextAreaElement | null = null
  private picker: HTMLInputElement | null = null

  override componentDidMount(): void {
    this.write(this.props.w.store.get('draft') ?? '')
  }

  override render({ w }: Props) {
    const { length } = this.state
    const canSend = length <= LIMIT && (length > 0 || w.uploads.chosen.length > 0)
    return (
      <form class="composer" onSubmit={this.submit}>
        {w.viewed?.product_id && !w.viewed.isSettled && this.renderViewed(w)}
        {w.uploads.chosen.length > 0 && this.renderChosen(w)}
        {w.sheet === 'emoji' && (
          <div class="emoji" role="group" aria-label={w.t('emoji')}>
            {[...new Intl.Segmenter().segment(EMOJI)].map(({ segment }) => (
              <button type="button" onClick={() => this.insert(segment)}>
                {segment}
              </button>
            ))}
          </div>
        )}
        <textarea
          rows={1}
          aria-label={w.t('message')}
          aria-invalid={length > LIMIT}
          placeholder={w.t('placeholder')}
          ref={(node) => void (this.field = node)}
          onInput={this.typed}
          onKeyDown={this.pressed}
          onPaste={this.pasted}
        />
        <div class="tools">
          <button type="button" class="plain" aria-label={w.t('emoji')} aria-expanded={w.sheet === 'emoji'} onClick={() => w.set({ sheet: w.sheet === 'emoji' ? '' : 'emoji' })}>
            {icon('smile')}
          </button>
          <button type="button" class="plain" aria-label={w.t('attach')} onClick={() => this.picker?.click()}>
            {icon('clip')}
          </button>
          <button type="button" class="plain wide" onClick={() => void w.openOrders()}>
            {icon('box')}
            {w.t('pickOrder')}
          </button>
          {length >= COUNTER_FROM && (
            <span class={length > LIMIT ? 'count over' : 'count'} role="status">
              {w.t(length > LIMIT ? 'tooLong' : 'left', { n: length, limit: LIMIT })}
            </span>
          )}
          <button type="submit" class="send" aria-label={w.t('send')} disabled={!canSend}>
            {icon('send')}
          </button>
        </div>
        <input type="file" hidden multiple accept={ACCEPT} ref={(node) => void (this.picker = node)} onChange={this.picked} />
      </form>
    )
  }

  private renderViewed(w: Widget) {
    const { title, image } = w.viewed!
    return (
      <div class="viewed" role="group" aria-label={w.t('looking')}>
        {image && <img src={new URL(image, w.settings.base).href} alt="" />}
        <span>{title ?? document.title}</span>
        <button type="button" class="copy" onClick={() => w.sendViewed()}>
          {w.t('sendProduct')}
        </button>
        <button type="button" class="plain" aria-label={w.t('dismiss')} onClick={() => w.set({ viewed: { ...w.viewed, isSettled: true } })}>
          {icon('close')}
        </button>
      </div>
    )
  }

  private renderChosen(w: Widget) {
    return (
      <div class="chosen">
        {w.uploads.chosen.map((item) => (
          <span>
            {item.url ? <img src={item.url} alt="" /> : icon('file')}
            <small>{item.file.name}</small>
            <button type="button" class="plain" aria-label={`${w.t('remove')} ${item.file.name}`} onClick={() => w.uploads.drop(item)}>
              {icon('close')}
            </button>
          </span>
        ))}
      </div>
    )
  }

  private write(text: string): void {
    this.field!.value = text
    this.typed()
  }

  private insert(text: string): void {
    this.field!.setRangeText(text, this.field!.selectionStart, this.field!.selectionEnd, 'end')
    this.typed()
    this.field!.focus()
  }

  /** Grow with the text, keep the draft, tell the other side. */
  private readonly typed = (event?: Event): void => {
    const { w } = this.props
    const field = this.field!
    w.store.set('draft', field.value || null)
    if (event && field.value) w.chat.typing.tell()
    field.style.height = 'auto'
    field.style.height = `${Math.min(field.scrollHeight, 132)}px`
    this.setState({ length: field.value.trim().length })
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    // 229: the input method has the key (Safari ends composition before Enter's keydown).
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    this.submit(event)
  }

  private readonly submit = (event: Event): void => {
    event.preventDefault()
    const { w } = this.props
    const text = this.field!.value.trim()
    if (text.length > LIMIT) return
    if (text) w.say(text)
    if (w.uploads.chosen.length) w.uploads.sendChosen()
    if (w.sheet === 'emoji') w.set({ sheet: '' })
    this.write('')
    this.field!.focus()
  }

  private readonly pasted = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (!files.length) return
    event.preventDefault()
    this.props.w.uploads.choose(files)
  }

  private readonly picked = (): void => {
    this.props.w.uploads.choose(this.picker!.files ?? [])
    this.picker!.value = ''
    this.field!.focus()
  }
}
