/** What the composer may do, and when. Pure. */

import type { StaffConversation } from '@xiaoer/api'

export const TEXT_LIMIT = 2000
export const COUNT_FROM = 1800
export const PICTURES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif']
export const PICTURE_LIMIT = 10 * 1024 * 1024

export type Reason = 'not_allowed' | 'ended' | 'bot' | 'queue' | 'colleague'

/** Why a reply cannot be written here; null when it can. */
export function replyBarrier(
  conversation: Pick<StaffConversation, 'state' | 'handler' | 'assignee'>,
  me: string,
  canServe: boolean,
): Reason | null {
  if (!canServe) return 'not_allowed'
  if (conversation.state === 'ended') return 'ended'
  if (conversation.handler !== 'staff') return conversation.handler
  return conversation.assignee?.staff_id === me ? null : 'colleague'
}

export function canTakeOver(reason: Reason | null): boolean {
  return reason === 'bot' || reason === 'queue'
}

/** Enter sends; with Shift, or while an input method composes, it does not. */
export function isSendKey(event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'isComposing' | 'keyCode'>): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229
}

/** Characters as people count them: an emoji is one. */
export function textLength(text: string): number {
  return Array.from(text).length
}

export function canSend(text: string): boolean {
  return text.trim().length > 0 && textLength(text.trim()) <= TEXT_LIMIT
}

export function pictureRefusal(file: Pick<File, 'type' | 'size'>): 'type' | 'size' | null {
  if (!PICTURES.includes(file.type)) return 'type'
  return file.size > PICTURE_LIMIT ? 'size' : null
}
