import type { Role } from '@xiaoer/api'

export const ROLES: Role[] = ['administrator', 'supervisor', 'agent', 'editor']
export const PASSWORD_MIN = 10

/** A password nobody has to invent; read out once, changed by its owner later. */
export function makePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789'
  const bytes = crypto.getRandomValues(new Uint32Array(14))
  return Array.from(bytes, (value) => letters[value % letters.length]).join('')
}
