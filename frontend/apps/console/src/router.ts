import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'
import { whenSignedOut } from '@/http'
import { setPageTitle } from '@/conversation/attention'
import { t, type MessageKey } from '@/i18n'
import { useSession, type Permission } from '@/session/session'

declare module 'vue-router' {
  interface RouteMeta {
    isOpen?: boolean
    needs?: Permission
    title?: MessageKey
  }
}

/** Stands where a guard always leads elsewhere; a redirect would be decided before the session is known. */
const nothing = { render: () => null }

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/sign-in', component: () => import('@/session/SignInPage.vue'), meta: { isOpen: true, title: 'signin.title' } },
    { path: '/setup', component: () => import('@/setup/SetupPage.vue'), meta: { isOpen: true, title: 'setup.title' } },
    {
      path: '/',
      component: () => import('@/shell/AppShell.vue'),
      children: [
        { path: '', component: nothing, beforeEnter: () => home() },
        { path: 'conversations/:id?', component: () => import('@/conversation/DeskPage.vue'), meta: { needs: 'conversation.read', title: 'nav.conversations' } },
        {
          path: 'knowledge',
          component: () => import('@/knowledge/KnowledgePage.vue'),
          meta: { needs: 'knowledge.read', title: 'nav.knowledge' },
          children: [
            { path: '', component: () => import('@/knowledge/EntriesView.vue') },
            { path: 'test', component: () => import('@/knowledge/TestView.vue') },
            { path: 'import', component: () => import('@/knowledge/ImportView.vue'), meta: { needs: 'knowledge.edit' } },
          ],
        },
        { path: 'knowledge/entries/:id', component: () => import('@/knowledge/EntryPage.vue'), meta: { needs: 'knowledge.read', title: 'nav.knowledge' } },
        {
          path: 'settings',
          component: () => import('@/shop/SettingsPage.vue'),
          meta: { title: 'nav.settings' },
          children: [
            { path: '', component: nothing, beforeEnter: () => (useSession().can('shop.manage') ? '/settings/shop' : '/settings/people') },
            { path: 'shop', component: () => import('@/shop/ShopView.vue'), meta: { needs: 'shop.manage' } },
            { path: 'widget', component: () => import('@/shop/WidgetView.vue'), meta: { needs: 'shop.manage' } },
            { path: 'people', component: () => import('@/people/PeopleView.vue'), meta: { needs: 'people.manage' } },
          ],
        },
        { path: 'no-access', component: () => import('@/shell/NoAccessPage.vue'), meta: { title: 'noaccess.title' } },
        { path: ':rest(.*)*', component: () => import('@/shell/NotFoundPage.vue'), meta: { title: 'notfound.title' } },
      ],
    },
  ],
})

function home(): string {
  const session = useSession()
  if (session.can('conversation.read')) return '/conversations'
  if (session.can('knowledge.read')) return '/knowledge'
  return '/no-access'
}

async function admit(to: RouteLocationNormalized) {
  const session = useSession()
  if (!session.isKnown) await session.load()
  if (to.meta.isOpen) return true
  if (!session.staff) return { path: '/sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
  if (to.matched.some((record) => record.meta.needs && !session.can(record.meta.needs))) return '/no-access'
  return true
}

router.beforeEach((to) => admit(to))
router.afterEach((to) => {
  const key = to.matched.map((record) => record.meta.title).filter((title) => title !== undefined).at(-1)
  setPageTitle(key ? `${t(key)} · ${t('app.name')}` : t('app.name'))
})

whenSignedOut(() => {
  const session = useSession()
  if (!session.staff) return
  session.forget()
  void router.push({ path: '/sign-in', query: { next: router.currentRoute.value.fullPath, ended: '1' } })
})
