import { useState } from 'react'
import { pages } from './pages'

function Words({ text }: { text: string }) {
  return text.split('`').map((part, at) => (at % 2 === 1 ? <code key={`${at}${part}`}>{part}</code> : part))
}

/** Headings, lists, code and paragraphs; blocks are parted by empty lines. */
function Markdown({ text }: { text: string }) {
  return text.split('\n\n').map((block) => {
    if (block.startsWith('## ')) return <h2 key={block}>{block.slice(3)}</h2>
    if (!block.startsWith('- ')) {
      return (
        <p key={block}>
          <Words text={block} />
        </p>
      )
    }
    return (
      <ul key={block}>
        {block.split('\n').map((line) => (
          <li key={line}>
            <Words text={line.slice(2)} />
          </li>
        ))}
      </ul>
    )
  })
}

export function App() {
  const [title, setTitle] = useState(pages[0]?.title)
  const [search, setSearch] = useState('')
  const words = search.toLowerCase()
  const found = pages.filter((page) => `${page.title} ${page.text}`.toLowerCase().includes(words))
  const page = pages.find((page) => page.title === title)
  return (
    <main className="row" style={{ alignItems: 'start', gap: '2rem' }}>
      <nav aria-label="Pages" style={{ flex: '1 1 12rem', display: 'grid', gap: '0.5rem' }}>
        <input aria-label="Search" placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} />
        {found.map((page) => (
          <button
            key={page.title}
            type="button"
            aria-current={page.title === title ? 'page' : undefined}
            onClick={() => setTitle(page.title)}
          >
            {page.title}
          </button>
        ))}
        {found.length === 0 && <p className="soft">No page has “{search}”.</p>}
      </nav>
      <article style={{ flex: '3 1 20rem' }}>
        <h1>{page?.title}</h1>
        {page && <Markdown text={page.text} />}
      </article>
    </main>
  )
}
