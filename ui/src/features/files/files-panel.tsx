// The Files panel: the project's name, new file, new folder, and the tree.
import { ChevronsDownUp, FilePlus, FolderPlus } from 'lucide-react'
import { useEffect, useState } from 'react'
import { IconButton } from '../../kit/button'
import { Banner, Empty, Skeleton } from '../../kit/feedback'
import type { FileEntry } from '../../server/types'
import { type FileActs, FileTree, type TreeRequest } from './file-tree'
import { foldersAbove, type Mark } from './tree'
import './files.css'

type FilesPanelProps = {
  name: string
  entries: readonly FileEntry[] | undefined
  truncated: boolean
  problem: string | undefined
  marks: ReadonlyMap<string, Mark>
  selected: string | undefined
  acts: FileActs
  kept: readonly string[]
  onKept: (open: readonly string[]) => void
  onSelect: (path: string) => void
  onProblem: (error: unknown) => void
}

export function FilesPanel(props: FilesPanelProps) {
  const { entries, selected, marks } = props
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(props.kept))
  const [request, setRequest] = useState<TreeRequest>()
  const change = (next: ReadonlySet<string>) => {
    setOpen(next)
    props.onKept([...next])
  }
  // What comes to the front, and what is proposed, is shown where it is.
  useEffect(() => {
    const wanted = [...(selected ? [selected] : []), ...marks.keys()].flatMap(foldersAbove)
    setOpen((now) => (wanted.every((path) => now.has(path)) ? now : new Set([...now, ...wanted])))
  }, [selected, marks])
  return (
    <>
      <div className="section-head">
        <span className="clip">{props.name}</span>
        <span className="push row section-head__acts">
          <IconButton label="New file" onClick={() => setRequest({ kind: 'new-file' })}>
            <FilePlus className="i i--s" aria-hidden />
          </IconButton>
          <IconButton label="New folder" onClick={() => setRequest({ kind: 'new-folder' })}>
            <FolderPlus className="i i--s" aria-hidden />
          </IconButton>
          <IconButton label="Close all folders" onClick={() => setRequest({ kind: 'collapse' })}>
            <ChevronsDownUp className="i i--s" aria-hidden />
          </IconButton>
        </span>
      </div>
      {props.truncated && <Banner>Only the first {entries?.length ?? 0} entries are shown.</Banner>}
      <div className="side__scroll">
        {props.problem !== undefined && <Empty title="The files could not be listed">{props.problem}</Empty>}
        {props.problem === undefined && entries === undefined && (
          <div className="side__loading">
            <Skeleton lines={6} />
          </div>
        )}
        {entries?.length === 0 && marks.size === 0 && request === undefined ? (
          <Empty title="No files yet">Make one here, or ask the agent to begin.</Empty>
        ) : (
          entries && (
            <FileTree
              entries={entries}
              marks={marks}
              open={open}
              onOpen={change}
              selected={selected}
              request={request}
              acts={props.acts}
              onSelect={props.onSelect}
              onProblem={props.onProblem}
            />
          )
        )}
      </div>
    </>
  )
}
