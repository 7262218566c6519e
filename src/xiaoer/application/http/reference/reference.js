// Draws /openapi.json as a page to read: operations by tag, their parameters, bodies and answers.
const main = document.getElementById('operations')
const find = document.getElementById('find')

const make = (name, text, ...children) => {
  const node = document.createElement(name)
  if (text) node.textContent = text
  node.append(...children)
  return node
}

const short = (schema, all, depth = 0) => {
  if (!schema) return null
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop()
    return depth > 3 ? name : short(all[name], all, depth + 1)
  }
  const parts = schema.oneOf ?? schema.anyOf
  if (parts) return parts.map((one) => short(one, all, depth + 1))
  if (schema.type === 'array') return [short(schema.items, all, depth + 1)]
  if (schema.properties) {
    return Object.fromEntries(Object.entries(schema.properties).map(([key, one]) => [key, short(one, all, depth + 1)]))
  }
  return schema.enum?.join(' | ') ?? schema.const ?? schema.format ?? schema.type ?? 'any'
}

const shape = (content, all) => {
  const schema = Object.values(content ?? {})[0]?.schema
  return schema ? make('pre', JSON.stringify(short(schema, all), null, 2)) : ''
}

const draw = (path, method, operation, all) => {
  const head = make('summary', '', make('b', method.toUpperCase()), make('code', path), make('span', operation.description ?? operation.summary))
  const body = make('div')
  if (operation.parameters?.length) {
    const rows = operation.parameters.map((one) =>
      make('tr', '', make('td', '', make('code', one.name)), make('td', one.in), make('td', String(short(one.schema, all))))
    )
    body.append(make('h3', 'Parameters'), make('table', '', ...rows))
  }
  if (operation.requestBody) body.append(make('h3', 'Body'), shape(operation.requestBody.content, all))
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (status.startsWith('2')) body.append(make('h3', `Answer ${status}`), shape(answer.content, all))
  }
  const refused = Object.keys(operation.responses).filter((status) => !status.startsWith('2'))
  body.append(make('p', `Refusals: ${refused.join(', ')}, each {code, message, params}.`))
  const node = make('details', '', head, body)
  node.dataset.words = `${path} ${operation.operationId} ${operation.summary} ${operation.description}`.toLowerCase()
  return node
}

const show = (api) => {
  const tags = new Map()
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (!operation.operationId) continue
      const tag = operation.tags?.[0] ?? 'other'
      tags.set(tag, [...(tags.get(tag) ?? []), draw(path, method, operation, api.components.schemas)])
    }
  }
  main.replaceChildren(...[...tags].map(([tag, nodes]) => make('section', '', make('h2', tag), ...nodes)))
}

find.addEventListener('input', () => {
  const words = find.value.toLowerCase().trim()
  for (const node of main.querySelectorAll('details')) node.hidden = !node.dataset.words.includes(words)
  for (const part of main.querySelectorAll('section')) part.hidden = !part.querySelector('details:not([hidden])')
})

fetch('/openapi.json')
  .then((answer) => answer.json())
  .then(show)
  .catch((error) => main.replaceChildren(make('p', `The description could not be loaded: ${error.message}`)))
