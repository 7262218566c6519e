/** A timeline as the rows a log shows: day separators, the unread divider, grouped bubbles, state lines. */

import type { TimelineEvent } from '@xiaoer/api'

export type LogRow =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'unread'; key: string }
  | { kind: 'entry'; key: string; event: TimelineEvent; isFirst: boolean }

const GROUP_MS = 180_000
const isBubble = (event: TimelineEvent) => event.kind === 'message' || event.kind === 'note'

function continues(before: TimelineEvent | undefined, event: TimelineEvent): boolean {
  return (
    before !== undefined &&
    isBubble(before) &&
    isBubble(event) &&
    before.kind === event.kind &&
    before.actor.kind === event.actor.kind &&
    before.actor.name === event.actor.name &&
    Date.parse(event.at) - Date.parse(before.at) < GROUP_MS
  )
}

/** `unreadAfter`: the public number up to which it was read when the conversation was opened. */
export function logRows(events: readonly TimelineEvent[], unreadAfter: number | null): LogRow[] {
  const rows: LogRow[] = []
  let before: TimelineEvent | undefined
  let isDivided = unreadAfter === null
  for (const event of events) {
    const isNewDay = !before || new Date(before.at).toDateString() !== new Date(event.at).toDateString()
    if (isNewDay) rows.push({ kind: 'day', key: `day-${event.seq}`, at: event.at })
    const isUnread = event.kind === 'message' && event.actor.kind === 'customer' && (event.public_seq ?? 0) > (unreadAfter ?? 0)
    const dividesHere = !isDivided && isUnread
    if (dividesHere) rows.push({ kind: 'unread', key: 'unread' })
    isDivided ||= dividesHere
    rows.push({ kind: 'entry', key: `e-${event.seq}`, event, isFirst: isNewDay || dividesHere || !continues(before, event) })
    before = event
  }
  return rows
}
