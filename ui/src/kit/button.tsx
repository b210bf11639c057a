// Buttons. A disabled one stays focusable and says why.
import type { ButtonHTMLAttributes, ReactNode } from 'react'
import { Keys } from './keys'
import { Tip } from './tip'

type Common = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled' | 'className'> & {
  /** Why it can't be used now; nothing when it can. */
  unavailable?: string | undefined
}

export type ButtonProps = Common & {
  look?: 'primary' | 'quiet' | 'danger' | 'danger-solid' | 'accent' | 'ai'
  size?: 'sm' | 'lg'
  keys?: string | undefined
  children: ReactNode
}

export function Button({ look, size, keys, unavailable, onClick, children, ...rest }: ButtonProps) {
  const looks = { accent: 'btn--quiet accent', ai: 'btn--quiet ai' } as const
  const lookClass = look === 'accent' || look === 'ai' ? looks[look] : look ? `btn--${look}` : ''
  const button = (
    <button
      type="button"
      className={`btn ${lookClass} ${size ? `btn--${size}` : ''}`}
      aria-disabled={unavailable ? true : undefined}
      onClick={unavailable ? undefined : onClick}
      {...rest}
    >
      {children}
      {keys && <Keys keys={keys} />}
    </button>
  )
  return unavailable ? <Tip text={unavailable}>{button}</Tip> : button
}

export type IconButtonProps = Common & {
  /** What it does: its name and its tip. */
  label: string
  keys?: string | undefined
  size?: 'md'
  look?: 'send'
  pressed?: boolean | undefined
  count?: number | undefined
  children: ReactNode
}

export function IconButton({
  label,
  keys,
  size,
  look,
  pressed,
  count,
  unavailable,
  onClick,
  children,
  ...rest
}: IconButtonProps) {
  return (
    <Tip text={unavailable ?? label} keys={unavailable ? undefined : keys}>
      <button
        type="button"
        className={`icon-btn ${size ? `icon-btn--${size}` : ''} ${look ? `icon-btn--${look}` : ''}`}
        aria-label={label}
        aria-pressed={pressed}
        aria-disabled={unavailable ? true : undefined}
        onClick={unavailable ? undefined : onClick}
        {...rest}
      >
        {children}
        {count ? <span className="count">{count}</span> : null}
      </button>
    </Tip>
  )
}
