// Small controls: one of a few, on or off, a line of text.
import type { InputHTMLAttributes, ReactNode } from 'react'
import { useId } from 'react'

export type Choice<T extends string> = { value: T; label: ReactNode; title?: string; ai?: boolean }

type SegmentedProps<T extends string> = {
  label: string
  value: T
  choices: Choice<T>[]
  onChange: (value: T) => void
  size?: 'md' | 'icons'
}

/** One of a few, all in sight. */
export function Segmented<T extends string>({ label, value, choices, onChange, size }: SegmentedProps<T>) {
  return (
    <div className={`seg ${size ? `seg--${size}` : ''}`} role="group" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          className={choice.ai ? 'ai' : undefined}
          aria-pressed={choice.value === value}
          title={choice.title}
          aria-label={choice.title}
          onClick={() => onChange(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </div>
  )
}

type SwitchProps = { label: string; checked: boolean; onChange: (checked: boolean) => void }

export function Switch({ label, checked, onChange }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-label={label}
      aria-checked={checked}
      onClick={() => onChange(!checked)}
    />
  )
}

type TextFieldProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'className' | 'id'> & {
  label: string
  hideLabel?: boolean
  icon?: ReactNode
  /** What is wrong with it, in words. */
  error?: string | undefined
  hint?: ReactNode
}

export function TextField({ label, hideLabel, icon, error, hint, ...rest }: TextFieldProps) {
  const id = useId()
  return (
    <div className="field">
      {!hideLabel && <label htmlFor={id}>{label}</label>}
      <span className="input" aria-invalid={error ? true : undefined}>
        {icon}
        <input
          id={id}
          className="input__text"
          aria-label={hideLabel ? label : undefined}
          aria-invalid={error ? true : undefined}
          aria-describedby={error || hint ? `${id}-note` : undefined}
          {...rest}
        />
      </span>
      {(error || hint) && (
        <small id={`${id}-note`} className={error ? 'error' : undefined}>
          {error ?? hint}
        </small>
      )}
    </div>
  )
}
