// What else a person meets in the studio: answers with places, edits from elsewhere, overlaps, broken code, refused keys,
// the keyboard alone.
import { expect, test } from '@playwright/test'
import { type FakeLlm, startFakeLlm } from './fake-llm'
import { type House, startHouse } from './house'
import {
  ask,
  change,
  chooseMode,
  hunksIn,
  newestTask,
  onDisk,
  onlyProject,
  openStudio,
  type Project,
  preview,
  previewIsLive,
  violations,
} from './studio'

let house: House
let project: Project
let fake: FakeLlm | undefined

test.beforeEach(async () => {
  house = await startHouse({ demo: true })
  project = await onlyProject(house)
})

test.afterEach(async () => {
  await house.stop()
  await fake?.stop()
  fake = undefined
})

test('an explanation leads to places, and changes nothing', async ({ page }) => {
  await openStudio(page, house)
  await chooseMode(page, 'Explain')
  await ask(page, 'How does the rain strip work?')
  await page.getByTestId('reference').first().click()
  const task = await newestTask(house, project)
  expect(task).toMatchObject({ status: 'done', review: 'none' })
  expect(task.result?.filesModified).toEqual([])
  const place = task.result?.references[0]
  await expect(
    page.getByRole('tab', { selected: true, name: place?.path.split('/').at(-1) ?? '?' }),
  ).toBeVisible()
})

test('tests that the agent writes are a change like any other', async ({ page }) => {
  await openStudio(page, house)
  await chooseMode(page, 'Write tests')
  await ask(page, 'Test the dates')
  await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
  const task = await newestTask(house, project)
  expect(task.result?.filesModified.some((file) => file.path.endsWith('.test.ts'))).toBe(true)
})

test('an edit made elsewhere shows up, and never over unsaved words', async ({ page }) => {
  await openStudio(page, house)
  const code = page.getByTestId('code-editor')
  await expect(code).toContainText('Plot 14')
  change(project, 'src/App.tsx', 'Plot 14', 'Plot 15')
  await expect(code).toContainText('Plot 15')

  await code.click()
  await page.keyboard.press('Control+Home')
  await page.keyboard.type('// mine\n')
  change(project, 'src/App.tsx', 'Plot 15', 'Plot 16')
  const clash = page.getByTestId('clash')
  await expect(clash).toContainText('// mine')
  await expect(clash).toContainText('Plot 15')
  await expect(clash).toContainText('Plot 16')
  expect(onDisk(project, 'src/App.tsx')).toContain('Plot 16')
  await clash.getByRole('button', { name: 'Keep mine' }).click()
  await expect.poll(() => onDisk(project, 'src/App.tsx')).toMatch(/^\/\/ mine\n/)
})

test('where the person’s edit and the agent’s meet, nothing is written and both are shown', async ({
  page,
}) => {
  await openStudio(page, house)
  await ask(page, 'Change the heading to “Garden diary”')
  await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
  change(project, 'src/App.tsx', '<h1>Plot 14</h1>', '<h1>My own words</h1>')
  const mine = onDisk(project, 'src/App.tsx')
  await page.getByTestId('open-review').click()
  await hunksIn(page, 'src/App.tsx').getByTestId('keep-hunk').click()
  const conflicts = page.getByTestId('conflicts')
  await expect(conflicts).toBeVisible()
  await expect(conflicts).toContainText('My own words')
  await expect(conflicts).toContainText('Garden diary')
  expect(onDisk(project, 'src/App.tsx')).toBe(mine)
})

test('an edit elsewhere in the file is merged, not lost', async ({ page }) => {
  await openStudio(page, house)
  await ask(page, 'Change the heading to “Garden diary”')
  await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
  change(project, 'src/App.tsx', 'export function App', '// mine\nexport function App')
  await page.getByTestId('open-review').click()
  await hunksIn(page, 'src/App.tsx').getByTestId('keep-hunk').click()
  await expect.poll(() => onDisk(project, 'src/App.tsx')).toContain('Garden diary')
  expect(onDisk(project, 'src/App.tsx')).toContain('// mine')
})

test('broken code is shown with its place, and mending it brings the page back', async ({ page }) => {
  await openStudio(page, house)
  await previewIsLive(page)
  change(project, 'src/App.tsx', 'return (', 'return ((')
  await expect(page.getByTestId('preview-error')).toBeVisible({ timeout: 30_000 })
  await expect(page.getByTestId('error-place')).toContainText('App.tsx')
  change(project, 'src/App.tsx', 'return ((', 'return (')
  await expect(page.getByTestId('preview-error')).toBeHidden({ timeout: 30_000 })
  await expect(preview(page).getByRole('heading', { name: 'Plot 14' })).toBeVisible()
})

test('an edit keeps what the page remembers', async ({ page }) => {
  await openStudio(page, house)
  await previewIsLive(page)
  await preview(page)
    .getByRole('button', { name: /Carrots/ })
    .click()
  const opened = preview(page).getByRole('region', { name: 'Carrots' })
  const words = await opened.textContent()
  change(project, 'src/App.tsx', '<h1>Plot 14</h1>', '<h1>Plot 99</h1>')
  await expect(preview(page).getByRole('heading', { name: 'Plot 99' })).toBeVisible({ timeout: 30_000 })
  expect(await opened.textContent()).toBe(words)
})

test('a key that does not work is told in plain words', async ({ page }) => {
  fake = await startFakeLlm({ key: 'the-right-one', models: ['fake-model'], turns: [] })
  await house.stop()
  house = await startHouse({
    demo: true,
    env: { ANTHROPIC_BASE_URL: fake.url, ANTHROPIC_API_KEY: 'the-wrong-one' },
  })
  project = await onlyProject(house)
  await house.api('PATCH', `/api/projects/${project.id}`, { model: 'anthropic/fake-model' })
  await openStudio(page, house)
  await ask(page, 'Anything')
  const failed = page.getByTestId('task-failed')
  await expect(failed).toBeVisible({ timeout: 60_000 })
  await expect(failed).toContainText(/key/i)
  await expect(page.locator('body')).not.toContainText('the-wrong-one')
})

test('the whole walk by keyboard alone', async ({ page }) => {
  await openStudio(page, house)
  await page.keyboard.press('Control+Alt+i')
  await expect(page.getByTestId('prompt')).toBeFocused()
  await page.keyboard.type('Change the heading to “Garden diary”')
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
  await page.keyboard.press('Control+Shift+r')
  await expect(page.getByTestId('review').getByTestId('hunk').first()).toBeVisible()
  await page.keyboard.press('Control+Shift+Enter')
  await expect.poll(() => onDisk(project, 'src/App.tsx')).toContain('Garden diary')
  expect(onDisk(project, 'index.html')).toContain('Garden diary')
})

test('the studio and the review have no accessibility violations', async ({ page }) => {
  await openStudio(page, house)
  await ask(page, 'Change the heading to “Garden diary”')
  await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
  expect(await violations(page)).toEqual([])
  await page.getByTestId('open-review').click()
  await expect(page.getByTestId('review').getByTestId('hunk').first()).toBeVisible()
  expect(await violations(page)).toEqual([])
})
