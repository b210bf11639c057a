// A menu of actions or choices, opened by any button.
import { Menu as Base } from '@base-ui/react/menu'
import type { ReactElement, ReactNode } from 'react'
import { Keys } from './keys'

export type MenuItem = {
  id: string
  label: ReactNode
  /** Plain words behind the label. */
  detail?: ReactNode
  icon?: ReactNode
  keys?: string | undefined
  checked?: boolean | undefined
  /** Why it can't be used now. */
  unavailable?: string | undefined
  danger?: boolean
  onSelect: () => void
}

export type MenuGroup = { label?: string; items: MenuItem[] }

type MenuProps = { trigger: ReactElement; groups: MenuGroup[]; align?: 'start' | 'end' }

export function Menu({ trigger, groups, align = 'start' }: MenuProps) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner className="layer-menu" sideOffset={4} align={align}>
          <Base.Popup className="menu">
            {groups.map((group, index) => (
              <Base.Group key={group.label ?? group.items[0]?.id ?? index}>
                {index > 0 && <hr />}
                {group.label && <Base.GroupLabel className="menu__label">{group.label}</Base.GroupLabel>}
                {group.items.map((item) => (
                  <Base.Item
                    key={item.id}
                    className={`menu__item ${item.danger ? 'error' : ''}`}
                    onClick={item.onSelect}
                    disabled={item.unavailable !== undefined}
                    aria-checked={item.checked}
                    role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
                    title={item.unavailable}
                  >
                    {item.icon}
                    <span className="clip">{item.label}</span>
                    {item.detail && <span className="push small muted">{item.detail}</span>}
                    {item.keys && <Keys keys={item.keys} />}
                  </Base.Item>
                ))}
              </Base.Group>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
