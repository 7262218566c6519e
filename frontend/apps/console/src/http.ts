import type { ErrorBody } from '@xiaoer/api'
import { locale, t } from '@/i18n'

export const API = '/api/v1'

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly params: Record<string, unknown> = {},
  ) {
    super(message)
  }
}

let onSignedOut: () => void = () => {}
/** Called when the server no longer knows the session. */
export function whenSignedOut(then: () => void): void {
  onSignedOut = then
}

function toError(status: number, text: string): ApiError {
  try {
    const body = JSON.parse(text) as ErrorBody
    return new ApiError(status, body.code ?? 'unknown', body.message || t('error.unknown'), body.params ?? {})
  } catch {
    return new ApiError(status, 'unknown', status >= 500 ? t('error.server') : t('error.unknown'))
  }
}

export interface RequestOptions {
  body?: unknown
  form?: FormData
  query?: Record<string, string | number | boolean | null | undefined>
  signal?: AbortSignal
}

export function address(path: string, query?: RequestOptions['query']): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  const tail = search.toString()
  return API + path + (tail ? `?${tail}` : '')
}

export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { 'Accept-Language': locale.value }
  if (method !== 'GET') headers['X-Xiaoer'] = '1'
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  let response: Response
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      body: options.form ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
      signal: options.signal,
    })
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error
    throw new ApiError(0, 'network', t('error.network'))
  }
  const text = await response.text()
  if (!response.ok) {
    if (response.status === 401 && path !== '/session') onSignedOut()
    throw toError(response.status, text)
  }
  return (text ? JSON.parse(text) : undefined) as T
}

export const get = <T>(path: string, query?: RequestOptions['query'], signal?: AbortSignal) =>
  request<T>('GET', path, { query, signal })
export const post = <T>(path: string, body: unknown = {}) => request<T>('POST', path, { body })
export const put = <T>(path: string, body: unknown) => request<T>('PUT', path, { body })

/** An upload with progress, which fetch still lacks. */
export function upload<T>(path: string, file: File, onProgress: (share: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest()
    call.open('POST', address(path))
    call.setRequestHeader('X-Xiaoer', '1')
    call.setRequestHeader('Accept-Language', locale.value)
    call.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    call.onload = () =>
      call.status < 300 ? resolve(JSON.parse(call.responseText) as T) : reject(toError(call.status, call.responseText))
    call.onerror = () => reject(new ApiError(0, 'network', t('error.network')))
    call.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    signal?.addEventListener('abort', () => call.abort())
    const form = new FormData()
    form.append('file', file)
    call.send(form)
  })
}
