// Who is to be asked: three ways, equal in size. The idea stays where it is until one is taken.
import { useNavigate } from '@tanstack/react-router'
import { Clapperboard, Cloud, HardDrive } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../../kit/button'
import { Dialog } from '../../kit/dialog'
import type { ModelInfo, Models } from '../../server/types'
import { foundHere } from './plan'

type ChooseAgentProps = {
  open: boolean
  models: Models | undefined
  onClose: () => void
  onChoose: (model: string) => void
}

export function ChooseAgent({ open, models, onClose, onChoose }: ChooseAgentProps) {
  const navigate = useNavigate()
  const settings = () => void navigate({ to: '/settings/$section', params: { section: 'models' } })
  const items = models?.items ?? []
  const demo = items.find((model) => model.demo)
  const here = items.filter((model) => model.local && !model.demo && model.available)
  const cloud = items.filter((model) => !model.local && model.available)
  const found = models ? foundHere(models) : []
  const pick = (model: ModelInfo) => onChoose(model.id)
  return (
    <Dialog open={open} onClose={onClose} title="Who should make it?" width={560}>
      <p className="muted">Your idea is kept. You can choose another one at any time.</p>
      <div className="ways">
        {demo && (
          <Way icon={<Clapperboard className="i" aria-hidden />} title="Try the demo">
            <p>No key and no network. It follows a script on a sample project, and says so.</p>
            <Button look="primary" onClick={() => pick(demo)}>
              Use the demo
            </Button>
          </Way>
        )}
        <Way icon={<HardDrive className="i" aria-hidden />} title="A model on this computer">
          {here.length > 0 ? (
            <>
              <p>{found.join(' and ')} answers here. Nothing leaves this computer, nothing costs.</p>
              <Choices models={here} onChoose={pick} />
            </>
          ) : (
            <>
              <p>
                Ollama and LM Studio are found by themselves while they run
                {found.length > 0
                  ? `. ${found.join(' and ')} is there, but has no model yet`
                  : ', and none does now'}
                .
              </p>
              <Button onClick={settings}>Look again</Button>
            </>
          )}
        </Way>
        <Way icon={<Cloud className="i" aria-hidden />} title="A provider in the cloud">
          {cloud.length > 0 ? (
            <>
              <p>Your key, their price. The prompt and what the agent reads go there.</p>
              <Choices models={cloud} onChoose={pick} />
            </>
          ) : (
            <>
              <p>Your key, their price. It is tried before it is kept.</p>
              <Button onClick={settings}>Enter a key</Button>
            </>
          )}
        </Way>
      </div>
    </Dialog>
  )
}

const MOST = 4

function Choices({ models, onChoose }: { models: ModelInfo[]; onChoose: (model: ModelInfo) => void }) {
  return (
    <div className="col">
      {models.slice(0, MOST).map((model) => (
        <Button key={model.id} size="sm" onClick={() => onChoose(model)}>
          <span className="clip">{model.name}</span>
        </Button>
      ))}
    </div>
  )
}

function Way({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <section className="card way">
      {icon}
      <h4>{title}</h4>
      {children}
    </section>
  )
}
