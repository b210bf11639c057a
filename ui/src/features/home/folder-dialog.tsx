// Finds a folder to open where the system has no dialog for it: in a plain browser.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { ArrowUp, FolderGit2, Folder as FolderIcon } from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '../../kit/button'
import { TextField } from '../../kit/controls'
import { Dialog } from '../../kit/dialog'
import { Badge, Skeleton } from '../../kit/feedback'
import { inWords } from '../../server/problem'
import { foldersQuery } from '../../server/queries'
import { useOverlays } from '../../shell/overlays'
import { useOpenPath } from './open'

export function FolderDialog() {
  const open = useOverlays((state) => state.folders)
  const close = () => useOverlays.setState({ folders: false })
  return (
    <Dialog open={open} onClose={close} title="Open a folder" width={560}>
      {open && <Folders onClose={close} />}
    </Dialog>
  )
}

function Folders({ onClose }: { onClose: () => void }) {
  const [path, setPath] = useState('')
  const [typed, setTyped] = useState<string>()
  const list = useQuery({ ...foldersQuery(path), placeholderData: keepPreviousData })
  const open = useOpenPath()
  const here = list.data?.path ?? ''
  const goTo = (next: string) => {
    setTyped(undefined)
    setPath(next)
  }
  return (
    <>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault()
          if (typed !== undefined) goTo(typed)
          else if (here) open.mutate(here)
        }}
      >
        <IconButton
          size="md"
          label="Up one folder"
          unavailable={list.data?.parent ? undefined : 'This is the top'}
          onClick={() => list.data?.parent && goTo(list.data.parent)}
        >
          <ArrowUp className="i" aria-hidden />
        </IconButton>
        <span className="grow">
          <TextField
            label="Folder"
            hideLabel
            autoFocus
            spellCheck={false}
            value={typed ?? here}
            onChange={(event) => setTyped(event.target.value)}
          />
        </span>
      </form>
      {list.isError && <p className="error small">{inWords(list.error)}</p>}
      <div className="folders" aria-busy={list.isFetching}>
        {list.isPending && <Skeleton lines={4} />}
        {list.data?.items.map((folder) => (
          <button key={folder.path} type="button" className="list-row" onClick={() => goTo(folder.path)}>
            {folder.project ? (
              <FolderGit2 className="i i--s accent" aria-hidden />
            ) : (
              <FolderIcon className="i i--s muted" aria-hidden />
            )}
            <span className="clip">{folder.name}</span>
            {folder.project && (
              <span className="push">
                <Badge>Project</Badge>
              </span>
            )}
          </button>
        ))}
        {list.data?.items.length === 0 && <p className="muted small folders__none">No folders in here.</p>}
        {list.data?.truncated && (
          <p className="muted small folders__none">
            There are more. Type the path to get to one that is not listed.
          </p>
        )}
      </div>
      <div className="row folders__foot">
        <span className="muted small">Nothing is written into it until you keep a change.</span>
        <span className="push row">
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button
            look="primary"
            unavailable={here ? undefined : 'No folder is chosen'}
            onClick={() => open.mutate(typed ?? here)}
          >
            Open this folder
          </Button>
        </span>
      </div>
    </>
  )
}
