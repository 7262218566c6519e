/** Files on their way to the server: one request each, with progress and a way to stop. */

import type { Attachment, ErrorBody } from '@xiaoer/api'
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
export function refusal(file: File): 'typeRefused' | 'sizeRefused' | null {
  if (!ALLOWED.test(file.name)) return 'typeRefused'
  return file.size > LIMIT ? 'sizeRefused' : null
}

export function isPicture(file: File): boolean {
  return file.type.startsWith('image/')
}

export async function upload(item: Upload, session: Session, onProgress: () => void): Promise<Attachment> {
  await session.ensure()
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
      else reject(body)
    }
    request.onerror = () => reject(null)
    item.stop = () => request.abort()
    const form = new FormData()
    form.append('file', item.file)
    request.send(form)
  })
}
