import { Component, h } from 'preact'
import { safeHref } from '../text/markdown'
import type { Widget } from '../widget'
import { icon } from './icons'

interface Props {
  w: Widget
}

export function Header({ w }: Props) {
  const { conversation } = w.chat
  const isOpen = conversation?.state === 'open'
  const handler = isOpen ? conversation.handler : 'bot'
  const subtitle =
    handler === 'staff'
      ? w.t('agent', { name: conversation?.staff_name ?? '' })
      : handler === 'queue'
        ? w.t('waiting')
        : `${w.config?.bot_name ?? ''} · ${w.t('assistant')}`
  return (
    <div class="top">
      <span class="face">{icon(handler === 'staff' ? 'person' : 'bot')}</span>
      <div class="title">
        <strong>{w.config?.shop_name ?? '…'}</strong>
        <span>{subtitle}</span>
      </div>
      <button type="button" class="human" disabled={handler !== 'bot' || w.mustAsk} onClick={w.person}>
        {w.t('human')}
      </button>
      <button
        type="button"
        class="plain"
        aria-label={w.t('menu')}
        aria-expanded={w.sheet === 'menu'}
        onClick={() => w.set({ sheet: w.sheet === 'menu' ? '' : 'menu' })}
      >
        {icon('menu')}
      </button>
      {!w.settings.isPage && (
        <button type="button" class="plain" aria-label={w.t('close')} onClick={w.hide}>
          {icon('close')}
        </button>
      )}
      {w.sheet === 'menu' && <Menu w={w} canEnd={isOpen} />}
    </div>
  )
}

export function Privacy({ w }: Props) {
  const url = w.config?.privacy_url
  const href = url && safeHref(new URL(url, w.settings.base).href)
  return href ? (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {w.t('privacy')}
    </a>
  ) : null
}

class Menu extends Component<{ w: Widget; canEnd: boolean }> {
  private box: HTMLElement | null = null

  override componentDidMount(): void {
    this.box?.querySelector('button')?.focus()
  }

  override render({ w, canEnd }: { w: Widget; canEnd: boolean }) {
    const locales = Object.keys(w.locales).filter((tag) => w.config?.locales.includes(tag) ?? true)
    return (
      <div class="menu" ref={(node) => void (this.box = node)}>
        <div role="group" aria-label={w.t('language')} class="languages">
          {locales.map((tag) => (
            <button type="button" lang={tag} aria-pressed={tag === w.words.locale} onClick={() => (w.set({ sheet: '' }), w.speak(tag))}>
              {w.locales[tag]!.name}
            </button>
          ))}
        </div>
        <button type="button" role="switch" aria-checked={w.hasSound} onClick={() => w.toggleSound()}>
          {w.t('sound')}
          <i />
        </button>
        <Privacy w={w} />
        {canEnd && (
          <button type="button" onClick={() => w.set({ sheet: 'end' })}>
            {w.t('end')}
          </button>
        )}
      </div>
    )
  }
}
