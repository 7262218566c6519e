/** A small shop for working on the console without a server. */

import type { ConversationSummary, Entry, LogisticsContent, Order, Product, Shop, Staff, TimelineEvent } from '@xiaoer/api'

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()
const yuan = (amount: number) => ({ amount, currency: 'CNY' })

export const ALL = ['conversation.read', 'conversation.serve', 'customer.read', 'customer.reveal', 'knowledge.read', 'knowledge.edit', 'shop.manage', 'people.manage']
const person = (id: string, name: string, role: Staff['role'], online: boolean): Staff => ({ staff_id: id, email: `${id}@qinghe.example`, name, role, permissions: ALL, locale: 'zh-CN', is_online: online, disabled: false })
export const me = person('lina', '李娜', 'administrator', true)
export const people: Staff[] = [me, person('zhangwei', '张伟', 'agent', true), person('wangfang', '王芳', 'supervisor', false), { ...person('chenjie', '陈洁', 'editor', false), disabled: true }]

export const product: Product = { product_id: 'p1', title: '青禾 轻量透气跑鞋 男女同款 2026 春季新色', price: yuan(32900), original_price: yuan(39900), stock: 128, image: '', url: '/demo/products/p1', promotion: '满 300 减 30' }
export const order: Order = {
  number: '202611200086', state: 'shipped', state_label: '运输中', created_at: ago(180_000), amount: yuan(35800), carrier: '中通快递', tracking_number: '78620011234567', receiver_masked: '陈** 138****5678 浙江省杭州市余杭区***',
  items: [{ product_id: 'p1', title: product.title, variant: '雾霾蓝 42', quantity: 1, price: yuan(32900), image: '' }, { product_id: 'p2', title: '速干运动袜 三双装', variant: '均码', quantity: 1, price: yuan(2900), image: '' }],
  timeline: [{ state: 'created', label: '下单', at: ago(180_000) }, { state: 'paid', label: '付款', at: ago(179_800) }, { state: 'shipped', label: '发货', at: ago(120_000) }, { state: 'delivered', label: '签收', at: null }],
}
export const older: Order = { ...order, number: '202610020031', state: 'delivered', state_label: '已签收', created_at: ago(4_000_000), amount: yuan(12900), tracking_number: null, items: [{ product_id: 'p3', title: '便携冷萃咖啡壶 600ml', variant: '透明', quantity: 1, price: yuan(12900), image: '' }] }
export const logistics: LogisticsContent = {
  type: 'logistics', number: order.number, carrier: '中通快递', carrier_phone: '95311', tracking_number: '78620011234567', state: 'in_transit', state_label: '运输中',
  traces: [{ at: ago(3600), text: '快件已到达 杭州转运中心', place: '杭州' }, { at: ago(30_000), text: '快件离开 嘉兴分拨中心，发往杭州', place: '嘉兴' }, { at: ago(80_000), text: '快件离开 上海青浦', place: '上海' }, { at: ago(120_000), text: '商家已发货，中通快递已揽收', place: '上海' }],
}

const names = ['陈小姐', '游客 8213', '王先生', 'Emma Zhou', '林晓', '赵敏', '周杰', '游客 5510', '吴迪', '孙悦', '郑爽', '冯涛']
const said = ['我的快递怎么三天没动了？', '这双鞋偏大还是偏小', '可以改地址吗，写错门牌号了', 'Can I get an invoice?', '退款什么时候到账啊', '收到的杯子碎了！！', '有没有优惠券', '好的谢谢', '发什么快递', '能不能便宜点']
export const conversations = new Map<string, ConversationSummary>()
function put(id: string, index: number, change: Partial<ConversationSummary>) {
  conversations.set(id, {
    conversation_id: id, customer: { customer_id: `c${index}`, name: names[index % names.length]!, is_verified: index % 3 === 0 }, channel: 'web', locale: 'zh-CN', state: 'open', handler: 'bot', assignee: null,
    last_text: said[index % said.length]!, last_actor: index % 4 === 3 ? 'bot' : 'customer', last_message_at: ago(60 + index * 95), unread: 0, waiting_since: null, rating: null, seq: 12, ...change,
  })
}
put('q1', 5, { handler: 'queue', waiting_since: ago(214), unread: 4 })
put('q2', 2, { handler: 'queue', waiting_since: ago(121), unread: 2 })
put('q3', 1, { handler: 'queue', waiting_since: ago(18), unread: 1 })
put('m1', 0, { handler: 'staff', assignee: { staff_id: 'lina', name: '李娜' }, unread: 2, waiting_since: ago(44) })
put('m2', 4, { handler: 'staff', assignee: { staff_id: 'lina', name: '李娜' }, last_actor: 'staff', last_text: '已经帮您登记了，预计今天 18 点前处理完。' })
put('s1', 6, { handler: 'staff', assignee: { staff_id: 'zhangwei', name: '张伟' } })
for (let index = 0; index < 130; index++) put(`b${index}`, index + 3, { last_actor: 'bot' })
for (let index = 0; index < 8; index++) put(`e${index}`, index, { state: 'ended', last_text: '好的，谢谢', rating: index % 2 ? { score: 5 - (index % 3), tags: ['回复快'], comment: '' } : null })

export function eventsOf(id: string): TimelineEvent[] {
  const customer = { kind: 'customer' as const, name: conversations.get(id)?.customer.name ?? '' }
  const bot = { kind: 'bot' as const, name: '小禾' }
  const staff = { kind: 'staff' as const, id: 'lina', name: '李娜' }
  let pub = 0
  const events = [
    { kind: 'opened', actor: customer, data: { locale: 'zh-CN', channel: 'web' }, at: ago(90_000) },
    { kind: 'message', actor: customer, data: { type: 'text', text: '你好，什么时候发货' }, at: ago(89_990) },
    { kind: 'message', actor: bot, data: { type: 'text', text: '现货商品在付款后 **48 小时**内发出，每天 16:00 前付款的会优先安排当天出库。\n\n- 预售商品看商品页写的发货时间\n- 发出后「我的订单」里会出现快递单号', related: [{ id: 'a', question: '可以指定快递吗？' }, { id: 'b', question: '怎么催发货？' }] }, at: ago(89_985) },
    { kind: 'message', actor: bot, data: { type: 'orders', text: '请问您要查哪一笔订单？', orders: [order, older] }, at: ago(400) },
    { kind: 'message', actor: customer, data: { type: 'press', seq: 4, id: order.number, label: `订单 ${order.number}` }, at: ago(390) },
    { kind: 'message', actor: bot, data: logistics, at: ago(388) },
    { kind: 'message', actor: customer, data: { type: 'text', text: '我的快递怎么三天没动了？电话 138****5678，麻烦催一下', spans: [{ index: 0, kind: 'phone', masked: '138****5678' }] }, at: ago(330) },
    { kind: 'handover_requested', actor: customer, data: { reason: 'requested' }, at: ago(320) },
    { kind: 'summarised', actor: { kind: 'system', name: '' }, data: { reason: 'requested', questions: ['什么时候发货', '快递三天没动'], intent: '催物流', order_numbers: [order.number], last_text: '我的快递怎么三天没动了？', product }, at: ago(320) },
    { kind: 'taken_over', actor: staff, data: { staff_id: 'lina', staff_name: '李娜' }, at: ago(300) },
    { kind: 'message', actor: staff, data: { type: 'text', text: '陈小姐您好，我是李娜。帮您查到了，包裹今天早上已到杭州转运中心。' }, at: ago(280) },
    { kind: 'note', actor: staff, data: { type: 'text', text: '中通客服说下午派送，16 点再看一次。' }, at: ago(270) },
    { kind: 'message', actor: staff, data: { type: 'order', order }, at: ago(200) },
    { kind: 'message', actor: customer, data: { type: 'product', product }, at: ago(120) },
    { kind: 'message', actor: customer, data: { type: 'file', attachment_id: 'f1', name: '开箱视频说明.pdf', bytes: 382_100, mime: 'application/pdf' }, at: ago(60) },
    { kind: 'message', actor: customer, data: { type: 'text', text: '那这双鞋还有 43 码吗' }, at: ago(44) },
  ]
  return events.map((event, index) => ({ ...event, seq: index + 1, public_seq: event.kind === 'note' || event.kind === 'summarised' ? null : ++pub })) as TimelineEvent[]
}

export const categories = [{ id: 'shipping', name: '发货', count: 26 }, { id: 'refund', name: '退款', count: 31 }, { id: 'invoice', name: '发票', count: 14 }, { id: 'returns', name: '退换货', count: 38 }]
export const entries: Entry[] = ['下单后什么时候发货？', '你们发什么快递？', '怎么申请退款？', '退款多久到账？', '可以开专票吗？', '不喜欢可以退吗？'].map((question, index) => ({
  entry_id: `${categories[index % 4]!.id}.e${index}`, category: categories[index % 4]!.id, state: index === 4 ? 'draft' : 'published', hot: index < 2 ? index + 1 : null, intent: null, related: index ? ['shipping.e0'] : [], version: 3, updated_at: ago(index * 90_000), updated_by_name: index % 2 ? '陈洁' : '', from_pack: index % 2 === 0,
  content: { 'zh-CN': { question, similar: ['什么时候发货', '多久能发啊', '啥时候能寄出来', '付款以后要等多久才发'], answer: '现货商品在付款后 {{ship_hours}} 小时内发出，每天 **{{ship_cutoff}}** 前付款的优先当天出库。\n\n- 预售看商品页\n- 查单请把订单号发给我' }, en: { question: 'How soon do you ship?', similar: ['when will it ship'], answer: 'Within {{ship_hours}} hours.' } },
}))

const day: [string, string][] = [['09:00', '22:00']]
export const shop: Shop = {
  name: '青禾生活', locale: 'zh-CN', timezone: 'Asia/Shanghai',
  settings: { bot_name: '小禾', greeting: '您好，我是青禾生活的智能助手小禾，有什么可以帮您？', colour: '#0f766e', hours: { mon: day, tue: day, wed: day, thu: day, fri: day, sat: [['10:00', '18:00']], sun: [] }, allowed_origins: ['https://shop.qinghe.example'], ask_before_chat: [], variables: { ship_hours: { 'zh-CN': '48', en: '48' }, ship_cutoff: { 'zh-CN': '16:00', en: '16:00' }, service_hours: { 'zh-CN': '每天 9:00–22:00', en: '9:00–22:00 daily' } } },
}
