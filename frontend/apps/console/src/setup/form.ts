import { locale } from '@/i18n'

export interface SetupForm {
  email: string
  name: string
  password: string
  shop_name: string
  locale: string
  with_demo_data: boolean
}

export const firstForm = (): SetupForm => ({ email: '', name: '', password: '', shop_name: '', locale: locale.value, with_demo_data: true })
