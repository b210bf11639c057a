// What an agent writes, as text: Markdown without raw HTML, without images from anywhere, its file names as links.
import { memo } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { type FilePlace, placeOf } from './places'

type MarkdownProps = {
  text: string
  /** The project's files; only what is there becomes a link. */
  exists: (path: string) => boolean
  onPlace: (place: FilePlace) => void
}

const PLUGINS = [remarkGfm]

export const Markdown = memo(function Markdown({ text, exists, onPlace }: MarkdownProps) {
  const known = (words: string): FilePlace | undefined => {
    const place = placeOf(words)
    return place && exists(place.path) ? place : undefined
  }
  const link = (place: FilePlace, words: React.ReactNode) => (
    <button type="button" className="link place" onClick={() => onPlace(place)}>
      {words}
    </button>
  )
  const components: Components = {
    a: ({ href, children }) => {
      const place = href === undefined ? undefined : known(decodeURI(href))
      if (place) return link(place, children)
      if (!href || !/^https?:/i.test(href)) return <span>{children}</span>
      return (
        <a href={href} target="_blank" rel="noreferrer noopener">
          {children}
        </a>
      )
    },
    code: ({ children, className }) => {
      const words = typeof children === 'string' ? children : ''
      const place = className === undefined && !words.includes('\n') ? known(words) : undefined
      return place ? link(place, <code>{words}</code>) : <code className={className}>{children}</code>
    },
    // A picture from elsewhere would tell elsewhere that this was read.
    img: ({ alt, src }) => (
      <span className="muted">[picture{alt ? `: ${alt}` : typeof src === 'string' ? `: ${src}` : ''}]</span>
    ),
    table: ({ children }) => (
      <div className="prose__wide">
        <table className="table">{children}</table>
      </div>
    ),
  }
  return (
    <div className="msg prose-text">
      <ReactMarkdown remarkPlugins={PLUGINS} components={components} skipHtml>
        {text}
      </ReactMarkdown>
    </div>
  )
})
