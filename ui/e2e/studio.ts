// What the walks share: the sample opened in a page, and the words for looking at it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'
import type { House } from './house'

export type Project = { id: string; path: string; template?: string }
export type Hunk = { id: string; review: string; found: string }
export type Task = {
  id: string
  status: string
  review: string
  model: string
  error?: { code: string; message: string }
  result?: {
    filesModified: { path: string; patch: string; hunks: Hunk[] }[]
    references: { path: string; line: number }[]
  }
}

export async function onlyProject(house: House): Promise<Project> {
  const projects = await house.api<{ items: Project[] }>('GET', '/api/projects')
  const project = projects.items[0]
  if (!project) throw new Error('the house has no project')
  return project
}

export async function newestTask(house: House, project: Project): Promise<Task> {
  const tasks = await house.api<{ items: Task[] }>('GET', `/api/agent/tasks?project=${project.id}`)
  const task = tasks.items[0]
  if (!task) throw new Error('no task was sent')
  return task
}

export function onDisk(project: Project, path: string): string {
  return readFileSync(join(project.path, path), 'utf8')
}

/** An edit by some other program. */
export function change(project: Project, path: string, from: string, to: string): void {
  const before = onDisk(project, path)
  if (!before.includes(from)) throw new Error(`${path} does not hold ${from}`)
  writeFileSync(join(project.path, path), before.replace(from, to))
}

/** Everything that a page asks of any host but this machine. */
export function strangers(page: Page): string[] {
  const asked: string[] = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (/^https?:$/.test(url.protocol) && url.hostname !== '127.0.0.1') asked.push(request.url())
  })
  return asked
}

export const preview = (page: Page) => page.frameLocator('[data-testid=preview-frame]')

export async function previewIsLive(page: Page): Promise<void> {
  const pane = page.getByTestId('preview-pane')
  await expect(pane).toHaveAttribute('data-stage', 'live', { timeout: 90_000 })
}

/** Signs the page in and waits for the studio. */
export async function openStudio(page: Page, house: House): Promise<void> {
  await page.goto(house.launchUrl)
  await expect(page.getByTestId('studio')).toBeVisible()
}

export async function ask(page: Page, prompt: string): Promise<void> {
  await page.getByTestId('prompt').fill(prompt)
  await page.getByTestId('prompt').press('Enter')
}

export async function chooseMode(page: Page, label: string): Promise<void> {
  await page.getByRole('button', { name: /^Mode:/ }).click()
  await page.getByRole('menuitemradio', { name: new RegExp(`^${label}`) }).click()
}

export const hunksIn = (page: Page, path: string) =>
  page.locator(`[data-testid=review-file][data-path="${path}"]`).getByTestId('hunk')

/**
 * The main job on the sample: ask for another heading, keep the one in the screen, undo the one in the tab's title, see
 * both in the preview and on disk, take it back.
 */
export async function walkTheMainJob(page: Page, house: House, prompt: string): Promise<Task> {
  const project = await onlyProject(house)
  const asked = strangers(page)
  const [screen, tab] = ['src/App.tsx', 'index.html']
  await openStudio(page, house)
  await previewIsLive(page)
  await expect(preview(page).getByRole('heading', { name: 'Plot 14' })).toBeVisible()

  await ask(page, prompt)
  await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
  const done = await newestTask(house, project)
  expect(done).toMatchObject({ status: 'done', review: 'pending' })
  expect(done.result?.filesModified.map((file) => file.path).sort()).toEqual([tab, screen])

  // Nothing is the person's before they keep it.
  const before = { screen: onDisk(project, screen), tab: onDisk(project, tab) }
  expect(before.screen).not.toContain('Garden diary')

  await page.getByTestId('open-review').click()
  await hunksIn(page, screen).getByTestId('keep-hunk').click()
  await expect.poll(() => onDisk(project, screen)).toContain('Garden diary')
  await hunksIn(page, tab).getByTestId('undo-hunk').click()
  await expect.poll(async () => (await newestTask(house, project)).review).toBe('partial')
  expect(onDisk(project, tab)).toBe(before.tab)

  await page.getByRole('button', { name: 'Build layout' }).click()
  await expect(preview(page).getByRole('heading', { name: 'Garden diary' })).toBeVisible({ timeout: 60_000 })

  await page.getByTestId('take-back').first().click()
  await expect.poll(() => onDisk(project, screen)).toBe(before.screen)
  await expect(preview(page).getByRole('heading', { name: 'Plot 14' })).toBeVisible()
  const undone = await newestTask(house, project)
  expect(undone.review).toBe('undone')
  expect(asked).toEqual([])
  return undone
}

/** What axe finds in the page; the preview in it is the person's own. */
export async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).exclude('[data-testid=preview-frame]').analyze()
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`,
  )
}
