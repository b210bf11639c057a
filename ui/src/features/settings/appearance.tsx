// How it looks: theme and density.
import { Segmented } from '../../kit/controls'
import { Skeleton } from '../../kit/feedback'
import { type Settings, useSettings } from '../../server/settings'
import { Option } from './option'

type Theme = NonNullable<Settings['theme']>
type Density = NonNullable<Settings['density']>

const THEMES: { value: Theme; label: string }[] = [
  { value: 'system', label: 'As this computer' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'hc-light', label: 'High contrast, light' },
  { value: 'hc-dark', label: 'High contrast, dark' },
]

const DENSITIES: { value: Density; label: string }[] = [
  { value: 'compact', label: 'Compact' },
  { value: 'default', label: 'Default' },
  { value: 'comfortable', label: 'Comfortable' },
]

export function Appearance() {
  const { settings, change } = useSettings()
  return (
    <div className="set__one">
      <h1>Appearance</h1>
      {!settings && <Skeleton lines={4} />}
      {settings && (
        <div className="card opts">
          <div className="opt opt--tall">
            <b>Theme</b>
            <div className="themes">
              {THEMES.map((theme) => (
                <button
                  key={theme.value}
                  type="button"
                  className="theme"
                  aria-pressed={settings.theme === theme.value}
                  onClick={() => change((now) => ({ ...now, theme: theme.value }))}
                >
                  <Sample theme={theme.value} />
                  <span>{theme.label}</span>
                </button>
              ))}
            </div>
          </div>
          <Option
            title="Density"
            control={
              <Segmented
                label="Density"
                size="md"
                value={settings.density ?? 'default'}
                choices={DENSITIES}
                onChange={(density) => change((now) => ({ ...now, density }))}
              />
            }
          >
            The height of rows and controls. Text keeps its size.
          </Option>
        </div>
      )}
    </div>
  )
}

/** A little window in the theme itself. */
function Sample({ theme }: { theme: Theme }) {
  if (theme === 'system') {
    return (
      <span className="theme__pair" aria-hidden>
        <Window theme="light" />
        <Window theme="dark" />
      </span>
    )
  }
  return <Window theme={theme} />
}

function Window({ theme }: { theme: Exclude<Theme, 'system'> }) {
  return (
    <span className="theme__window" data-theme={theme} aria-hidden>
      <span className="theme__side" />
      <span className="theme__lines">
        <i />
        <i />
        <i />
      </span>
    </span>
  )
}
