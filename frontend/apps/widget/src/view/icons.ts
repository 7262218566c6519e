/** Icons as inline SVG paths on a 24-unit grid. */

import { h, type VNode } from 'preact'

const PATHS = {
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M12 5v14M6 13l6 6 6-6',
  menu: 'M5 12h.01M12 12h.01M19 12h.01',
  send: 'M12 20V5M5.5 11.5L12 5l6.5 6.5',
  smile: 'M12 3a9 9 0 100 18 9 9 0 000-18M8.5 14.5c.9 1.1 2.1 1.7 3.5 1.7s2.6-.6 3.5-1.7M9 9.5h.01M15 9.5h.01',
  clip: 'M20 11.5l-8.2 8.2a5 5 0 01-7-7l8.4-8.4a3.3 3.3 0 014.7 4.7l-8.4 8.4a1.7 1.7 0 01-2.4-2.4l7.8-7.7',
  box: 'M4 8l8-4.5L20 8v8.5L12 21l-8-4.5zM4 8l8 4.5L20 8M12 12.5V21',
  file: 'M7 3h7l5 5v13H7zM14 3v5h5',
  person: 'M12 4a4 4 0 100 8 4 4 0 000-8M4.5 20c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5',
  bot: 'M12 4v3M6 8.5h12a2 2 0 012 2V17a2 2 0 01-2 2H6a2 2 0 01-2-2v-6.5a2 2 0 012-2M9 13v1M15 13v1',
  star: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1.1 5.9-5.3-2.9-5.3 2.9 1.1-5.9-4.3-4.1 5.9-.8z',
}

export type IconName = keyof typeof PATHS

export function icon(name: IconName): VNode {
  return h('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, h('path', { d: PATHS[name] }))
}
