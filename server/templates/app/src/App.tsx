import { type FormEvent, useState } from 'react'

interface Item {
  id: number
  text: string
  done: boolean
}

const first: Item[] = [
  { id: 1, text: 'Look around the files', done: true },
  { id: 2, text: 'Change a word and watch the preview', done: false },
  { id: 3, text: 'Ask for something new', done: false },
]

export function App() {
  const [items, setItems] = useState(first)
  const [text, setText] = useState('')
  const left = items.filter((item) => !item.done).length

  function add(event: FormEvent) {
    event.preventDefault()
    if (text.trim() === '') return
    setItems([...items, { id: Math.max(0, ...items.map((item) => item.id)) + 1, text: text.trim(), done: false }])
    setText('')
  }

  return (
    <main>
      <h1>Today</h1>
      <p className="soft">{left === 0 ? 'All done.' : `${left} left to do.`}</p>
      <form className="row" onSubmit={add}>
        <input aria-label="New item" placeholder="What is next?" value={text} onChange={(event) => setText(event.target.value)} />
        <button type="submit">Add</button>
      </form>
      <ul style={{ listStyle: 'none', padding: 0 }}>
        {items.map((item) => (
          <li key={item.id} className="card" style={{ marginTop: '0.5rem' }}>
            <label className="row">
              <input
                type="checkbox"
                checked={item.done}
                onChange={() =>
                  setItems(items.map((other) => (other.id === item.id ? { ...other, done: !other.done } : other)))
                }
              />
              <span className={item.done ? 'soft' : ''}>{item.done ? <s>{item.text}</s> : item.text}</span>
            </label>
          </li>
        ))}
      </ul>
    </main>
  )
}
