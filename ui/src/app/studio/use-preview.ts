// The preview of a project: what it needs to start, the files it shows, and how it stands.
import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { type ConsoleLine, grownConsole } from '../../features/preview/console-lines'
import type { PreviewEvent } from '../../features/preview/engine'
import { previewFiles, proposedTexts } from '../../features/preview/files'
import { notStarted, standingAfter } from '../../features/preview/preview-pane'
import { inWords } from '../../server/problem'
import { previewQuery } from '../../server/queries'

type Texts = { texts: ReadonlyMap<string, string>; loaded: boolean }

export function usePreview(
  projectId: string,
  current: Texts,
  proposed: ReadonlyMap<string, string | undefined>,
  shows: 'yours' | 'proposed',
) {
  const query = useQuery(previewQuery(projectId))
  const [standing, setStanding] = useState(notStarted)
  const [lines, setLines] = useState<readonly ConsoleLine[]>([])
  const files = useMemo(() => {
    if (query.data?.state !== 'ready' || !current.loaded) return undefined
    const texts = shows === 'proposed' ? proposedTexts(current.texts, proposed) : current.texts
    return previewFiles(texts, query.data)
  }, [query.data, current, proposed, shows])
  const hear = useCallback((event: PreviewEvent) => {
    setStanding((now) => standingAfter(now, event))
    if (event.type === 'console') setLines((now) => grownConsole(now, event.lines))
  }, [])
  return {
    preview: query.data,
    problem: query.error && !query.data ? inWords(query.error) : undefined,
    files,
    standing,
    lines,
    hear,
    again: () => void query.refetch(),
  }
}
