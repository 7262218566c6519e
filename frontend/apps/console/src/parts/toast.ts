import { ElMessage } from 'element-plus/es/components/message/index.mjs'
import 'element-plus/es/components/message/style/css'

export function done(message: string): void {
  ElMessage({ message, type: 'success', offset: 68, duration: 2600, grouping: true })
}

export function failed(error: unknown): void {
  if ((error as Error)?.name === 'AbortError') return
  const message = error instanceof Error ? error.message : String(error)
  ElMessage({ message, type: 'error', offset: 68, duration: 5000, showClose: true, grouping: true })
}
