// Home: what do you want to make, templates, what you worked on.
import { useQuery } from '@tanstack/react-query'
import { Home } from '../features/home/home'
import { capabilitiesQuery } from '../server/queries'
import { ThisComputer } from '../shell/this-computer'
import { Page } from './Page'

export function HomePage() {
  const { data } = useQuery(capabilitiesQuery())
  return (
    <Page
      start={<b>Tidemark</b>}
      end={<ThisComputer />}
      searchFor="Search projects and commands"
      statusEnd={data && <span className="cell cell--still">Tidemark {data.version}</span>}
    >
      <Home />
    </Page>
  )
}
