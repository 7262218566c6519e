/** A socket that comes back: hello, welcome, heartbeat, back-off with jitter. Frames are JSON with a `type`. */

export type SocketStatus = 'idle' | 'connecting' | 'online' | 'offline'

interface Frame {
  type: string
}

export interface SocketOptions<Out extends Frame, In extends Frame> {
  url: string
  /** The first frame; null where the cookie already says who we are. Called at every connection. */
  hello: () => Out | null
  onFrame: (frame: In) => void
  onStatus: (status: SocketStatus) => void
}

const FIRST_WAIT = 500
const LONGEST_WAIT = 30_000
const PING_EVERY = 20_000
const DEAD_AFTER = 45_000

/** Milliseconds to wait before attempt `n` (0-based): 0.5 s doubling to 30 s, half of it at random. */
export function backOff(attempt: number, random = Math.random()): number {
  const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempt, 10))
  return Math.round(ceiling / 2 + (ceiling / 2) * random)
}

export class Socket<Out extends Frame, In extends Frame> {
  status: SocketStatus = 'idle'
  private socket: WebSocket | null = null
  private attempt = 0
  private lastHeard = 0
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private pulseTimer: ReturnType<typeof setInterval> | undefined

  constructor(private readonly options: SocketOptions<Out, In>) {}

  open(): void {
    if (this.status !== 'idle') return
    addEventListener('online', this.hurry)
    document.addEventListener('visibilitychange', this.hurry)
    this.connect()
  }

  close(): void {
    removeEventListener('online', this.hurry)
    document.removeEventListener('visibilitychange', this.hurry)
    this.drop()
    this.attempt = 0
    this.become('idle')
  }

  /** Leave and come back at once, for example with another token. */
  restart(): void {
    this.close()
    this.open()
  }

  /** False when it could not leave: the caller keeps it. */
  send(frame: Out | { type: 'ping' }): boolean {
    if (this.status !== 'online' || this.socket?.readyState !== 1) return false
    this.socket.send(JSON.stringify(frame))
    return true
  }

  private connect(): void {
    this.drop()
    this.become(this.attempt ? 'offline' : 'connecting')
    let socket: WebSocket
    try {
      socket = new WebSocket(this.options.url)
    } catch {
      this.later()
      return
    }
    this.socket = socket
    this.lastHeard = Date.now()
    this.pulseTimer = setInterval(() => this.pulse(), PING_EVERY)
    socket.onopen = () => {
      const hello = this.options.hello()
      if (hello) socket.send(JSON.stringify(hello))
    }
    socket.onmessage = (message) => {
      if (this.socket !== socket) return
      this.lastHeard = Date.now()
      const frame = JSON.parse(String(message.data)) as In
      if (frame.type === 'welcome') {
        this.attempt = 0
        this.become('online')
      }
      this.options.onFrame(frame)
    }
    socket.onclose = () => {
      if (this.socket === socket) this.later()
    }
  }

  private drop(): void {
    clearTimeout(this.retryTimer)
    clearInterval(this.pulseTimer)
    const socket = this.socket
    this.socket = null
    socket?.close()
  }

  private later(): void {
    this.drop()
    this.become('offline')
    this.retryTimer = setTimeout(() => this.connect(), backOff(this.attempt++))
  }

  private pulse(): void {
    if (Date.now() - this.lastHeard > DEAD_AFTER) this.later()
    else this.send({ type: 'ping' })
  }

  /** The network or the tab is back: do not sit out a long wait. */
  private readonly hurry = (): void => {
    if (this.status === 'offline' && !document.hidden) {
      this.attempt = 1
      this.connect()
    } else if (this.status === 'online') this.pulse()
  }

  private become(status: SocketStatus): void {
    if (this.status === status) return
    this.status = status
    this.options.onStatus(status)
  }
}
