// Every key that does something, by where it works.
import { Search } from 'lucide-react'
import { useState } from 'react'
import { TextField } from '../../kit/controls'
import { Empty } from '../../kit/feedback'
import { Keys } from '../../kit/keys'
import { keysFor } from './keys'

export function KeyboardSection() {
  const [words, setWords] = useState('')
  const groups = keysFor(words)
  return (
    <div className="set__one">
      <h1>Keyboard</h1>
      <p className="muted">
        Keys are those of VS Code where there is one. Commands without a key are in the palette.
      </p>
      <div className="set__find">
        <TextField
          label="Search keys"
          hideLabel
          placeholder="Search by name or key"
          icon={<Search className="i i--s" aria-hidden />}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
      </div>
      {groups.map((group) => (
        <section key={group.where}>
          <h2>{group.where}</h2>
          <div className="card">
            <table className="table">
              <tbody>
                {group.keys.map((entry) => (
                  <tr key={entry.does}>
                    <td>{entry.does}</td>
                    <td className="r">
                      <span className="keys">
                        {entry.keys.map((keys) => (
                          <Keys key={keys} keys={keys} />
                        ))}
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      ))}
      {groups.length === 0 && <Empty title="No key does that">Try the palette: it has every command.</Empty>}
    </div>
  )
}
