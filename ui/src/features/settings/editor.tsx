// How the editor behaves.
import { Minus, Plus } from 'lucide-react'
import { IconButton } from '../../kit/button'
import { Segmented, Switch } from '../../kit/controls'
import { Skeleton } from '../../kit/feedback'
import { type Settings, useSettings } from '../../server/settings'
import { Option } from './option'

type Editor = Required<NonNullable<Settings['editor']>>

const SMALLEST = 8
const LARGEST = 40

export function EditorSection() {
  const { settings, change } = useSettings()
  const editor = settings?.editor as Editor | undefined
  const set = (part: Partial<Editor>) =>
    change((now) => ({ ...now, editor: { ...(now.editor as Editor), ...part } }))
  return (
    <div className="set__one">
      <h1>Editor</h1>
      {!editor && <Skeleton lines={5} />}
      {editor && (
        <div className="card opts">
          <Option
            title="Text size"
            control={
              <span className="stepper">
                <IconButton
                  label="Smaller"
                  unavailable={editor.fontSize > SMALLEST ? undefined : 'This is the smallest'}
                  onClick={() => set({ fontSize: editor.fontSize - 1 })}
                >
                  <Minus className="i i--s" aria-hidden />
                </IconButton>
                <output className="num" aria-label="Text size">
                  {editor.fontSize} px
                </output>
                <IconButton
                  label="Larger"
                  unavailable={editor.fontSize < LARGEST ? undefined : 'This is the largest'}
                  onClick={() => set({ fontSize: editor.fontSize + 1 })}
                >
                  <Plus className="i i--s" aria-hidden />
                </IconButton>
              </span>
            }
          >
            Of code. The rest of the window keeps its size.
          </Option>
          <Option
            title="Spaces for a tab"
            control={
              <Segmented
                label="Spaces for a tab"
                size="md"
                value={String(editor.tabSize)}
                choices={['2', '4', '8'].map((value) => ({ value, label: value }))}
                onChange={(value) => set({ tabSize: Number(value) })}
              />
            }
          >
            In files that have no style of their own yet.
          </Option>
          <Option
            title="Wrap long lines"
            control={
              <Switch
                label="Wrap long lines"
                checked={editor.wordWrap}
                onChange={(wordWrap) => set({ wordWrap })}
              />
            }
          >
            At the edge of the editor, on the screen only.
          </Option>
          <Option
            title="Map of the file"
            control={
              <Switch
                label="Map of the file"
                checked={editor.minimap}
                onChange={(minimap) => set({ minimap })}
              />
            }
          >
            A small picture of the whole file at the right.
          </Option>
          <Option
            title="Save by itself"
            control={
              <Switch
                label="Save by itself"
                checked={editor.autoSave}
                onChange={(autoSave) => set({ autoSave })}
              />
            }
          >
            One second after the last key.
          </Option>
        </div>
      )}
    </div>
  )
}
