import { h, render } from 'preact'
import { describe, expect, it } from 'vitest'
import { markdown, safeHref } from '../src/text/markdown'

function html(text: string): Element {
  const box = document.createElement('div')
  render(h('div', {}, markdown(text)), box)
  return box.firstElementChild!
}

describe('markdown', () => {
  it('renders the subset', () => {
    const box = html('第一段 **粗体**\n第二行\n\n- 甲\n- 乙\n\n1. 一\n2. 二\n\n见[说明](https://example.com/a?b=1)')
    expect(box.querySelectorAll('p')).toHaveLength(2)
    expect(box.querySelector('strong')!.textContent).toBe('粗体')
    expect([...box.querySelectorAll('ul li')].map((li) => li.textContent)).toEqual(['甲', '乙'])
    expect(box.querySelectorAll('ol li')).toHaveLength(2)
    const link = box.querySelector('a')!
    expect(link.getAttribute('href')).toBe('https://example.com/a?b=1')
    expect(link.getAttribute('rel')).toContain('noopener')
  })

  it.each([
    '<img src=x onerror=alert(1)>',
    '<script>alert(1)</script>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert`1`)',
    '[x](data:text/html,<script>1</script>)',
    '[x](vbscript:x)',
    '[x](//evil)',
    '**<svg onload=alert(1)>**',
    '- <iframe src="https://example.com"></iframe>',
    '[<img src=x onerror=alert(1)>](https://example.com)',
  ])('never makes an element of %s', (text) => {
    const box = html(text)
    expect(box.querySelector('img, script, svg, iframe')).toBeNull()
    for (const link of box.querySelectorAll('a')) expect(link.getAttribute('href')).toMatch(/^https?:/)
  })

  it('links bare addresses but not the Chinese full stop after them', () => {
    expect(html('看 https://example.com/x。好').querySelector('a')!.textContent).toBe('https://example.com/x')
  })

  it('keeps odd marks as text', () => {
    expect(html('3 * 4 ** 5').textContent).toBe('3 * 4 ** 5')
    expect(html('').textContent).toBe('')
    expect(html('**'.repeat(5000)).textContent).toBeTruthy()
  })

  it('allows http and https only', () => {
    expect(safeHref('https://a.cn')).toBe('https://a.cn/')
    for (const href of ['javascript:1', 'file:///x', 'x', '/x', 'blob:https://a/b']) expect(safeHref(href)).toBeNull()
  })
})
