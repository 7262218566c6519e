import type { Entry, EntryDraft, EntryText } from '@xiaoer/api'
import { t } from '@/i18n'

export const STATES = ['draft', 'published', 'archived'] as const
export const ENTRY_LOCALES = ['zh-CN', 'en']
export const QUESTION_LIMIT = 200
export const ANSWER_LIMIT = 4000

export const stateTone = (state: string) => ({ published: 'green', draft: 'amber' })[state] ?? ''

export function emptyText(): EntryText {
  return { question: '', similar: [], answer: '' }
}

export function emptyDraft(category = ''): EntryDraft {
  return { category, state: 'draft', hot: null, intent: null, related: [], content: { 'zh-CN': emptyText() } }
}

export function draftOf(entry: Entry): EntryDraft {
  const { category, state, hot, intent, related, content, version } = entry
  return structuredClone({ category, state, hot, intent, related, content, version })
}

/** One question per line or bar, each once, without its bullet. */
export function splitSimilar(text: string, known: readonly string[]): string[] {
  const seen = new Set(known)
  const out: string[] = []
  for (const part of text.split(/[\n|]/)) {
    const question = part.replace(/^\s*(?:[-*•]|\d+[.、)])\s*/, '').trim()
    if (!question || seen.has(question)) continue
    seen.add(question)
    out.push(question)
  }
  return out
}

/** Errors by `category` or `<locale>.question`; empty when it may be saved. */
export function check(draft: EntryDraft): Record<string, string> {
  const errors: Record<string, string> = {}
  if (!draft.category.trim()) errors.category = t('entry.category_missing')
  for (const [locale, text] of Object.entries(draft.content)) {
    if (!text.question.trim()) errors[`${locale}.question`] = t('entry.question_missing')
    else if (text.question.length > QUESTION_LIMIT) errors[`${locale}.question`] = t('entry.too_long', { n: QUESTION_LIMIT })
    if (!text.answer.trim()) errors[`${locale}.answer`] = t('entry.answer_missing')
    else if (text.answer.length > ANSWER_LIMIT) errors[`${locale}.answer`] = t('entry.too_long', { n: ANSWER_LIMIT })
  }
  return errors
}
