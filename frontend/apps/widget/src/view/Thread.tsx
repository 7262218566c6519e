import { Fragment, h, type ComponentChild } from 'preact'
import type { PlacedEvent } from '@xiaoer/api'
import type { Widget } from '../widget'
import { Message } from './Message'
import { icon } from './icons'
import { isPicture, type Upload } from '../uploads'

interface Props {
  w: Widget
}

const PAUSE = 5 * 60_000
const DAY = 86_400_000

/** Events, then what is still on its way. */
export function Thread({ w }: Props) {
  const { outbox, conversation } = w.chat
  const thread = w.chat.thread.events
  const pressed = new Set<string>()
  for (const event of thread) {
    if (event.kind === 'message' && event.data.type === 'press') pressed.add(`${event.conversation_id}:${event.data.seq}`)
  }
  for (const { payload } of outbox.items) {
    if (payload.content.type === 'press') pressed.add(`${conversation?.conversation_id}:${payload.content.seq}`)
  }
  const lastOwn = thread.filter(isOwn).at(-1)
  const lastRated = thread.filter(({ kind }) => kind === 'rated').at(-1)
  const end = thread.filter(({ kind }) => kind === 'resolved').at(-1)
  const canRate = !w.isRerating && end?.conversation_id === conversation?.conversation_id && Date.now() - Date.parse(end?.at ?? '') < DAY
  const rows: ComponentChild[] = []
  let before: PlacedEvent | null = null
  for (const event of thread) {
    const key = `${event.conversation_id}:${event.seq}`
    if (!before || Date.parse(event.at) - Date.parse(before.at) > PAUSE) {
      rows.push(<time class="line" key={`t${key}`} dateTime={event.at}>{w.words.time(event.at)}</time>)
      before = null
    }
    if (event.kind === 'message') {
      const isCurrent = event.conversation_id === conversation?.conversation_id && conversation.state === 'open'
      const isFirst = before?.kind !== 'message' || before.actor.kind !== event.actor.kind || before.actor.name !== event.actor.name
      const canPress = isCurrent && !pressed.has(key)
      const state = event === lastOwn ? readState(w, event) : null
      rows.push(
        <Row key={event.client_id ?? key} kind={event.actor.kind} isFirst={isFirst} name={who(w, event)}>
          <Message w={w} content={event.data} seq={event.seq} isBot={event.actor.kind === 'bot'} isMarkdown={event.actor.kind !== 'customer'} canPress={canPress} />
          {state && <span class="state">{state}</span>}
        </Row>,
      )
    } else if (event.kind !== 'opened') rows.push(<Change key={key} w={w} event={event} canRate={canRate && event === lastRated} />)
    before = event
  }
  return (
    <Fragment>
      {rows}
      {outbox.items.map((item) => (
        <Row key={item.id} kind="customer" isFirst={false} name="">
          <Message w={w} content={item.payload.preview} seq={0} isBot={false} canPress={false} />
          {item.state === 'late' || item.state === 'refused' ? (
            <Failure
              w={w}
              reason={item.reason}
              onRetry={() => w.chat.outbox.retry(item.id)}
              onDrop={() => w.chat.outbox.remove(item.id)}
            />
          ) : (
            <span class="state">{w.t(item.state === 'sent' ? 'delivered' : 'sending')}</span>
          )}
        </Row>
      ))}
      {w.uploads.sending.map((item) => (
        <Uploading w={w} item={item} />
      ))}
    </Fragment>
  )
}

function isOwn(event: PlacedEvent): boolean {
  return event.kind === 'message' && event.actor.kind === 'customer'
}

function readState(w: Widget, { conversation_id, seq }: PlacedEvent): string {
  const { conversation } = w.chat
  const isRead = conversation?.conversation_id === conversation_id && conversation.staff_read_seq >= seq
  return w.t(isRead ? 'read' : 'delivered')
}

function who(w: Widget, { actor }: PlacedEvent): string {
  if (actor.kind === 'bot') return `${actor.name || w.config?.bot_name || ''} · ${w.t('assistant')}`
  return actor.kind === 'staff' ? w.t('agent', { name: actor.name }) : ''
}

function Row({ kind, isFirst, name, children }: { kind: string; isFirst: boolean; name: string; children: ComponentChild }) {
  const isMine = kind === 'customer'
  return (
    <div class={`row ${kind}${isFirst ? ' first' : ''}`}>
      {!isMine && <span class="face">{isFirst && icon(kind === 'staff' ? 'person' : 'bot')}</span>}
      <div class="stack">
        {isFirst && name && <span class="who">{name}</span>}
        {children}
      </div>
    </div>
  )
}

function Change({ w, event, canRate }: Props & { event: PlacedEvent; canRate: boolean }) {
  const values = { name: '', score: '' as string | number }
  if (event.kind === 'taken_over') values.name = w.t('agent', { name: event.data.staff_name })
  if (event.kind === 'rated') values.score = event.data.score
  const text = event.kind in { handover_requested: 1, taken_over: 1, returned_to_bot: 1, resolved: 1, rated: 1 }
  if (!text) return null
  return (
    <p class="line">
      {w.t(event.kind as 'rated', values)}{' '}
      {canRate && (
        <button type="button" class="copy" onClick={() => w.set({ isRerating: true })}>
          {w.t('rerate')}
        </button>
      )}
    </p>
  )
}

function Failure({ w, reason, onRetry, onDrop }: Props & { reason?: string; onRetry: () => void; onDrop: () => void }) {
  return (
    <span class="state failed">
      {reason || w.t('failed')}
      <button type="button" onClick={onRetry}>
        {w.t('retry')}
      </button>
      <button type="button" onClick={onDrop}>
        {w.t('remove')}
      </button>
    </span>
  )
}

function Uploading({ w, item }: Props & { item: Upload }) {
  return (
    <Row kind="customer" isFirst={false} name="">
      {isPicture(item.file) ? <img class="picture" src={item.url} alt={item.file.name} /> : <span class="bubble">{item.file.name}</span>}
      {item.error ? (
        <Failure w={w} reason={item.error.trim() || w.t('uploadFailed')} onRetry={() => void w.uploads.send(item)} onDrop={() => w.uploads.drop(item)} />
      ) : (
        <span class="state">
          <progress max={100} value={item.percent} aria-label={item.file.name} />
          {w.t('uploading', { n: item.percent })}
          <button type="button" onClick={() => w.uploads.drop(item)}>
            {w.t('cancel')}
          </button>
        </span>
      )}
    </Row>
  )
}
