/** Files on their way to the server: one request each, with progress and a way to stop. */

import type { Attachment, Content, Draft, ErrorBody } from '@xiaoer/api'
import type { Key } from './locales/zh-CN'
import type { Pictures } from './pictures'
import type { Session } from './session'

export interface Upload {
  file: File
  /** A picture's preview. */
  url: string
  percent: number
  error?: string
  stop: () => void
}

const LIMIT = 10 * 1024 * 1024
const ALLOWED = /\.(png|jpe?g|webp|gif|pdf|docx|xlsx|txt|csv)$/i
export const ACCEPT = '.png,.jpg,.jpeg,.webp,.gif,.pdf,.docx,.xlsx,.txt,.csv'

/** The word for what is wrong with a file, before it costs an upload. */
export function refusal(file: File): Key | null {
  if (!ALLOWED.test(file.name)) return 'typeRefused'
  return file.size > LIMIT ? 'sizeRefused' : null
}

export function isPicture(file: File): boolean {
  return file.type.startsWith('image/')
}

export interface UploadHooks {
  onChange: () => void
  onRefused: (file: File, why: Key) => void
  onDone: (content: Draft, preview: Content) => void
}

export class Uploads {
  /** Waiting in the composer for 发送. */
  chosen: Upload[] = []
  /** On their way, or failed. */
  sending: Upload[] = []

  constructor(
    private readonly session: Session,
    private readonly pictures: Pictures,
    private readonly hooks: UploadHooks,
  ) {}

  choose(files: Iterable<File>): void {
    for (const file of files) {
      const why = refusal(file)
      if (why) this.hooks.onRefused(file, why)
      else this.chosen.push({ file, url: isPicture(file) ? URL.createObjectURL(file) : '', percent: 0, stop: () => {} })
    }
    this.hooks.onChange()
  }

  drop(item: Upload): void {
    item.stop()
    this.chosen = this.chosen.filter((other) => other !== item)
    this.sending = this.sending.filter((other) => other !== item)
    this.hooks.onChange()
  }

  sendChosen(): void {
    const items = this.chosen
    this.chosen = []
    this.sending.push(...items)
    for (const item of items) void this.send(item)
  }

  async send(item: Upload): Promise<void> {
    delete item.error
    this.hooks.onChange()
    try {
      const { attachment_id, name, bytes, mime, width, height } = await post(item, this.session, this.hooks.onChange)
      this.drop(item)
      if (item.url) {
        this.pictures.put(attachment_id, item.url)
        const preview = { type: 'image' as const, attachment_id, name, bytes, width: width ?? 0, height: height ?? 0 }
        this.hooks.onDone({ type: 'image', attachment_id }, preview)
      } else this.hooks.onDone({ type: 'file', attachment_id }, { type: 'file', attachment_id, name, bytes, mime })
    } catch (error) {
      item.error = (error as ErrorBody | null)?.message || ' '
      this.hooks.onChange()
    }
  }
}

async function post(item: Upload, session: Session, onProgress: () => void, isLast = false): Promise<Attachment> {
  await session.ensure()
  const { token } = session
  return new Promise((resolve, reject: (error: ErrorBody | null) => void) => {
    const request = new XMLHttpRequest()
    request.open('POST', session.url('/visitor/attachments'))
    for (const [name, value] of Object.entries(session.headers())) request.setRequestHeader(name, value)
    request.responseType = 'json'
    request.upload.onprogress = ({ loaded, total }) => {
      item.percent = Math.round((loaded / total) * 100)
      onProgress()
    }
    request.onload = () => {
      const body = request.response as (Attachment & ErrorBody) | null
      if (request.status < 300 && body) resolve(body)
      else if (request.status === 401 && !isLast) resolve(session.renew(token).then(() => post(item, session, onProgress, true)))
      else reject(body)
    }
    request.onerror = () => reject(null)
    item.stop = () => request.abort()
    const form = new FormData()
    form.append('file', item.file)
    request.send(form)
  })
}
