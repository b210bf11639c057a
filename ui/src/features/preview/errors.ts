// An error of the previewed page, with the place in the person's file.

export type PreviewError = {
  /** The page stopped while it ran; else it could not be built, and the last one still stands. */
  running: boolean
  title: string
  message: string
  /** Without a leading slash, as the project names it. */
  path: string | undefined
  line: number | undefined
  column: number | undefined
}

type Raw = {
  title?: string
  message?: string
  path?: string
  line?: number
  column?: number
  payload?: {
    frames?: readonly {
      _originalFileName?: string
      _originalLineNumber?: number
      _originalColumnNumber?: number
    }[]
  }
}

/** The bundler fails to rewrite the message of a syntax error, and reports that failure around the message itself. */
const WRAPPED = /^Cannot assign to read only property 'message' of object '([\s\S]*?)'?$/

export function errorFrom(raw: Raw, running: boolean): PreviewError {
  const wrapped = WRAPPED.exec(raw.message ?? '')
  const whole = wrapped?.[1] ?? raw.message ?? ''
  const named = /^(\w*Error): ([\s\S]*)$/.exec(whole)
  const frame = raw.payload?.frames?.find(
    (each) => each._originalFileName && !each._originalFileName.includes('node_modules'),
  )
  const path = cleanPath(raw.path || frame?._originalFileName)
  const message = withoutPlace((wrapped ? (named?.[2] ?? whole) : whole).trim(), path)
  return {
    running,
    title: wrapped ? (named?.[1] ?? 'SyntaxError') : raw.title || 'Error',
    message: firstParagraph(message),
    path,
    line: raw.line || frame?._originalLineNumber || placeIn(whole)?.line,
    column: raw.column || frame?._originalColumnNumber || placeIn(whole)?.column,
  }
}

function cleanPath(path: string | undefined): string | undefined {
  if (!path || path.includes('node_modules')) return undefined
  return path.replace(/^\/+/, '')
}

/** `/src/App.tsx: Unexpected token (3:5)` without the path in front. */
function withoutPlace(message: string, path: string | undefined): string {
  if (path && message.startsWith(`/${path}: `)) return message.slice(path.length + 3)
  return message.replace(/^\/[\w./@-]+: /, '')
}

function placeIn(message: string): { line: number; column: number } | undefined {
  const found = /\((\d+):(\d+)\)/.exec(message)
  return found ? { line: Number(found[1]), column: Number(found[2]) + 1 } : undefined
}

/** The code frame that follows says the same again; the editor shows it better. */
function firstParagraph(message: string): string {
  return (message.split(/\n\s*\n/)[0] ?? message).slice(0, 600)
}

/** What the agent is asked for an error. */
export function askToFix(error: PreviewError, proposed: boolean): string {
  const place = error.path ? ` in ${error.path}${error.line ? `:${error.line}` : ''}` : ''
  const when = proposed ? ' with the changes you proposed' : ''
  return `The preview fails${when}${place}: ${error.title}: ${error.message}\nFind the cause and fix it.`
}
