export function startMock(
  port?: number,
  host?: string,
): Promise<{
  port: number
  trouble: { deaf: boolean; twice: boolean }
  mischief: Record<string, (body?: object) => void>
  visitors: Map<string, unknown>
  close: () => void
}>
