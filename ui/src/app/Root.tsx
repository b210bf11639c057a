// What is there on every screen: the commands of the whole window, and what lies over it.
import { Outlet, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Palette } from '../features/commands/palette'
import { FolderDialog } from '../features/home/folder-dialog'
import { useOpenFolder } from '../features/home/open'
import { useSettings } from '../server/settings'
import { type Command, useRegister } from '../shell/commands'
import { openPalette } from '../shell/overlays'

export function Root() {
  const navigate = useNavigate()
  const openFolder = useOpenFolder()
  const { change } = useSettings()
  const commands = useMemo((): Command[] => {
    const settings = (section: string) => () =>
      void navigate({ to: '/settings/$section', params: { section } })
    const theme = (theme: 'system' | 'light' | 'dark' | 'hc-light' | 'hc-dark') => () =>
      change((now) => ({ ...now, theme }))
    return [
      { id: 'app.search', title: 'Go to a file or project', keys: 'Mod+P', run: () => openPalette('files') },
      {
        id: 'app.commands',
        title: 'Show all commands',
        keys: 'Mod+Shift+P',
        run: () => openPalette('commands'),
      },
      { id: 'app.commands', title: 'Show all commands', keys: 'F1', run: () => openPalette('commands') },
      { id: 'project.open-folder', title: 'Open a folder', keys: 'Mod+O', run: openFolder },
      { id: 'app.home', title: 'Go to Home', keys: 'Alt+N', run: () => void navigate({ to: '/' }) },
      { id: 'app.settings', title: 'Open settings', keys: 'Mod+,', run: settings('appearance') },
      { id: 'settings.models', title: 'Keys and models', run: settings('models') },
      { id: 'settings.keyboard', title: 'Keyboard shortcuts', run: settings('keyboard') },
      { id: 'theme.system', title: 'Theme: as this computer', run: theme('system') },
      { id: 'theme.light', title: 'Theme: light', run: theme('light') },
      { id: 'theme.dark', title: 'Theme: dark', run: theme('dark') },
      { id: 'theme.hc-light', title: 'Theme: high contrast, light', run: theme('hc-light') },
      { id: 'theme.hc-dark', title: 'Theme: high contrast, dark', run: theme('hc-dark') },
    ]
  }, [navigate, openFolder, change])
  useRegister(commands)
  return (
    <>
      <Outlet />
      <Palette />
      <FolderDialog />
    </>
  )
}
