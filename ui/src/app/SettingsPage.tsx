// Settings, one section at a time.
import { useRouter } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { SECTIONS, sectionOf } from '../features/settings/sections'
import { Settings } from '../features/settings/settings'
import { ThisComputer } from '../shell/this-computer'
import { Page } from './Page'

export function SettingsPage({ section }: { section: string }) {
  const router = useRouter()
  const shown = sectionOf(section)
  const back = () => {
    if (router.history.canGoBack()) router.history.back()
    else void router.navigate({ to: '/' })
  }
  return (
    <Page
      title={SECTIONS.find((each) => each.id === shown)?.label}
      start={
        <>
          <button type="button" className="crumb" onClick={back}>
            <ArrowLeft className="i i--s" aria-hidden />
            Back
          </button>
          <b>Settings</b>
        </>
      }
      end={<ThisComputer />}
      searchFor="Search files and commands"
    >
      <Settings section={shown} />
    </Page>
  )
}
