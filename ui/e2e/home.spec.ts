// Home, the palette and the settings: from nothing to a project, without a pointer to where anything is.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { type House, startHouse, temporary } from './house'
import { onlyProject, violations } from './studio'

let house: House

test.beforeEach(async ({ page }) => {
  house = await startHouse()
  await page.goto(house.launchUrl)
  await expect(page.getByRole('main', { name: 'Home' })).toBeVisible()
})

test.afterEach(() => house.stop())

test('an idea without a key asks who should make it, and becomes a project with a change to review', async ({
  page,
}) => {
  await page.keyboard.type('Let me mark a bed as watered')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Use the demo' }).click()
  await expect(page.getByTestId('studio')).toBeVisible()
  await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
  expect((await onlyProject(house)).template).toBe('sample')
})

test('a template becomes a project of its own', async ({ page }) => {
  await page.getByRole('button', { name: /^Dashboard/ }).click()
  await expect(page.getByTestId('studio')).toBeVisible()
  await expect(page.getByTestId('preview-pane')).toHaveAttribute('data-stage', 'live', { timeout: 90_000 })
  expect((await onlyProject(house)).template).toBe('dashboard')
})

test('a folder is found and opened where it is; one that is not there is told', async ({ page }) => {
  const folder = join(temporary('folder'), 'Élan & sons')
  mkdirSync(folder)
  writeFileSync(join(folder, 'README.md'), '# Hello\n')
  await page.getByRole('button', { name: 'Open a folder' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Folder' }).fill(`${folder} that is not there`)
  await dialog.getByRole('button', { name: 'Open this folder' }).click()
  await expect(page.getByText(/could not be opened|can't be opened|not there/).first()).toBeVisible()
  await dialog.getByRole('textbox', { name: 'Folder' }).fill(folder)
  await dialog.getByRole('button', { name: 'Open this folder' }).click()
  await expect(page.getByTestId('studio')).toBeVisible()
  await expect(page.getByRole('treeitem', { name: 'README.md' })).toBeVisible()
  expect((await onlyProject(house)).path).toBe(folder)
})

test('the palette goes to a file, and runs a command', async ({ page }) => {
  await page.getByRole('button', { name: 'Open the sample' }).click()
  await expect(page.getByTestId('code-editor')).toBeVisible()
  await page.keyboard.press('Control+p')
  await expect(page.getByRole('option', { name: /weather\.ts/ })).toBeVisible()
  await page.keyboard.type('weath')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('tab', { name: 'weather.ts', selected: true })).toBeVisible()
  await page.keyboard.press('Control+p')
  await page.keyboard.type('>settings')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page).toHaveURL(/\/settings\//)
})

test('a theme stays chosen, also after the page is loaded anew', async ({ page }) => {
  await page.goto(`${house.url}/settings/appearance`)
  await page.getByRole('button', { name: 'Dark', exact: true }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await expect
    .poll(async () => (await house.api<{ theme: string }>('GET', '/api/settings')).theme)
    .toBe('dark')
  await page.goto(`${house.url}/settings/about`)
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})

test('home and the settings have no accessibility violations', async ({ page }) => {
  expect(await violations(page)).toEqual([])
  for (const section of ['models', 'appearance', 'editor', 'keyboard', 'about']) {
    await page.goto(`${house.url}/settings/${section}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    expect(await violations(page), section).toEqual([])
  }
})
