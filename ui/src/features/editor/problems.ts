// What the language services found wrong in the person's own files.
import { useEffect, useState } from 'react'
import { monaco, pathOf } from './monaco'

export type FileProblem = {
  path: string
  line: number
  column: number
  message: string
  severity: 'error' | 'warning'
}

export function useFileProblems(): readonly FileProblem[] {
  const [problems, setProblems] = useState<readonly FileProblem[]>([])
  useEffect(() => {
    const read = () =>
      setProblems(
        monaco.editor.getModelMarkers({}).flatMap((marker): FileProblem[] => {
          if (marker.resource.scheme !== 'file' || marker.severity < monaco.MarkerSeverity.Warning) return []
          return [
            {
              path: pathOf(marker.resource),
              line: marker.startLineNumber,
              column: marker.startColumn,
              message: marker.message,
              severity: marker.severity === monaco.MarkerSeverity.Error ? 'error' : 'warning',
            },
          ]
        }),
      )
    read()
    const listening = monaco.editor.onDidChangeMarkers(read)
    return () => listening.dispose()
  }, [])
  return problems
}
