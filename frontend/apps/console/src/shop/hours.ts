/** Working hours per weekday: ranges of "HH:MM" that follow one another. */

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]
export type Range = [string, string]

const TIME = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/

export function areHoursValid(ranges: readonly Range[]): boolean {
  let last = ''
  for (const [from, to] of [...ranges].sort((a, b) => a[0].localeCompare(b[0]))) {
    if (!TIME.test(from) || !TIME.test(to) || from >= to || from < last) return false
    last = to
  }
  return true
}

export function isOrigin(text: string): boolean {
  if (/^https?:\/\/\*\.[a-z0-9.-]+(:\d+)?$/i.test(text)) return true
  try {
    return new URL(text).origin === text
  } catch {
    return false
  }
}
