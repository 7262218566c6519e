export function startMock(
  port?: number,
  host?: string,
): Promise<{
  port: number
  trouble: { deaf: boolean; twice: boolean; refuses?: (body: { token?: string; identity?: object }) => boolean }
  mischief: Record<string, (body?: object) => void>
  visitors: Map<string, { name: string; is_verified: boolean }>
  close: () => void
}>
