/** Sample goods, orders and answers of the mock server. */

const money = (amount) => ({ amount, currency: 'CNY' })
const hours = (n) => new Date(Date.now() - n * 3600_000).toISOString().slice(0, 19) + 'Z'

export const categories = [['clothes', '服饰'], ['digital', '数码'], ['home', '家居']].map(([category, name]) => ({ category, name, count: 2 }))

const goods = [
  ['p-earbuds', 'digital', '静界 Pro 主动降噪蓝牙耳机', 39900, 49900, 128, '满 300 减 30', '#0f766e'],
  ['p-speaker', 'digital', '山谷便携蓝牙音箱 防水版', 25900, null, 42, null, '#b45309'],
  ['p-lamp', 'home', '小满护眼台灯 三档色温', 16900, 19900, 0, null, '#7c3aed'],
  ['p-kettle', 'home', '一人食恒温电热水壶 0.8 L', 12900, null, 73, '第二件半价', '#0369a1'],
  ['p-jacket', 'clothes', '轻羽三防软壳外套 男女同款', 45900, 59900, 15, '会员 9 折', '#be123c'],
  ['p-bag', 'clothes', '城市通勤双肩包 15.6 英寸', 21900, null, 66, null, '#334155'],
]

export const products = goods.map(([id, category, title, price, was, stock, promotion, colour]) => ({
  product_id: id,
  category,
  title,
  price: money(price),
  original_price: was ? money(was) : null,
  stock,
  promotion,
  colour,
  image: `/api/v1/storefront/images/${id}.svg`,
  url: `/demo/products/${id}`,
  subtitle: '日常使用的可靠之选',
  facts: [{ name: '质保', value: '12 个月' }, { name: '产地', value: '中国' }],
  variants: [
    { sku: `${id}-1`, name: '墨黑', price: money(price), stock },
    { sku: `${id}-2`, name: '云白', price: money(price + 1000), stock: Math.ceil(stock / 2) },
  ],
}))

export const brief = ({ product_id, title, price, original_price, stock, image, url, promotion }) => ({
  product_id, title, price, original_price, stock, image, url, promotion,
})

const item = (product, quantity = 1) => ({
  product_id: product.product_id, title: product.title, variant: '墨黑', quantity, price: product.price, image: product.image,
})

const STEPS = [['placed', '已下单'], ['paid', '已付款'], ['shipped', '已发货'], ['signed', '已签收']]

function order(number, reached, items, more = {}) {
  return {
    number,
    state: STEPS[reached][0],
    state_label: STEPS[reached][1],
    created_at: hours(80),
    amount: money(items.reduce((sum, each) => sum + each.price.amount * each.quantity, 0)),
    items,
    receiver_masked: '王* 138****5678 浙江省杭州市西湖区***',
    timeline: STEPS.slice(0, reached + 1).map(([state, label], i) => ({ state, label, at: hours(80 - i * 22) })),
    ...more,
  }
}

const shipped = { carrier: '顺丰速运', tracking_number: 'SF1402938475610' }
export const orders = [
  order('202611190001', 2, [item(products[0]), item(products[3], 2)], shipped),
  order('202611170042', 1, [item(products[4])]),
  order('202611020007', 3, [item(products[5])], { carrier: '中通快递', tracking_number: '75839201746352' }),
]

export const logistics = {
  type: 'logistics',
  number: '202611190001',
  ...shipped,
  carrier_phone: '95338',
  state: 'in_transit',
  state_label: '运输中',
  traces: [
    { at: hours(2), text: '快件已到达【杭州西湖营业点】，正在安排派送', place: '杭州' },
    { at: hours(9), text: '快件离开【杭州转运中心】', place: '杭州' },
    { at: hours(20), text: '快件到达【上海转运中心】', place: '上海' },
    { at: hours(31), text: '顺丰速运已揽收', place: '上海' },
  ],
}

export const accounts = [
  { account_id: 'wang', name: '王芳', city: '杭州市', about: '待付款、运输中、已签收各一单' },
  { account_id: 'li', name: '李明', city: '成都市', about: '' },
]

export const config = {
  'zh-CN': {
    shop_name: '青禾生活', bot_name: '小二', greeting: '您好，我是青禾生活的 AI 助手小二，订单、物流、退换货都可以问我。',
    service_hours: '每天 9:00–22:00',
    hot: ['下单后什么时候发货？', '怎么申请退货？', '可以开发票吗？', '我的快递到哪了？', '优惠券怎么用？'],
  },
  en: {
    shop_name: 'Qinghe Living', bot_name: 'Xiaoer', greeting: 'Hi, I am Xiaoer, the AI assistant of Qinghe Living. Ask me about orders, delivery and returns.',
    service_hours: 'Daily 9:00–22:00',
    hot: ['How soon do you ship?', 'How do I return an item?', 'Can I get an invoice?', 'Where is my parcel?'],
  },
}

const text = (body, more = {}) => ({ type: 'text', text: body, ...more })

/** What the mock bot answers; [content, …]. */
export function answer(question, customer) {
  if (/快递|物流|parcel/i.test(question)) return [text('您最近的一单正在路上：'), logistics]
  if (/订单|order/i.test(question)) {
    return [{ type: 'orders', text: '请选择要咨询的订单：', orders: customer.is_verified ? orders : orders.slice(0, 2) }]
  }
  if (/推荐|商品|product/i.test(question)) return [text('这款卖得很好：'), { type: 'product', product: brief(products[0]) }]
  if (/退/.test(question)) {
    return [{ type: 'buttons', text: '请问退货的原因是？', buttons: [
      { id: 'size', label: '尺码不合适' }, { id: 'broken', label: '商品有破损' }, { id: 'other', label: '其他原因' },
    ] }]
  }
  if (/xss/i.test(question)) {
    return [text('<img src=x onerror=alert(1)> **粗 <b>体</b>** [坏](javascript:alert(1)) [好](https://example.com/)')]
  }
  return [
    text('现货商品在付款后 **48 小时**内发出，每天 16:00 前付款的会优先安排当天出库。\n\n- 预售商品看商品页写的发货时间\n- 发出后「我的订单」里会出现快递单号\n\n详情见[发货说明](https://example.com/shipping)。', {
      entry_id: 'shipping.when_ship',
      related: [{ id: 'a', question: '你们发什么快递？' }, { id: 'b', question: '可以指定顺丰吗？' }, { id: 'c', question: '超过 48 小时没发货怎么办？' }],
    }),
  ]
}
