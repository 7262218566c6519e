/** How a shop talks to the widget: the command queue, there before the script is. */

type Command = (...command: unknown[]) => void

declare global {
  interface Window {
    xiaoer?: Command & { q?: unknown[][] }
  }
}

export function xiaoer(...command: unknown[]): void {
  if (!window.xiaoer) {
    const queue: unknown[][] = []
    window.xiaoer = Object.assign((...args: unknown[]) => void queue.push(args), { q: queue })
  }
  window.xiaoer(...command)
}
