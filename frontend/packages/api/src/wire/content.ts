/** Message content, tagged by `type`. Written by hand from docs/reference/wire.md. */

export interface Money {
  amount: number
  currency: string
}

export interface Product {
  product_id: string
  title: string
  price: Money
  original_price?: Money | null
  stock: number
  image: string
  url: string
  promotion?: string | null
}

export interface OrderItem {
  product_id: string
  title: string
  variant: string
  quantity: number
  price: Money
  image: string
}

export interface OrderStep {
  state: string
  label: string
  at: string | null
}

export interface Order {
  number: string
  state: string
  state_label: string
  created_at: string
  amount: Money
  items: OrderItem[]
  carrier?: string | null
  tracking_number?: string | null
  receiver_masked?: string | null
  timeline: OrderStep[]
}

/** Where a masked piece of personal data stands inside `text`. */
export interface MaskedSpan {
  index: number
  kind: string
  masked: string
}

export interface RelatedQuestion {
  id: string
  question: string
}

export interface Button {
  id: string
  label: string
}

export interface Trace {
  at: string
  text: string
  place?: string | null
}

export interface TextContent {
  type: 'text'
  text: string
  spans?: MaskedSpan[]
  entry_id?: string | null
  related?: RelatedQuestion[]
}

export interface ImageContent {
  type: 'image'
  attachment_id: string
  name: string
  width: number
  height: number
  bytes: number
}

export interface FileContent {
  type: 'file'
  attachment_id: string
  name: string
  bytes: number
  mime: string
}

export interface ButtonsContent {
  type: 'buttons'
  text: string
  buttons: Button[]
}

export interface PressContent {
  type: 'press'
  seq: number
  id: string
  label: string
}

export interface ProductContent {
  type: 'product'
  product: Product
}

export interface OrderContent {
  type: 'order'
  order: Order
}

export interface OrdersContent {
  type: 'orders'
  text: string
  orders: Order[]
}

export interface LogisticsContent {
  type: 'logistics'
  number: string
  carrier: string
  carrier_phone?: string | null
  tracking_number: string
  state: string
  state_label: string
  traces: Trace[]
}

export type Content =
  | TextContent
  | ImageContent
  | FileContent
  | ButtonsContent
  | PressContent
  | ProductContent
  | OrderContent
  | OrdersContent
  | LogisticsContent

/** What a sender gives; the server fills the rest. */
export type Draft =
  | { type: 'text'; text: string }
  | { type: 'image'; attachment_id: string }
  | { type: 'file'; attachment_id: string }
  | { type: 'press'; seq: number; id: string }
  | { type: 'product'; product_id: string }
  | { type: 'order'; number: string }
  | { type: 'logistics'; number: string }

export interface Attachment {
  attachment_id: string
  name: string
  mime: string
  bytes: number
  width?: number | null
  height?: number | null
}

export interface ErrorBody {
  code: string
  message: string
  params?: Record<string, unknown>
}
