// What can be done with a row of the tree, by the right button or the menu key.
import { ContextMenu } from '@base-ui/react/context-menu'
import { FilePlus, FolderPlus, Pencil, Trash2 } from 'lucide-react'
import type { ReactElement } from 'react'
import { Keys } from '../../kit/keys'
import type { TreeRow } from './tree'

type RowMenuProps = {
  row: TreeRow
  onNew: (kind: 'file' | 'folder') => void
  onRename: () => void
  onDelete: () => void
  children: ReactElement
}

export function RowMenu({ row, onNew, onRename, onDelete, children }: RowMenuProps) {
  if (row.proposed) return children
  return (
    <ContextMenu.Root>
      <ContextMenu.Trigger render={children} />
      <ContextMenu.Portal>
        <ContextMenu.Positioner className="layer-menu">
          <ContextMenu.Popup className="menu">
            <ContextMenu.Item className="menu__item" onClick={() => onNew('file')}>
              <FilePlus className="i i--s" aria-hidden />
              New file
            </ContextMenu.Item>
            <ContextMenu.Item className="menu__item" onClick={() => onNew('folder')}>
              <FolderPlus className="i i--s" aria-hidden />
              New folder
            </ContextMenu.Item>
            <hr />
            <ContextMenu.Item className="menu__item" onClick={onRename}>
              <Pencil className="i i--s" aria-hidden />
              <span className="grow">Rename</span>
              <Keys keys="F2" />
            </ContextMenu.Item>
            <ContextMenu.Item className="menu__item" onClick={onDelete}>
              <Trash2 className="i i--s" aria-hidden />
              <span className="grow">Delete</span>
              <Keys keys="Del" />
            </ContextMenu.Item>
          </ContextMenu.Popup>
        </ContextMenu.Positioner>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  )
}
