/** What an import file looks like. One row per entry and language; similar questions are separated by `|`. */
export const TEMPLATE = [
  'id,category,question,similar,answer,locale,state',
  ',shipping,下单后多久发货？,什么时候发货|多久能发货,现货商品在付款后 {{ship_hours}} 小时内发出。,zh-CN,published',
  ',shipping,How soon do you ship?,when will my order ship|how fast is dispatch,In-stock items ship within {{ship_hours}} hours.,en,published',
  '',
].join('\r\n')
