// Where the panes stand: beside each other and resizable, the preview as a tab, or one at a time.
import type { ReactNode } from 'react'
import { Group, Panel, Separator, type Layout as Sizes } from 'react-resizable-panels'
import type { Kept, Panes } from './panes'
import type { Room } from './use-room'

export type NarrowPane = 'files' | 'code' | 'preview' | 'agent' | 'review'

type LayoutProps = {
  room: Room
  panes: Panes
  sizes: Kept['sizes']
  onSizes: (group: string, sizes: Sizes) => void
  reviewing: boolean
  pane: NarrowPane
  side: ReactNode
  editor: ReactNode
  /** Only where it has a pane of its own; else the editor holds it. */
  preview: ReactNode
  agent: ReactNode
  review: ReactNode
}

export function Layout(props: LayoutProps) {
  return props.room === 'narrow' ? <OneAtATime {...props} /> : <Beside {...props} />
}

function Beside({
  room,
  panes,
  sizes,
  onSizes,
  reviewing,
  side,
  editor,
  preview,
  agent,
  review,
}: LayoutProps) {
  const withPreview = room === 'wide' && panes.preview
  const withEditor = panes.editor || !withPreview
  const work = [panes.side && 'side', withEditor && 'editor', withPreview && 'preview']
    .filter(Boolean)
    .join(' ')
  const whole = `${room} ${panes.agent ? 'agent' : ''}`
  return (
    <Group
      key={whole}
      className="work"
      {...(sizes[whole] ? { defaultLayout: sizes[whole] } : {})}
      onLayoutChanged={(layout, meta) => meta.isUserInteraction && onSizes(whole, layout)}
    >
      <Panel id="main" minSize={360}>
        <div className="work__stack">
          <div className="work__layer" hidden={reviewing}>
            <Group
              key={work}
              {...(sizes[`${room} ${work}`] ? { defaultLayout: sizes[`${room} ${work}`] } : {})}
              onLayoutChanged={(layout, meta) => meta.isUserInteraction && onSizes(`${room} ${work}`, layout)}
            >
              {panes.side && (
                <>
                  <Panel
                    id="side"
                    defaultSize={room === 'wide' ? 212 : 208}
                    minSize={160}
                    maxSize={420}
                    groupResizeBehavior="preserve-pixel-size"
                  >
                    {side}
                  </Panel>
                  <Divider label="Width of the side panel" />
                </>
              )}
              {withEditor && (
                <Panel id="editor" minSize={260}>
                  {editor}
                </Panel>
              )}
              {withEditor && withPreview && <Divider label="Width of the preview" />}
              {withPreview && (
                <Panel
                  id="preview"
                  defaultSize={withEditor ? 340 : 700}
                  minSize={240}
                  {...(withEditor ? { groupResizeBehavior: 'preserve-pixel-size' as const } : {})}
                >
                  {preview}
                </Panel>
              )}
            </Group>
          </div>
          {reviewing && <div className="work__layer">{review}</div>}
        </div>
      </Panel>
      {panes.agent && (
        <>
          <Divider label="Width of the agent panel" />
          <Panel
            id="agent"
            defaultSize={room === 'wide' ? 360 : 356}
            minSize={280}
            maxSize={620}
            groupResizeBehavior="preserve-pixel-size"
          >
            {agent}
          </Panel>
        </>
      )}
    </Group>
  )
}

function Divider({ label }: { label: string }) {
  return <Separator className="divider" aria-label={label} />
}

function OneAtATime({ pane, side, editor, preview, agent, review }: LayoutProps) {
  const slot = (id: NarrowPane, content: ReactNode) => (
    <div className="work__slot" hidden={pane !== id}>
      {content}
    </div>
  )
  return (
    <div className="work work--one">
      {slot('files', side)}
      {slot('code', editor)}
      {slot('preview', preview)}
      {slot('agent', agent)}
      {pane === 'review' && slot('review', review)}
    </div>
  )
}
