// The main job, as a person does it, with no key and no network: open the sample, see the preview, ask, watch, read the
// diff, keep one change, undo another, see the preview and the file change, take it back.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { type House, startHouse } from './house'

type Project = { id: string; path: string; template?: string }
type Hunk = { id: string; review: string }
type Task = {
  id: string
  status: string
  review: string
  result?: { filesModified: { path: string; hunks: Hunk[] }[] }
}

let house: House
let project: Project

test.beforeEach(async () => {
  house = await startHouse({ demo: true, env: { TIDEMARK_MODELS_DEMO_PACE_MS: '5' } })
  const projects = await house.api<{ items: Project[] }>('GET', '/api/projects')
  project = projects.items[0] as Project
})

test.afterEach(async () => {
  await house?.stop()
})

/** Everything that a page asks of any host but this machine. */
function strangers(page: Page): string[] {
  const asked: string[] = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (/^https?:$/.test(url.protocol) && url.hostname !== '127.0.0.1') asked.push(request.url())
  })
  return asked
}

async function openSample(page: Page) {
  await page.goto(house.launchUrl)
  await expect(page.getByTestId('studio')).toBeVisible()
  await expect(page.getByTestId('preview-pane')).toHaveAttribute('data-stage', 'live', { timeout: 60_000 })
}

const preview = (page: Page) => page.frameLocator('[data-testid=preview-frame]')

async function ask(page: Page, prompt: string) {
  await page.getByTestId('prompt').fill(prompt)
  await page.getByTestId('prompt').press('Enter')
}

async function newestTask(): Promise<Task> {
  const tasks = await house.api<{ items: Task[] }>('GET', `/api/agent/tasks?project=${project.id}`)
  return tasks.items[0] as Task
}

test('open, preview, ask, watch, review, keep one, undo another, take it back', async ({ page }) => {
  const asked = strangers(page)
  await openSample(page)
  await expect(preview(page).getByRole('heading', { name: 'Plot 14' })).toBeVisible()

  await ask(page, 'Change the heading to “Garden diary”')
  await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
  const task = await newestTask()
  expect(task).toMatchObject({ status: 'done', review: 'pending' })
  const changed = task.result?.filesModified.map((file) => file.path) ?? []
  const [screen, pageTitle] = [
    changed.find((path) => path.endsWith('.tsx')),
    changed.find((path) => path.endsWith('.html')),
  ]
  if (!screen || !pageTitle) throw new Error(`the demo changed ${changed}`)

  // Nothing is the person's before they keep it.
  const onDisk = (path: string) => readFileSync(join(project.path, path), 'utf8')
  const before = { screen: onDisk(screen), pageTitle: onDisk(pageTitle) }
  expect(before.screen).not.toContain('Garden diary')

  await page.getByTestId('open-review').click()
  const inFile = (path: string) =>
    page.locator(`[data-testid=review-file][data-path="${path}"]`).getByTestId('hunk')
  await inFile(screen).getByTestId('keep-hunk').click()
  await expect.poll(() => onDisk(screen)).toContain('Garden diary')
  await inFile(pageTitle).getByTestId('undo-hunk').click()
  await expect.poll(async () => (await newestTask()).review).toBe('partial')
  expect(onDisk(pageTitle)).toBe(before.pageTitle)

  await page.getByRole('button', { name: 'Build layout' }).click()
  await expect(preview(page).getByRole('heading', { name: 'Garden diary' })).toBeVisible({ timeout: 60_000 })

  await page.getByTestId('take-back').first().click()
  await expect.poll(() => onDisk(screen)).toBe(before.screen)
  await expect(preview(page).getByRole('heading', { name: 'Plot 14' })).toBeVisible()
  expect(await newestTask()).toMatchObject({ review: 'undone' })
  expect(asked).toEqual([])
})
