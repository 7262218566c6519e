import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Socket, backOff, type SocketStatus } from '../src'

class FakeSocket {
  static all: FakeSocket[] = []
  readyState = 1
  sent: { type: string }[] = []
  onopen?: () => void
  onmessage?: (event: { data: string }) => void
  onclose?: () => void
  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.readyState = 3
    this.onclose?.()
  }
  says(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
}

describe('socket', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    FakeSocket.all = []
    vi.stubGlobal('WebSocket', FakeSocket)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  function make() {
    const seen: SocketStatus[] = []
    const socket = new Socket<{ type: 'hello' }, { type: string }>({
      url: 'ws://x',
      hello: () => ({ type: 'hello' }),
      onFrame: () => {},
      onStatus: (status) => seen.push(status),
    })
    return { socket, seen }
  }

  it('says hello, is online at welcome, comes back after a drop', () => {
    const { socket, seen } = make()
    socket.open()
    FakeSocket.all[0]!.onopen!()
    expect(FakeSocket.all[0]!.sent).toEqual([{ type: 'hello' }])
    expect(socket.send({ type: 'hello' })).toBe(false)
    FakeSocket.all[0]!.says({ type: 'welcome' })
    expect(socket.send({ type: 'hello' })).toBe(true)
    FakeSocket.all[0]!.close()
    expect(socket.status).toBe('offline')
    vi.advanceTimersByTime(600)
    expect(FakeSocket.all).toHaveLength(2)
    FakeSocket.all[1]!.says({ type: 'welcome' })
    expect(seen).toEqual(['connecting', 'online', 'offline', 'online'])
    socket.close()
    vi.advanceTimersByTime(60_000)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it('hangs up on a peer that fell silent', () => {
    const { socket } = make()
    socket.open()
    FakeSocket.all[0]!.says({ type: 'welcome' })
    vi.advanceTimersByTime(60_000)
    expect(FakeSocket.all[0]!.readyState).toBe(3)
    socket.close()
  })

  it('waits between 0.5 and 30 s, never in step', () => {
    expect(backOff(0, 1)).toBe(500)
    expect(backOff(0, 0)).toBe(250)
    expect(backOff(3, 1)).toBe(4000)
    expect(backOff(50, 1)).toBe(30_000)
    expect(backOff(50, 0)).toBe(15_000)
  })
})
