/** Small values under the shop's prefix. Storage may be forbidden; nothing here throws. */

export class Store {
  constructor(readonly prefix: string) {}

  get(name: string): string | null {
    try {
      return localStorage.getItem(this.prefix + name)
    } catch {
      return null
    }
  }

  set(name: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(this.prefix + name)
      else localStorage.setItem(this.prefix + name, value)
    } catch {
      // Forbidden or full: the value lives as long as the page.
    }
  }
}
