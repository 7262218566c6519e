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
  const { session } = widget
  // Somebody else's conversation is not joined to this account.
  if (session.user && session.user !== identity.user_id) void session.leave(identity)
  session.identity = identity
  if (session.user === identity.user_id || (!widget.isOpen && !session.token)) return
  void session.enter().then(() => widget.begin(), widget.fail)
}

/** Pages say this at every load without an account: a guest's conversation stays. */
function logout(widget: Widget): void {
  const { session } = widget
  session.identity = null
  if (!session.user) return
  void session.leave(null)
  if (widget.isOpen) widget.begin()
}
