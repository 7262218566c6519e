import { ElMessageBox } from 'element-plus/es/components/message-box/index.mjs'
import 'element-plus/es/components/message-box/style/css'
import { t } from '@/i18n'

/** Ask before something that cannot be taken back. Resolves to the answer, never rejects. */
export async function confirm(title: string, text: string, action: string, danger = false): Promise<boolean> {
  try {
    await ElMessageBox.confirm(text, title, {
      confirmButtonText: action,
      cancelButtonText: t('action.cancel'),
      confirmButtonClass: danger ? 'el-button--danger' : '',
      autofocus: true,
    })
    return true
  } catch {
    return false
  }
}
