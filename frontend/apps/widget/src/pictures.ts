/** Attachments need the bearer token, so pictures are fetched and shown as blob URLs. */

import type { Session } from './session'

export class Pictures {
  private readonly urls = new Map<string, string>()

  constructor(
    private readonly session: Session,
    private readonly onChange: () => void,
  ) {}

  /** Its URL, or '' until it is here. */
  url(id: string): string {
    if (!this.urls.has(id)) {
      this.urls.set(id, '')
      void this.load(id)
    }
    return this.urls.get(id)!
  }

  /** A picture we have just uploaded need not come back. */
  put(id: string, url: string): void {
    this.urls.set(id, url)
  }

  async download(id: string, name: string): Promise<void> {
    const url = URL.createObjectURL(await this.session.blob(`/visitor/attachments/${id}`))
    Object.assign(document.createElement('a'), { href: url, download: name }).click()
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }

  private async load(id: string): Promise<void> {
    try {
      this.urls.set(id, URL.createObjectURL(await this.session.blob(`/visitor/attachments/${id}`)))
      this.onChange()
    } catch {
      // It stays a grey box; the name is its label.
    }
  }
}
