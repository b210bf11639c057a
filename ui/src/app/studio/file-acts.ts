// Creating, moving and deleting files, with the tabs and texts that are open of them.
import type { Buffers } from '../../features/editor/buffers'
import { closeTab, renameTab, type Tabs } from '../../features/editor/tabs'
import type { FileActs } from '../../features/files/file-tree'
import { fileActs } from './disk'

interface Opened {
  buffers: Buffers
  tabs: Tabs
  changeTabs: (tabs: Tabs) => void
  open: (path: string) => void
  listAgain: () => Promise<unknown>
}

export function openedFileActs(id: string, { buffers, tabs, changeTabs, open, listAgain }: Opened): FileActs {
  const acts = fileActs(id)
  const infos = buffers.snapshot()
  return {
    createFile: async (path) => {
      await acts.createFile(path)
      await listAgain()
      open(path)
    },
    createFolder: async (path) => {
      await acts.createFolder(path)
      await listAgain()
    },
    rename: async (from, to) => {
      await acts.rename(from, to)
      for (const path of infos.keys()) {
        if (path === from || path.startsWith(`${from}/`))
          await buffers.renamed(path, to + path.slice(from.length))
      }
      changeTabs(renameTab(tabs, from, to))
      await listAgain()
    },
    remove: async (path) => {
      await acts.remove(path)
      const gone = tabs.open.filter((each) => each === path || each.startsWith(`${path}/`))
      for (const each of gone) if (!infos.get(each)?.dirty) buffers.close(each)
      changeTabs(gone.filter((each) => !infos.get(each)?.dirty).reduce(closeTab, tabs))
      await listAgain()
    },
  }
}
