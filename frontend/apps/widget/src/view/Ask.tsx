import { Component, h } from 'preact'
import type { Widget } from '../widget'
import { Privacy } from './Header'

/** What the shop wants to know before the first message; what is known is filled in. */
export class Ask extends Component<{ w: Widget }> {
  override render({ w }: { w: Widget }) {
    return (
      <div class="logs">
        <form class="card ask" onSubmit={this.submit}>
          <strong>{w.t('askTitle')}</strong>
          <label>
            {w.t('name')}
            <input name="name" required maxLength={40} pattern=".*\S.*" autocomplete="name" defaultValue={w.session.identity?.name ?? ''} />
          </label>
          <label class="consent">
            <input type="checkbox" required />
            <span>
              {w.t('consent')} <Privacy w={w} />
            </span>
          </label>
          <button type="submit" class="button main">
            {w.t('start')}
          </button>
        </form>
      </div>
    )
  }

  private readonly submit = (event: Event): void => {
    event.preventDefault()
    const form = new FormData(event.target as HTMLFormElement)
    this.props.w.introduce(String(form.get('name')).trim())
  }
}
