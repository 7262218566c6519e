/** What the desk knows, shared between rail, list and thread. */

import { Socket, type ConversationPage, type ConversationSummary, type Counts, type Draft, type SocketStatus, type StaffClientFrame, type StaffServerFrame } from '@xiaoer/api'
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef, triggerRef, watch } from 'vue'
import { API, get, post } from '@/http'
import { useSession } from '@/session/session'
import { alertFor, showAttention } from './attention'
import { rowsOf, tabOf, TABS, upsert, type Tab } from './list'
import { Threads } from './threads'

const PAGE = 50
const FEWEST = 200
const TYPING_EVERY = 3000

export const useDesk = defineStore('desk', () => {
  const session = useSession()
  const me = computed(() => session.staff?.staff_id ?? '')
  const known = shallowRef(new Map<string, ConversationSummary>())
  const counts = ref<Counts>({ queue: 0, mine: 0, bot: 0, staff: 0, ended: 0 })
  const tab = ref<Tab>('queue')
  const search = ref('')
  const found = ref<string[] | null>(null)
  const cursors = shallowReactive(new Map<string, string | null>())
  const isLoading = ref(false)
  const failure = ref('')
  const status = ref<SocketStatus>('idle')
  const currentId = ref<string | null>(null)
  const threads = new Threads()
  let socket: Socket<StaffClientFrame, StaffServerFrame> | null = null
  let hasBeenOnline = false
  let lastTyping = 0

  const rows = computed(() =>
    found.value
      ? found.value.map((id) => known.value.get(id)).filter((row) => row !== undefined)
      : rowsOf(known.value.values(), tab.value, me.value),
  )
  const place = () => (search.value ? `search:${search.value}` : tab.value)
  const hasMore = computed(() => cursors.get(place()) !== null)
  const attention = computed(() => {
    let unread = 0
    for (const item of known.value.values()) if (item.unread && tabOf(item, me.value) === 'mine') unread++
    return unread + counts.value.queue
  })
  watch(attention, showAttention, { immediate: true })

  function take(items: readonly ConversationSummary[]): void {
    upsert(known.value, items)
    triggerRef(known)
    threads.mirror(items)
  }

  async function loadPage(limit = PAGE): Promise<void> {
    const at = place()
    const cursor = cursors.get(at)
    if (isLoading.value || cursor === null) return
    isLoading.value = true
    failure.value = ''
    try {
      const view = search.value ? 'all' : tab.value
      const page = await get<ConversationPage>('/conversations', { view, q: search.value, cursor, limit })
      if (at !== place()) return
      take(page.items)
      counts.value = page.counts
      cursors.set(at, page.next_cursor)
      if (search.value) found.value = [...(cursor ? (found.value ?? []) : []), ...page.items.map((item) => item.conversation_id)]
    } catch (error) {
      failure.value = (error as Error).message
    } finally {
      isLoading.value = false
      if (at !== place()) void loadPage()
    }
  }

  function showTab(next: Tab): void {
    tab.value = next
    if (cursors.get(next) === undefined) void loadPage()
  }

  function searchFor(text: string): void {
    search.value = text.trim()
    found.value = search.value ? [] : null
    if (search.value) cursors.delete(place())
    void loadPage()
  }

  /** After a break: forget what may have changed, then read as much as was on screen. */
  async function refresh(): Promise<void> {
    const shown = Math.min(Math.max(rows.value.length, PAGE), FEWEST)
    cursors.clear()
    const before = known.value
    known.value = new Map(before)
    const stale = [...before.values()].filter((item) => item.conversation_id !== currentId.value)
    const at = place()
    await loadPage(shown)
    if (failure.value || at !== place()) return
    const seen = new Set(known.value.keys())
    for (const item of stale) if (seen.has(item.conversation_id) && known.value.get(item.conversation_id) === item) known.value.delete(item.conversation_id)
    triggerRef(known)
  }

  function receive(frame: StaffServerFrame): void {
    if (frame.type === 'welcome') {
      counts.value = frame.counts
      if (hasBeenOnline) void refresh()
      hasBeenOnline = true
      watchCurrent()
    } else if (frame.type === 'conversations') {
      for (const item of frame.items) alertFor(item, known.value.get(item.conversation_id), me.value, currentId.value)
      take(frame.items)
      counts.value = frame.counts
    } else if (frame.type === 'snapshot') threads.take(frame.conversation_id, frame.snapshot)
    else if (frame.type === 'events') {
      if (!threads.apply(frame.conversation_id, frame.events)) void threads.catchUp(frame.conversation_id).catch(() => {})
    } else if (frame.type === 'read') threads.readUpTo(frame)
    else if (frame.type === 'typing') {
      const thread = threads.get(frame.conversation_id)
      if (thread && frame.actor.id !== me.value) thread.typing = { name: frame.actor.name, until: Date.now() + 5000 }
    } else if (frame.type === 'bye' && frame.code === 'signed_out') {
      session.forget()
      location.assign('/sign-in')
    }
  }

  function watchCurrent(): void {
    const id = currentId.value
    if (id) socket?.send({ type: 'watch', conversation_id: id, since: threads.seqOf(id) })
  }

  async function open(id: string | null): Promise<void> {
    if (currentId.value && currentId.value !== id) socket?.send({ type: 'unwatch', conversation_id: currentId.value })
    currentId.value = id
    if (!id) return
    if (!threads.get(id)) await threads.load(id)
    else if (status.value !== 'online') void threads.catchUp(id).catch(() => {})
    if (currentId.value === id) watchCurrent()
  }

  async function act(id: string, action: 'take-over' | 'return-to-bot' | 'resolve'): Promise<void> {
    const summary = await post<ConversationSummary>(`/conversations/${id}/${action}`)
    take([summary])
  }

  const send = (id: string, content: Draft, isNote = false) => threads.send(id, content, isNote)

  function typing(id: string): void {
    if (Date.now() - lastTyping < TYPING_EVERY) return
    lastTyping = Date.now()
    socket?.send({ type: 'typing', conversation_id: id })
  }

  function read(id: string, seq: number): void {
    if (!socket?.send({ type: 'read', conversation_id: id, seq })) void post(`/conversations/${id}/read`, { seq }).catch(() => {})
    const item = known.value.get(id)
    if (item?.unread) take([{ ...item, unread: 0 }])
  }

  function connect(): void {
    if (socket) return
    const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${API}/desk/socket`
    const opened = new Socket<StaffClientFrame, StaffServerFrame>({ url, hello: () => null, onFrame: receive, onStatus: (next) => (status.value = next) })
    socket = opened
    opened.open()
  }

  /** Another person may sign in at this machine: keep nothing of the last one. */
  function leave(): void {
    socket?.close()
    socket = null
    hasBeenOnline = false
    known.value = new Map()
    threads.known.clear()
    cursors.clear()
    currentId.value = null
    search.value = ''
    found.value = null
    for (const name of TABS) counts.value[name] = 0
  }
  watch(me, (now, before) => before && now !== before && leave())

  return { me, known, counts, tab, search, rows, hasMore, isLoading, failure, status, currentId, threads, attention, take, loadPage, showTab, searchFor, refresh, open, act, send, typing, read, connect, leave }
})
