import { render } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useRegions } from './regions'

function Window() {
  useRegions()
  return (
    <>
      <header data-region="top">
        <button type="button">Search</button>
      </header>
      <main data-region="work">
        <textarea aria-label="Ask" />
      </main>
      <footer data-region="status">Ready</footer>
    </>
  )
}

const press = (shiftKey = false) =>
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'F6', shiftKey, cancelable: true }))
const here = () => document.activeElement?.closest('[data-region]')?.getAttribute('data-region')

// jsdom lays nothing out; every element of these tests is shown.
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, 'offsetParent', 'get').mockReturnValue(document.body)
})
afterEach(() => vi.restoreAllMocks())

it('walks the parts of the window and comes around, also through one without controls', () => {
  const { unmount } = render(<Window />)
  const walk: (string | null | undefined)[] = []
  for (let step = 0; step < 4; step += 1) {
    press()
    walk.push(here())
  }
  expect(walk).toEqual(['top', 'work', 'status', 'top'])
  press(true)
  expect(here()).toBe('status')
  unmount()
  press()
  expect(here()).toBeUndefined()
})
