// A file that changed on disk while it has unsaved text here: both sides, and three ways on. Nothing is lost by any.
import { TriangleAlert } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Button } from '../../kit/button'
import { Banner } from '../../kit/feedback'
import type { Buffers, Clash } from './buffers'
import { monaco } from './monaco'
import { THEME } from './theme'

export function ClashView({ path, clash, buffers }: { path: string; clash: Clash; buffers: Buffers }) {
  const [compare, setCompare] = useState(true)
  const gone = clash.content === undefined
  return (
    <div className="clash" data-testid="clash">
      <Banner
        look="warn"
        icon={<TriangleAlert className="i i--s" aria-hidden />}
        action={
          <span className="row">
            {!gone && (
              <Button size="sm" look="quiet" aria-pressed={compare} onClick={() => setCompare(!compare)}>
                {compare ? 'Hide the comparison' : 'Compare'}
              </Button>
            )}
            <Button size="sm" onClick={() => buffers.takeTheirs(path)}>
              {gone ? 'Let it go' : 'Take theirs'}
            </Button>
            <Button size="sm" look="primary" onClick={() => void buffers.keepMine(path)}>
              Keep mine
            </Button>
          </span>
        }
      >
        {gone
          ? 'This file was deleted on disk, and your text here is not saved.'
          : 'This file changed on disk, and your text here is not saved. Both are kept until you choose.'}
      </Banner>
      {compare && clash.content !== undefined && (
        <Comparison path={path} theirs={clash.content} buffers={buffers} />
      )}
    </div>
  )
}

function Comparison({ path, theirs, buffers }: { path: string; theirs: string; buffers: Buffers }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const mine = buffers.model(path)
    if (!host.current || !mine) return
    const original = monaco.editor.createModel(theirs, mine.getLanguageId())
    const editor = monaco.editor.createDiffEditor(host.current, {
      theme: THEME,
      automaticLayout: true,
      renderSideBySide: true,
      fontFamily: '"JetBrains Mono Variable", ui-monospace, monospace',
      fontSize: 13,
      lineHeight: 20,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      ariaLabel: 'On disk, and yours',
    })
    editor.setModel({ original, modified: mine })
    return () => {
      editor.dispose()
      original.dispose()
    }
  }, [path, theirs, buffers])
  return (
    <>
      <div className="clash__heads">
        <span>On disk</span>
        <span>Yours, not saved</span>
      </div>
      <div ref={host} className="code-host" />
    </>
  )
}
