import { h } from 'preact'
import type { Product } from '@xiaoer/api'
import type { Words } from '../words'

const FEW = 10

export function stockText(words: Words, stock: number): string {
  if (stock <= 0) return words.t('soldOut')
  return words.t(stock <= FEW ? 'few' : 'stock', { n: stock })
}

export function Card({ product, words }: { product: Product; words: Words }) {
  const { product_id, title, price, original_price, stock, image, promotion } = product
  return (
    <a class={stock > 0 ? 'card' : 'card gone'} href={`/demo/products/${encodeURIComponent(product_id)}`}>
      <span class="frame">
        <img src={image} alt="" loading="lazy" width={320} height={320} />
        {promotion && <span class="tag">{promotion}</span>}
      </span>
      <span class="name">{title}</span>
      <span class="price">
        {words.money(price)}
        {original_price && original_price.amount > price.amount && <s>{words.money(original_price)}</s>}
      </span>
      <small>{stockText(words, stock)}</small>
    </a>
  )
}
