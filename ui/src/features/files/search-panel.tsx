// Search in all files: asks while you type, and only the newest question counts.
import { useQuery } from '@tanstack/react-query'
import { CaseSensitive, Regex, Search, WholeWord } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { IconButton } from '../../kit/button'
import { Empty } from '../../kit/feedback'
import { FileIcon } from '../../kit/file-icon'
import { api, take } from '../../server/client'
import { keys } from '../../server/keys'
import type { SearchHit } from '../../server/types'
import { byFile } from './search'
import { baseName, parentOf } from './tree'

const ASK_AFTER_MS = 180
const MOST = 500

type SearchPanelProps = { projectId: string; onOpen: (path: string, line: number, col: number) => void }

export function SearchPanel({ projectId, onOpen }: SearchPanelProps) {
  const [text, setText] = useState('')
  const [flags, setFlags] = useState({ regex: false, caseSensitive: false, word: false })
  const asked = useLater(text, ASK_AFTER_MS)
  const query = { q: asked, ...flags, limit: MOST }
  const { data, error, isFetching } = useQuery({
    queryKey: keys.search(projectId, query),
    queryFn: ({ signal }) =>
      take(api.GET('/api/projects/{id}/search', { params: { path: { id: projectId }, query }, signal })),
    enabled: asked !== '',
    retry: false,
  })
  const flip = (flag: keyof typeof flags) => () => setFlags((now) => ({ ...now, [flag]: !now[flag] }))
  const files = data ? byFile(data.items) : []
  return (
    <>
      <div className="section-head">
        <span>Search in files</span>
      </div>
      <div className="search-form">
        <span className="input search-form__input">
          <Search className="i i--s" aria-hidden />
          <input
            className="input__text"
            aria-label="Search in files"
            data-testid="search-input"
            placeholder="Search"
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Flag label="Match case" on={flags.caseSensitive} onFlip={flip('caseSensitive')}>
            <CaseSensitive className="i i--s" aria-hidden />
          </Flag>
          <Flag label="Whole words" on={flags.word} onFlip={flip('word')}>
            <WholeWord className="i i--s" aria-hidden />
          </Flag>
          <Flag label="Regular expression" on={flags.regex} onFlip={flip('regex')}>
            <Regex className="i i--s" aria-hidden />
          </Flag>
        </span>
        <p className="small muted" role="status">
          {error ? (
            <span className="error">{error.message}</span>
          ) : asked === '' ? (
            'All files but ignored ones'
          ) : data ? (
            `${data.items.length}${data.truncated ? ' or more' : ''} in ${files.length} ${files.length === 1 ? 'file' : 'files'}`
          ) : isFetching ? (
            'Searching'
          ) : null}
        </p>
      </div>
      <div className="side__scroll">
        {data && files.length === 0 && <Empty title="Nothing found">No line has “{asked}”.</Empty>}
        {files.map((file) => (
          <section key={file.path} aria-label={file.path}>
            <div className="search-file">
              <FileIcon path={file.path} />
              <span className="clip">
                {baseName(file.path)} <span className="faint small">{parentOf(file.path)}</span>
              </span>
              <span className="count push">{file.hits.length}</span>
            </div>
            {file.hits.map((hit) => (
              <button
                key={`${hit.line}:${hit.start}`}
                type="button"
                className="search-hit"
                title={`${hit.path}:${hit.line}`}
                onClick={() => onOpen(hit.path, hit.line, hit.start + 1)}
              >
                <Hit hit={hit} />
              </button>
            ))}
          </section>
        ))}
      </div>
    </>
  )
}

function Hit({ hit }: { hit: SearchHit }) {
  const letters = [...hit.text]
  const cut = Math.max(0, hit.start - 24)
  const text = (from: number, to?: number) => letters.slice(from, to).join('')
  return (
    <>
      <span className="search-hit__line num">{hit.line}</span>
      <span className="clip">
        {cut > 0 ? '…' : ''}
        {cut > 0 ? text(cut, hit.start) : text(0, hit.start).trimStart()}
        <mark>{text(hit.start, hit.end)}</mark>
        {text(hit.end, hit.end + 120)}
      </span>
    </>
  )
}

function Flag(props: { label: string; on: boolean; onFlip: () => void; children: ReactNode }) {
  return (
    <IconButton label={props.label} pressed={props.on} onClick={props.onFlip}>
      {props.children}
    </IconButton>
  )
}

/** The value as it was when it last rested for `ms`. */
function useLater<T>(value: T, ms: number): T {
  const [later, setLater] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return later
}
