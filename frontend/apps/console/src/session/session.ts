import type { Session, ShopBrief, SignedIn, Staff } from '@xiaoer/api'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { ApiError, get, post, request } from '@/http'

export type Permission =
  | 'conversation.read' | 'conversation.serve' | 'customer.read' | 'customer.reveal'
  | 'knowledge.read' | 'knowledge.edit' | 'shop.manage' | 'people.manage'

export interface SetupState {
  needs_setup: boolean
  is_demo?: boolean
  demo_accounts?: { email: string; password: string; name: string; role: string }[]
}

export const useSession = defineStore('session', () => {
  const staff = ref<Staff | null>(null)
  const shop = ref<ShopBrief | null>(null)
  const isKnown = ref(false)

  const permissions = computed(() => new Set(staff.value?.permissions))
  const can = (permission: Permission) => permissions.value.has(permission)

  async function load(): Promise<void> {
    try {
      const session = await get<Session>('/session')
      staff.value = session.staff
      shop.value = session.shop
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error
      forget()
    }
    isKnown.value = true
  }

  async function signIn(email: string, password: string): Promise<void> {
    await post<SignedIn>('/session', { email, password })
    await load()
  }

  async function signOut(): Promise<void> {
    await request('DELETE', '/session')
    forget()
  }

  function forget(): void {
    staff.value = null
    shop.value = null
  }

  return { staff, shop, isKnown, can, load, signIn, signOut, forget }
})
