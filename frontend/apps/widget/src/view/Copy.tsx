import { Component, h } from 'preact'
import type { Widget } from '../widget'

interface Props {
  w: Widget
  label: string
  value: string
}

/** A value with a button that copies it. */
export class Copy extends Component<Props, { isDone?: boolean }> {
  private readonly copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(this.props.value)
    } catch {
      // Plain http pages have no clipboard; the old way needs a field in the page.
      const field = Object.assign(document.createElement('textarea'), { value: this.props.value })
      document.body.append(field)
      field.select()
      document.execCommand('copy')
      field.remove()
    }
    this.setState({ isDone: true })
    setTimeout(() => this.setState({ isDone: false }), 2000)
  }

  override render({ w, label, value }: Props) {
    return (
      <p class="fact">
        {label} <b>{value}</b>
        <button type="button" class="copy" aria-label={`${w.t('copy')} ${value}`} onClick={this.copy}>
          {w.t(this.state.isDone ? 'copied' : 'copy')}
        </button>
      </p>
    )
  }
}
