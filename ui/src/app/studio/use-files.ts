// The open buffers and the texts of one project, kept in step with the disk by the server's feed.
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { Background } from '../../features/editor/background'
import { Buffers } from '../../features/editor/buffers'
import { setPackageTypes, setProblemsShown } from '../../features/editor/monaco'
import { untyped } from '../../lib/untyped'
import { onServerEvent } from '../../server/feed'
import { filesQuery, typesQuery } from '../../server/queries'
import { diskOf } from './disk'
import { ProjectTexts } from './texts'

/** Monaco goes on for a moment with a model that React has let go. */
const LANGUAGE_SYNC_MS = 250

export function useFiles(projectId: string) {
  const [{ buffers, texts, background }] = useState(() => {
    const disk = diskOf(projectId)
    const made = new Buffers(disk)
    return { buffers: made, texts: new ProjectTexts(disk.read, made), background: new Background() }
  })
  const list = useQuery(filesQuery(projectId))
  const types = useQuery({ ...typesQuery(projectId), retry: false })
  const infos = useSyncExternalStore(buffers.subscribe, buffers.snapshot)
  const current = useSyncExternalStore(texts.subscribe, texts.snapshot)

  useEffect(() => {
    if (list.data) void texts.list(list.data.items)
  }, [list.data, texts])
  useEffect(
    () =>
      onServerEvent((event) => {
        if (event.type === 'file_changed' && event.projectId === projectId) {
          void buffers.changedOnDisk(event.path, event.hash ?? undefined)
          void texts.changed(event.path)
        } else if (event.type === 'project_changed' && event.projectId === projectId) {
          void buffers.recheck()
          void texts.recheck()
        } else if (event.type === 'resync') {
          void buffers.recheck()
          void texts.recheck()
        }
      }),
    [buffers, texts, projectId],
  )
  const packageJson = current.texts.get('package.json')
  useEffect(() => {
    setProblemsShown(types.data !== undefined)
    setPackageTypes(types.data ?? {}, untyped(packageJson, types.data ?? {}))
  }, [types.data, packageJson])
  // biome-ignore lint/correctness/useExhaustiveDependencies: an opened or closed buffer changes who has the model
  useEffect(() => {
    const timer = setTimeout(() => background.sync(current.texts, buffers), LANGUAGE_SYNC_MS)
    return () => clearTimeout(timer)
  }, [current, infos, background, buffers])
  useEffect(
    () => () => {
      // React mounts twice while developing; what is let go here is made again by the next open.
      background.dispose()
    },
    [background],
  )
  return { buffers, texts, infos, current, list }
}
