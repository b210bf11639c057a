// The files that a plain answer changes while it still arrives: one line each, as tools have them.
import { Pencil } from 'lucide-react'
import { count } from '../../lib/words'
import type { Writing } from './story'

export function WritingLines({ files }: { files: readonly Writing[] }) {
  if (files.length === 0) return null
  return (
    <ul className="tools" aria-label="Files it is changing" data-testid="writing">
      {files.map((file) => (
        <li key={file.path} className="tool" data-state={file.open ? 'running' : 'done'}>
          {file.open ? <span className="spin ai" aria-hidden /> : <Pencil className="i" aria-hidden />}
          <span>{file.open ? 'Writing' : 'Wrote'}</span>
          <span className="what">{file.path}</span>
          <Counts file={file} />
        </li>
      ))}
    </ul>
  )
}

/** A file that is written whole says nothing of what it changes. */
function Counts({ file }: { file: Writing }) {
  if (file.added + file.removed === 0) return null
  const words = `${count(file.added, 'line')} added, ${file.removed} removed`
  return (
    <span className="ms num" role="img" aria-label={words}>
      <span className="add">+{file.added}</span> <span className="del">−{file.removed}</span>
    </span>
  )
}
