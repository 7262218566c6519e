/** What the page says in our script tag. */

import type { Identity } from '@xiaoer/api'

export interface Settings {
  /** Origin of the server: where the script came from. */
  base: string
  key: string
  locale: string | null
  identity: Identity | null
  productId: string | null
  isPage: boolean
  theme: string | null
}

export function readSettings(tag: HTMLScriptElement | null): Settings {
  const data = tag?.dataset ?? {}
  const meta = document.querySelector<HTMLMetaElement>('meta[name=xiaoer-widget-key]')
  const isPage = data['mode'] === 'page'
  const asked = isPage ? new URLSearchParams(location.search) : null
  return {
    base: new URL(tag?.src || location.href, location.href).origin,
    key: asked?.get('shop') || data['shop'] || meta?.content || '',
    locale: asked?.get('locale') || data['locale'] || null,
    identity: parse(data['identity']),
    productId: data['productId'] || null,
    isPage,
    theme: data['theme'] || null,
  }
}

function parse(json: string | undefined): Identity | null {
  try {
    return json ? (JSON.parse(json) as Identity) : null
  } catch {
    return null
  }
}
