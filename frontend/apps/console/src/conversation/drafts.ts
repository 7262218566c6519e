/** What was typed and not sent, per conversation; survives a reload. */

import { reactive } from 'vue'

export type Mode = 'reply' | 'note'
export interface Draft {
  reply: string
  note: string
}

export class Drafts {
  private readonly known = reactive(new Map<string, Draft>())

  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null,
    private readonly owner: string,
  ) {}

  get(conversationId: string): Draft {
    const kept = this.known.get(conversationId)
    if (kept) return kept
    const draft = this.read(conversationId)
    this.known.set(conversationId, draft)
    return this.known.get(conversationId)!
  }

  set(conversationId: string, mode: Mode, text: string): void {
    this.get(conversationId)[mode] = text
    const draft = this.get(conversationId)
    try {
      if (draft.reply || draft.note) this.storage?.setItem(this.key(conversationId), JSON.stringify(draft))
      else this.storage?.removeItem(this.key(conversationId))
    } catch {
      // A full or forbidden storage only loses the draft on reload.
    }
  }

  has(conversationId: string): boolean {
    const draft = this.get(conversationId)
    return Boolean(draft.reply.trim() || draft.note.trim())
  }

  private key(conversationId: string): string {
    return `xiaoer.draft.${this.owner}.${conversationId}`
  }

  private read(conversationId: string): Draft {
    try {
      const kept = JSON.parse(this.storage?.getItem(this.key(conversationId)) ?? 'null') as Partial<Draft> | null
      return { reply: kept?.reply ?? '', note: kept?.note ?? '' }
    } catch {
      return { reply: '', note: '' }
    }
  }
}

let current: { owner: string; drafts: Drafts } | null = null

export function draftsOf(owner: string): Drafts {
  if (current?.owner !== owner) {
    let storage: Storage | null = null
    try {
      storage = localStorage
    } catch {
      // Forbidden: memory only.
    }
    current = { owner, drafts: new Drafts(storage, owner) }
  }
  return current.drafts
}
