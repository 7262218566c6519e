/** Everything the page may ask of the widget by name. */

import type { Identity } from '@xiaoer/api'
import { chooseLocale } from './i18n'
import type { ViewedProduct, Widget } from './widget'

export function command(widget: Widget, name: string, value?: unknown): void {
  if (name === 'open') widget.show()
  else if (name === 'close') widget.hide()
  else if (name === 'logout') logout(widget)
  else if (name === 'identify' && value) identify(widget, value as Identity)
  else if (name === 'locale') widget.speak(chooseLocale([String(value)]))
  else if (name === 'context') widget.set({ viewed: (value as ViewedProduct | undefined) ?? null })
}

function identify(widget: Widget, identity: Identity): void {
  const { session, chat, store } = widget
  const user = store.get('user')
  // Somebody else's conversation is not joined to this account.
  if (user && user !== identity.user_id) {
    session.forget()
    chat.reset()
  }
  session.identity = identity
  if (user === identity.user_id || (!widget.isOpen && !session.token)) return
  chat.socket.close()
  void session.enter().then(() => widget.begin(), widget.fail)
}

/** Pages say this at every load without an account: a guest's conversation stays. */
function logout(widget: Widget): void {
  widget.session.identity = null
  if (!widget.store.get('user')) return
  widget.session.forget()
  widget.chat.reset()
  if (widget.isOpen) widget.begin()
}
