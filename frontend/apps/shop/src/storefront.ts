/** The demo shop's own calls. */

import type { Identity, Money, Product } from '@xiaoer/api'

export interface Account {
  account_id: string
  name: string
  city: string
  /** What is special about this shopper's orders; empty for the many ordinary ones. */
  about: string
}

export interface Variant {
  sku: string
  name: string
  price: Money
  original_price?: Money | null
  stock: number
}

export interface ProductDetail {
  product: Product
  subtitle?: string | null
  facts: { name: string; value: string }[]
  variants: Variant[]
}

export interface Category {
  category: string
  name: string
  count: number
}

export interface Shelf {
  items: Product[]
  categories: Category[]
}

async function ask<T>(path: string, locale: string, body?: object): Promise<T> {
  const response = await fetch(`/api/v1/storefront/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'Accept-Language': locale, ...(body ? { 'Content-Type': 'application/json' } : {}) },
    body: body && JSON.stringify(body),
  })
  if (!response.ok) throw new Error(String(response.status))
  return (await response.json()) as T
}

export function listProducts(locale: string, category: string, words: string): Promise<Shelf> {
  const query = new URLSearchParams({ locale })
  if (category) query.set('category', category)
  if (words) query.set('q', words)
  return ask(`products?${query}`, locale)
}

export function getProduct(locale: string, id: string): Promise<ProductDetail> {
  return ask(`products/${encodeURIComponent(id)}?locale=${locale}`, locale)
}

export async function listAccounts(locale: string): Promise<Account[]> {
  return (await ask<{ items: Account[] }>('accounts', locale)).items
}

export async function signIn(locale: string, accountId: string): Promise<Identity> {
  return (await ask<{ identity: Identity }>('sign-in', locale, { account_id: accountId })).identity
}
